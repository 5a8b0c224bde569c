"""The refusals of sagemaker-runtime, with the members that its errors carry."""

import http

from tests.local_aws.server.sagemaker import cloud
from tests.local_aws.server.sagemaker.containers import Reply
from tests.local_aws.server.sagemaker.errors import ServiceError

_CLIENT_ERRORS = range(400, 500)
_LONGEST_QUOTE = 1024


class ModelError(ServiceError):
    """The container answered with an error, or not at all.

    Args:
        endpoint_name: The endpoint whose log the message points to.
        reply: What the container answered, or what stands for it.
    """

    def __init__(self, endpoint_name: str, reply: Reply) -> None:
        group = f"/aws/sagemaker/Endpoints/{endpoint_name}"
        kind = "client" if reply.status in _CLIENT_ERRORS else "server"
        region, account = cloud.region(), cloud.account()
        original_message = reply.body.decode(errors="replace")
        super().__init__(
            "ModelError",
            f"Received {kind} error ({reply.status}) from {reply.container} with message"
            f' "{original_message[:_LONGEST_QUOTE]}". See https://{region}.console.aws.amazon.com/cloudwatch/home'
            f"?region={region}#logEventViewer:group={group} in account {account} for more information.",
            http.HTTPStatus.FAILED_DEPENDENCY,
        )
        self.original_status = reply.status
        self.members = {
            "OriginalStatusCode": reply.status,
            "OriginalMessage": original_message,
            "LogStreamArn": f"arn:aws:logs:{region}:{account}:log-group:{group}",
        }


def unknown_endpoint(name: str) -> ServiceError:
    """Return the refusal for an endpoint that does not exist, or does not answer yet."""
    return ServiceError("ValidationError", f"Endpoint {name} of account {cloud.account()} not found.")


def invalid(message: str) -> ServiceError:
    """Return the refusal for a request that cannot be routed."""
    return ServiceError("ValidationError", message)


def model_not_ready(target: str) -> ServiceError:
    """Return the refusal for a model that is still being loaded: SDKs try again by themselves."""
    message = f"Model {target} is still being downloaded or loaded. Wait and try your request again."
    return ServiceError("ModelNotReadyException", message, http.HTTPStatus.TOO_MANY_REQUESTS)
