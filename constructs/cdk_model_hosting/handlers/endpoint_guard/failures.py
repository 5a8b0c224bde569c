"""What goes wrong, in words for the person who deploys."""

from botocore.exceptions import ClientError


class GuardError(Exception):
    """A deployment must fail, for the reason in the message."""


class OutOfTimeError(Exception):
    """This invocation's time is nearly over and what it waits for has not come; the next one goes on waiting."""


def explain(error: BaseException) -> str:
    """Say in one sentence why something failed.

    Args:
        error: What was raised.
    """
    if isinstance(error, ClientError):
        message = (message_of(error) or str(error)).rstrip(".")
        return f"{error.operation_name} was refused: {message} ({code_of(error) or 'no code'})"
    if isinstance(error, GuardError):
        return str(error)
    return f"the endpoint guard failed: {type(error).__name__}: {error}"


def code_of(error: ClientError) -> str:
    """The code of a service's refusal.

    Args:
        error: The refusal.
    """
    return str(error.response.get("Error", {}).get("Code", ""))


def message_of(error: ClientError) -> str:
    """The message of a service's refusal.

    Args:
        error: The refusal.
    """
    return str(error.response.get("Error", {}).get("Message", ""))
