"""One line of JSON for each thing that happens."""

import json
import logging
from typing import Any

_logger = logging.getLogger("endpoint_guard")
_logger.setLevel(logging.INFO)


def log(message: str, **details: Any) -> None:
    """Write a line.

    Args:
        message: What happened.
        details: With what.
    """
    _logger.info(json.dumps({"message": message, **details}, default=str))


def log_failure(message: str, error: BaseException, **details: Any) -> None:
    """Write a line about something that failed, with its traceback.

    Args:
        message: What was tried.
        error: What came of it.
        details: With what.
    """
    _logger.error(
        json.dumps({"message": message, "error": repr(error), **details}, default=str),
        exc_info=error,
    )
