"""What goes wrong. A state machine sees the name of the class, and the message as the cause."""

from botocore.exceptions import ClientError

_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})
_DENIED = frozenset({"403", "AccessDenied", "Forbidden"})
_CHANGED = frozenset({"412", "PreconditionFailed"})


class CheckError(Exception):
    """The check ends, for the reason in the message."""


class RecordsMissing(CheckError):  # noqa: N818 - state machines catch it by this name
    """An output has another number of records than its input, or is not there."""


class CheckTookTooLong(CheckError):  # noqa: N818 - the same
    """The time of the function is over before everything is counted."""


class CheckFailed(CheckError):  # noqa: N818 - the same
    """The records cannot be counted."""


def explain(error: BaseException) -> str:
    """Say in one sentence why something failed.

    Args:
        error: What was raised.
    """
    if isinstance(error, ClientError):
        message = str(error.response.get("Error", {}).get("Message") or error).rstrip(".")
        return f"{error.operation_name} was refused: {message} ({_code_of(error) or 'no code'})"
    return f"the record check failed: {type(error).__name__}: {error}"


def is_absent(error: ClientError) -> bool:
    """Whether S3 says that there is no such object.

    Args:
        error: Its refusal.
    """
    return _code_of(error) in _ABSENT


def is_denied(error: ClientError) -> bool:
    """Whether S3 says that the function may not do what it asked for.

    Args:
        error: Its refusal.
    """
    return _code_of(error) in _DENIED


def is_changed(error: ClientError) -> bool:
    """Whether S3 says that an object is not any more what it was.

    Args:
        error: Its refusal.
    """
    return _code_of(error) in _CHANGED


def _code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
