"""CodeDeploy's API, as far as it tells of deployments: they are made by updates of stacks alone."""

import json
from types import ModuleType
from typing import Any

from ministack import app

from tests.local_aws.server.sagemaker.errors import ServiceError
from tests.local_aws.server.traffic import deployments
from tests.local_aws.server.traffic.deployments import Deployment, Document

_NAME = "codedeploy"
_HEADERS = {"Content-Type": "application/x-amz-json-1.1"}

Answer = tuple[int, dict[str, str], bytes]


def install() -> None:
    """Register the service with ministack, before it serves its first request."""
    module = _Service(_NAME)
    app.SERVICE_REGISTRY[_NAME] = {"module": _NAME}
    app._loaded_modules[_NAME] = module
    app.SERVICE_HANDLERS[_NAME] = module.handle_request


def get_deployment(request: Document) -> Document:
    """GetDeployment."""
    identifier = request["deploymentId"]
    found = deployments.of_scope().get(identifier)
    if found is None:
        raise ServiceError("DeploymentDoesNotExistException", f"The deployment {identifier} could not be found")
    return {"deploymentInfo": _described(found)}


def list_deployments(request: Document) -> Document:
    """ListDeployments, latest first."""
    wanted = request.get("applicationName"), request.get("deploymentGroupName")
    statuses = request.get("includeOnlyStatuses") or ()
    found = [
        each.identifier
        for each in reversed(deployments.of_scope().values())
        if wanted in {(None, None), (each.application, None), (each.application, each.name)}
        and (not statuses or each.status in statuses)
    ]
    return {"deployments": found}


def _described(deployment: Deployment) -> Document:
    known = {
        "applicationName": deployment.application,
        "deploymentGroupName": deployment.name,
        "deploymentConfigName": deployment.config,
        "deploymentId": deployment.identifier,
        "status": deployment.status,
        "createTime": deployment.created,
        "computePlatform": "Lambda",
    }
    if deployment.completed is not None:
        known["completeTime"] = deployment.completed
    if deployment.error:
        known["errorInformation"] = {"code": "ALARM_ACTIVE", "message": deployment.error}
    return known


def _unknown(_request: Document) -> Document:
    raise ServiceError(
        "UnknownOperationException", "The local AWS tells of CodeDeploy's deployments, and of nothing else."
    )


_OPERATIONS = {"GetDeployment": get_deployment, "ListDeployments": list_deployments}


class _Service(ModuleType):
    """A service as ministack knows them: a module with handle_request and reset."""

    async def handle_request(
        self,
        method: str,  # noqa: ARG002 - the signature of ministack's services
        path: str,  # noqa: ARG002 - the same
        headers: dict[str, str],
        body: bytes,
        query: dict[str, Any],  # noqa: ARG002 - the same
    ) -> Answer:
        """Answer a request."""
        operation = _OPERATIONS.get(headers.get("x-amz-target", "").partition(".")[2], _unknown)
        try:
            return 200, dict(_HEADERS), json.dumps(operation(json.loads(body or b"{}"))).encode()
        except ServiceError as error:
            document = {"__type": error.code, "message": error.message}
            return error.status, {**_HEADERS, "x-amzn-errortype": error.code}, json.dumps(document).encode()

    def reset(self) -> None:
        """Forget everything."""
        deployments.clear()
