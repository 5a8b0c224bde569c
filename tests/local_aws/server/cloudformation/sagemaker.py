"""Models, endpoint configurations and endpoints: CloudFormation's handlers for the emulated SageMaker."""

import logging
import time
from collections.abc import Callable
from typing import Any

from tests.local_aws.server.cloudformation import engine, identity
from tests.local_aws.server.cloudformation.delegate import (
    DelegatingProvider,
    HandlerError,
    Operation,
    as_given,
    tag_changes,
    tag_list,
)
from tests.local_aws.server.cloudformation.provider import Created, Properties, Provider
from tests.local_aws.server.cloudformation.registry import ResourceType, resource_type
from tests.local_aws.server.sagemaker import service

logger = logging.getLogger("local_aws.cloudformation")

ENDPOINT = "AWS::SageMaker::Endpoint"
LONGEST_WAIT_SECONDS = 900.0
POLL_SECONDS = 0.1

PENDING = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})


class SageMakerProvider(DelegatingProvider):
    """A named SageMaker resource with an ARN.

    Args:
        resource_type: The type.
        create: The service's CreateX.
        describe: The service's DescribeX.
        delete: The service's DeleteX.
        find: The service's ListXs, with the key of its answer.
    """

    service_name = "SageMaker"

    def __init__(
        self,
        resource_type: ResourceType,
        *,
        create: Operation,
        describe: Operation,
        delete: Operation,
        find: tuple[Operation, str],
    ) -> None:
        super().__init__(resource_type)
        self._create, self._describe, self._delete, self._find = create, describe, delete, find
        self.name_key = f"{resource_type.kind}Name"
        self.arn_key = f"{resource_type.kind}Arn"

    def create(self, logical_id: str, properties: Properties, stack_name: str) -> Created:
        """Create the resource under the given name or a generated one."""
        request = self.create_request(self.checked(properties))
        name = request.setdefault(self.name_key, identity.generated_name({}, logical_id, stack_name))
        logger.info("Create%s %s", self.resource_type.kind, name)
        created = self.call(self._create, request)
        return self.identified(created[self.arn_key], name)

    def create_request(self, properties: Properties) -> dict[str, Any]:
        """Return the request that creates what ``properties`` describe: the names are the same."""
        return dict(properties)

    def update(
        self,
        physical_id: str,
        old: Properties,
        new: Properties,
        stack_name: str,  # noqa: ARG002 -- the handlers' common signature
        logical_id: str,  # noqa: ARG002 -- the same
    ) -> Created:
        """Change the tags: everything else about models and configurations replaces them."""
        self.checked(new)
        self.retag(physical_id, old, new)
        return self.identified(physical_id, self.existing_name(physical_id))

    def delete(self, physical_id: str, properties: Properties) -> None:  # noqa: ARG002 -- the same
        """Delete the resource."""
        name = self.name_of(physical_id)
        if name is not None:
            logger.info("Delete%s %s", self.resource_type.kind, name)
            self.call(self._delete, {self.name_key: name})

    def read(self, physical_id: str, properties: Properties) -> Properties | None:
        """Return what the service describes, without the defaults that it added."""
        name = self.name_of(physical_id)
        if name is None:
            return None
        found = self.describe(name)
        tags = self.call(service.list_tags, {"ResourceArn": physical_id})["Tags"]
        return {key: as_given(properties.get(key), value) for key, value in found.items()} | {"Tags": tags}

    def describe(self, name: str) -> dict[str, Any]:
        """Return what the service says about the resource called ``name``."""
        return self.call(self._describe, {self.name_key: name})

    def retag(self, physical_id: str, old: Properties, new: Properties) -> None:
        """Bring the tags of the resource from ``old`` to ``new``."""
        changed, dropped = tag_changes(old, new)
        if changed:
            self.call(service.add_tags, {"ResourceArn": physical_id, "Tags": tag_list(changed)})
        if dropped:
            self.call(service.delete_tags, {"ResourceArn": physical_id, "TagKeys": dropped})

    def name_of(self, physical_id: str) -> str | None:
        """Return the name behind an ARN, which may be in another case than its end, or None when it is gone."""
        operation, key = self._find
        request: dict[str, Any] = {}
        while True:
            page = self.call(operation, request)
            for summary in page[key]:
                if summary[self.arn_key] == physical_id:
                    return str(summary[self.name_key])
            if not page.get("NextToken"):
                return None
            request = {"NextToken": page["NextToken"]}

    def existing_name(self, physical_id: str) -> str:
        """Return the name behind an ARN of something that must exist."""
        name = self.name_of(physical_id)
        if name is None:
            raise HandlerError(f"Resource of type '{self.resource_type.name}' with identifier '{physical_id}' is gone")
        return name

    def identified(self, physical_id: str, name: str) -> Created:
        """Return the ARN, which ``Ref`` gives, and the two attributes."""
        return physical_id, {self.arn_key: physical_id, self.name_key: name}


