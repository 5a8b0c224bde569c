"""What goes wrong, in words for the person who deploys."""

import errno

from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError

_ABSENT = frozenset({"404", "NoSuchKey", "NoSuchBucket", "NotFound"})
_DENIED = frozenset({"403", "AccessDenied", "Forbidden"})
_CHANGED = frozenset({"412", "PreconditionFailed"})


class PublishError(Exception):
    """A deployment must fail, for the reason in the message."""


def explain(error: BaseException, origin: str) -> str:
    """Say in one sentence why something failed.

    Args:
        error: What was raised.
        origin: The archive's address.
    """
    if isinstance(error, PublishError):
        return str(error)
    if isinstance(error, ClientError):
        return _refusal(error, origin)
    if isinstance(error, ConnectTimeoutError | EndpointConnectionError):
        return (
            f"the archive {origin} cannot be reached from the file system's VPC: its subnets must have a gateway endpoint of S3's, or NAT, "
            f"and the functions' security groups must let port 443 out: {error}"
        )
    if isinstance(error, PermissionError) or (isinstance(error, OSError) and error.errno == errno.EROFS):
        return (
            f"the file system cannot be written: {error}: the user of its access point must own the access point's folder, and the "
            "file system's policy must let the publisher write"
        )
    return f"the model could not be published: {type(error).__name__}: {error}"


def is_denied(error: ClientError) -> bool:
    """Whether S3 says that the function may not do what it asked for.

    Args:
        error: Its refusal.
    """
    return _code_of(error) in _DENIED


def _refusal(error: ClientError, origin: str) -> str:
    code = _code_of(error)
    if code in _ABSENT:
        return f"there is no archive {origin}"
    if code in _DENIED:
        return (
            f"the archive {origin} may not be read, or is not there: its bucket or KMS key, or the policy of the VPC's endpoint of "
            "S3's, does not let the publisher read it"
        )
    if code in _CHANGED:
        return f"the archive {origin} was written anew while it was read"
    message = str(error.response.get("Error", {}).get("Message") or error).rstrip(".")
    return f"{error.operation_name} was refused: {message} ({code or 'no code'})"


def _code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
