"""One line of JSON for each thing that happens in a function."""

import json
import logging
from typing import Any


class Log:
    """Where a function writes.

    Args:
        name: The function's name.
    """

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)
        self._logger.setLevel(logging.INFO)

    def happened(self, message: str, **details: Any) -> None:
        """Write a line.

        Args:
            message: What happened.
            details: With what.
        """
        self._logger.info(json.dumps({"message": message, **details}, default=str))

    def failed(self, message: str, error: BaseException, **details: Any) -> None:
        """Write a line about something that failed, with its traceback.

        Args:
            message: What was tried.
            error: What came of it.
            details: With what.
        """
        self._logger.error(
            json.dumps({"message": message, "error": repr(error), **details}, default=str),
            exc_info=error,
        )