class EndpointProvider(SageMakerProvider):
    """An endpoint: CloudFormation waits until it is in service."""

    def create(self, logical_id: str, properties: Properties, stack_name: str) -> Created:
        """Create the endpoint; one that fails is deleted again, since the stack will not know of it."""
        physical_id, attributes = super().create(logical_id, properties, stack_name)
        try:
            self.wait_until_in_service(attributes[self.name_key])
        except HandlerError:
            self.delete(physical_id, properties)
            raise
        return physical_id, attributes

    def create_request(self, properties: Properties) -> dict[str, Any]:
        """Leave out what only UpdateEndpoint knows."""
        return {key: value for key, value in properties.items() if key not in self.resource_type.write_only}

    def update(self, physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str) -> Created:
        """Move the endpoint to another configuration and wait.

        An endpoint that rolls back by itself ends in service on its old configuration, which CloudFormation
        takes for success: whether the real handler notices is not documented, so the doubt stays visible here.
        """
        request = self.checked(new)
        name = self.existing_name(physical_id)
        now = self.describe(name)
        wanted = request["EndpointConfigName"]
        # A stack rollback asks for the old configuration even where SageMaker has gone back to it already.
        if old["EndpointConfigName"] != wanted or now["EndpointConfigName"] != wanted:
            logger.info("UpdateEndpoint %s to %s", name, wanted)
            request.pop("Tags", None)
            self.call(service.update_endpoint, request | {"EndpointName": name})
            self.wait_until_in_service(name)
        return super().update(physical_id, old, new, stack_name, logical_id)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the endpoint and wait until it is gone."""
        super().delete(physical_id, properties)
        wait_for(lambda: self.name_of(physical_id) is None, f"{physical_id} to be deleted")

    def read(self, physical_id: str, properties: Properties) -> Properties | None:
        """Add the deployment configuration, which the service describes under another name."""
        found = super().read(physical_id, properties)
        if found is not None and "LastDeploymentConfig" in found:
            found["DeploymentConfig"] = as_given(properties.get("DeploymentConfig"), found["LastDeploymentConfig"])
        return found

    def wait_until_in_service(self, name: str) -> None:
        """Wait for the end of a creation or an update and raise when it is not a good one."""
        wait_for(lambda: self.describe(name)["EndpointStatus"] not in PENDING, f"endpoint {name} to be in service")
        found = self.describe(name)
        if found["EndpointStatus"] != "InService":
            raise HandlerError(
                f'Resource handler returned message: "Endpoint {name} is {found["EndpointStatus"]}: '
                f'{found.get("FailureReason", "no reason given")}" (HandlerErrorCode: NotStabilized)'
            )


def wait_for(done: Callable[[], bool], what: str) -> None:
    """Poll until ``done``; give up after the longest wait."""
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise HandlerError(f"gave up waiting for {what} after {LONGEST_WAIT_SECONDS:.0f} seconds")
        time.sleep(POLL_SECONDS)


def providers() -> tuple[Provider, ...]:
    """Return the providers of the types that the emulated SageMaker serves."""
    engine.run_on_worker_thread(frozenset({ENDPOINT}))
    engine.revert_after_own_failure(frozenset({ENDPOINT}))
    return (
        SageMakerProvider(
            resource_type("AWS::SageMaker::Model"),
            create=service.create_model,
            describe=service.describe_model,
            delete=service.delete_model,
            find=(service.list_models, "Models"),
        ),
        SageMakerProvider(
            resource_type("AWS::SageMaker::EndpointConfig"),
            create=service.create_endpoint_config,
            describe=service.describe_endpoint_config,
            delete=service.delete_endpoint_config,
            find=(service.list_endpoint_configs, "EndpointConfigs"),
        ),
        EndpointProvider(
            resource_type(ENDPOINT),
            create=service.create_endpoint,
            describe=service.describe_endpoint,
            delete=service.delete_endpoint,
            find=(service.list_endpoints, "Endpoints"),
        ),
    )
