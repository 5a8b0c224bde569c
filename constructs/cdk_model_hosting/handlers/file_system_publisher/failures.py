"""What goes wrong, in words for the person who deploys."""

from botocore.exceptions import ClientError, ReadTimeoutError


class PublishError(Exception):
    """A deployment must fail, for the reason in the message."""


def explain(error: BaseException) -> str:
    """Say in one sentence why something failed.

    Args:
        error: What was raised.
    """
    if isinstance(error, PublishError):
        return str(error)
    if isinstance(error, ReadTimeoutError):
        return "the function in the file system's VPC did not answer in time: its log has the rest"
    if isinstance(error, ClientError):
        message = str(error.response.get("Error", {}).get("Message") or error).rstrip(".")
        if code_of(error).startswith("EFS"):
            return (
                f"the function in the file system's VPC cannot mount the file system: {message} ({code_of(error)}): each zone of its "
                "subnets must have a mount target, whose security group lets port 2049 in from the functions'"
            )
        return f"{error.operation_name} was refused: {message} ({code_of(error) or 'no code'})"
    return f"the file system publisher failed: {type(error).__name__}: {error}"


def code_of(error: ClientError) -> str:
    """The code of a refusal.

    Args:
        error: The refusal.
    """
    return str(error.response.get("Error", {}).get("Code", ""))
