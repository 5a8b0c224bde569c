"""What goes wrong, in words for the person who deploys."""

from botocore.exceptions import ClientError


class VersionError(Exception):
    """A deployment must fail, for the reason in the message."""


def explain(error: BaseException) -> str:
    """Say in one sentence why something failed.

    Args:
        error: What was raised.
    """
    if isinstance(error, VersionError):
        return str(error)
    if isinstance(error, ClientError):
        message = str(error.response.get("Error", {}).get("Message") or error).rstrip(".")
        return f"{error.operation_name} was refused: {message} ({code_of(error) or 'no code'})"
    return f"the version check failed: {type(error).__name__}: {error}"


def code_of(error: ClientError) -> str:
    """The code of a refusal.

    Args:
        error: The refusal.
    """
    return str(error.response.get("Error", {}).get("Code", ""))
