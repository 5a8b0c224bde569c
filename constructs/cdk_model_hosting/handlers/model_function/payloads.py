"""JSON, as requests bring it and answers take it."""

import json
from typing import Any

from .failures import RequestRefused

_BYTE_ORDER_MARK = "\ufeff"
_BAD_REQUEST = 400


def parsed(text: str | bytes) -> Any:
    """Read JSON.

    Args:
        text: The body of a request, or of a message.

    Raises:
        RequestRefused: When it is none.
    """
    if not text.strip():
        raise RequestRefused(_BAD_REQUEST, "the body must be JSON, got nothing")
    try:
        return json.loads(
            text.removeprefix(_BYTE_ORDER_MARK) if isinstance(text, str) else text, parse_constant=refuse_constant
        )
    except (ValueError, RecursionError) as error:
        raise RequestRefused(_BAD_REQUEST, f"the body must be JSON: {error}") from error


def written(answer: Any) -> str:
    """Write JSON.

    Args:
        answer: What the user's function has returned. Scalars and arrays of numpy's become numbers and lists.

    Raises:
        TypeError: When it has something else in it that JSON has no form for.
        ValueError: When it has a number in it that JSON has none for, such as NaN.
    """
    return json.dumps(answer, default=_plain, allow_nan=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"the answer must be JSON, got a {type(value).__name__} in it")


def refuse_constant(constant: str) -> None:
    """Refuse what Python writes into JSON, and nobody else reads.

    Args:
        constant: NaN, or an infinity.

    Raises:
        ValueError: Always.
    """
    raise ValueError(f"{constant} is no number in JSON")
