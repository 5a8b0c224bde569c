"""Content types: which ones are read and written, and which one a request asks for."""

from enum import Enum, auto
from http import HTTPStatus

from .errors import RequestError


class Format(Enum):
    """How records or predictions are written down."""

    JSON = auto()
    JSON_LINES = auto()
    CSV = auto()


DEFAULT = "application/json"

FORMATS = {
    DEFAULT: Format.JSON,
    "application/jsonlines": Format.JSON_LINES,
    "application/x-jsonlines": Format.JSON_LINES,
    "application/x-ndjson": Format.JSON_LINES,
    "text/csv": Format.CSV,
}

_KNOWN = ", ".join(FORMATS)
_CHARSETS = ("utf-8", "utf8", "us-ascii", "ascii")


def format_of_body(content_type: str | None) -> Format:
    """The format that a Content-Type names.

    Raises:
        RequestError: 415, for a type or a charset that is not read.
    """
    media_type, parameters = _parse(content_type or "")
    if media_type not in FORMATS:
        got = repr(media_type) if media_type else "none"
        raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Content-Type must be one of {_KNOWN}, got {got}")
    charset = parameters.get("charset", "utf-8").lower()
    if charset not in _CHARSETS:
        raise RequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the charset must be utf-8, got {charset!r}")
    return FORMATS[media_type]


def wanted_type(accept: str | None) -> str:
    """The media type to answer with: the one that an Accept header likes best, of equals the one that it names first.

    Raises:
        RequestError: 406, for a header that names none that is written.
    """
    if accept is None or not accept.strip():
        return DEFAULT
    best, best_quality = "", 0.0
    for choice in accept.split(","):
        media_type, parameters = _parse(choice)
        written = _written(media_type)
        quality = _quality(parameters.get("q", "1"))
        if written and quality > best_quality:
            best, best_quality = written, quality
    if not best:
        raise RequestError(HTTPStatus.NOT_ACCEPTABLE, f"Accept must name one of {_KNOWN}, got {accept[:100]!r}")
    return best


def _written(media_type: str) -> str:
    if media_type in FORMATS:
        return media_type
    return {"*/*": DEFAULT, "application/*": DEFAULT, "text/*": "text/csv"}.get(media_type, "")


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _parse(header: str) -> tuple[str, dict[str, str]]:
    media_type, *parameters = header.split(";")
    pairs = (parameter.partition("=") for parameter in parameters)
    return media_type.strip().lower(), {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}
