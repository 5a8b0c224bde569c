"""What goes wrong, in words for the person who deploys."""

from botocore.exceptions import ClientError

_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})
_DENIED = frozenset({"403", "AccessDenied", "Forbidden"})


class PublishError(Exception):
    """A deployment must fail, for the reason in the message."""


def explain(error: BaseException) -> str:
    """Say in one sentence why something failed.

    Args:
        error: What was raised.
    """
    if isinstance(error, PublishError):
        return str(error)
    if isinstance(error, ClientError):
        message = str(error.response.get("Error", {}).get("Message") or error).rstrip(".")
        return f"{error.operation_name} was refused: {message} ({_code_of(error) or 'no code'})"
    return f"the model publisher failed: {type(error).__name__}: {error}"


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


def is_changed(error: BaseException) -> bool:
    """Whether an object was not any more what it had been.

    Args:
        error: What copying it came to: newer versions of boto3 have an error of their own for it.
    """
    if isinstance(error, ClientError):
        return _code_of(error) == "PreconditionFailed"
    return type(error).__name__ == "S3CopyFailedError"


def _code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
