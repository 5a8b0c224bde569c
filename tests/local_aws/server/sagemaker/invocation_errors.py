"""The refusals of sagemaker-runtime, with the members that its errors carry."""

import http

from tests.local_aws.server.sagemaker import cloud
from tests.local_aws.server.sagemaker.errors import ServiceError

_CLIENT_ERRORS = range(400, 500)
_LONGEST_QUOTE = 1024


class ModelError(ServiceError):
    """The container answered with an error, or not at all.

    Args:
        endpoint_name: The endpoint whose log the message points to.
        original_status: The status of the container's answer, 0 when there was none.
        original_message: The body of the container's answer.
    """

    def __init__(self, endpoint_name: str, original_status: int, original_message: str) -> None:
        group = f"/aws/sagemaker/Endpoints/{endpoint_name}"
        kind = "client" if original_status in _CLIENT_ERRORS else "server"
        region, account = cloud.region(), cloud.account()
        super().__init__(
            "ModelError",
            f"Received {kind} error ({original_status}) from primary with message"
            f' "{original_message[:_LONGEST_QUOTE]}". See https://{region}.console.aws.amazon.com/cloudwatch/home'
            f"?region={region}#logEventViewer:group={group} in account {account} for more information.",
            http.HTTPStatus.FAILED_DEPENDENCY,
        )
        self.original_status = original_status
        self.members = {
            "OriginalStatusCode": original_status,
            "OriginalMessage": original_message,
            "LogStreamArn": f"arn:aws:logs:{region}:{account}:log-group:{group}",
        }


def unknown_endpoint(name: str) -> ServiceError:
    """Return the refusal for an endpoint that does not exist, or does not answer yet."""
    return ServiceError("ValidationError", f"Endpoint {name} of account {cloud.account()} not found.")


def invalid(message: str) -> ServiceError:
    """Return the refusal for a request that cannot be routed."""
    return ServiceError("ValidationError", message)
