"""Inference components: CloudFormation's handlers for the emulated SageMaker."""

from typing import Any

from tests.local_aws.server.cloudformation import engine
from tests.local_aws.server.cloudformation.delegate import HandlerError, put_back
from tests.local_aws.server.cloudformation.provider import Created, Properties, Provider
from tests.local_aws.server.cloudformation.registry import resource_type
from tests.local_aws.server.cloudformation.sagemaker import PENDING, SageMakerProvider, wait_for
from tests.local_aws.server.sagemaker import service

COMPONENT = "AWS::SageMaker::InferenceComponent"
_FIXED = ("InferenceComponentName", "EndpointName", "VariantName")
_CHANGEABLE = ("Specification", "Specifications", "RuntimeConfig")


class InferenceComponentProvider(SageMakerProvider):
    """An inference component: CloudFormation waits until it is in service.

    The registry names no property whose change replaces a component, and the service can change neither its name nor where
    it is: such a change is refused here.
    """

    def create(self, logical_id: str, properties: Properties, stack_name: str) -> Created:
        """Create the component; one that fails is deleted again, since the stack will not know of it."""
        physical_id, attributes = super().create(logical_id, properties, stack_name)
        try:
            self._wait_until_in_service(self.existing_name(physical_id))
        except HandlerError:
            self.delete(physical_id, properties)
            raise
        return physical_id, attributes

    def create_request(self, properties: Properties) -> dict[str, Any]:
        """Leave out what only UpdateInferenceComponent knows."""
        return {key: value for key, value in properties.items() if key != "DeploymentConfig"}

    def update(self, physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str) -> Created:
        """Bring the component to what the template says of it now and wait.

        The copies are changed only when their number in the template does: scaling may have changed them meanwhile.
        """
        request = self.checked(new)
        name = self.existing_name(physical_id)
        now = self.describe(name)
        fixed = [key for key in _FIXED if key in request and request[key] != now[key]]
        if fixed:
            raise HandlerError(
                f'Resource handler returned message: "{", ".join(fixed)} of an inference component cannot be changed"'
                " (HandlerErrorCode: NotUpdatable)"
            )
        changed = {key: request[key] for key in _CHANGEABLE if key in request and old.get(key) != new.get(key)}
        if changed:
            guard = {key: request[key] for key in ("DeploymentConfig",) if key in request}
            self.call(service.update_inference_component, {self.name_key: name, **changed, **guard})
            self._wait_until_in_service(name)
        return super().update(physical_id, old, new, stack_name, logical_id)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the component and wait until it is gone."""
        name = self.name_of(physical_id)
        if name is not None:
            wait_for(lambda: self._status(name) not in PENDING, f"inference component {name} to settle")
        super().delete(physical_id, properties)
        wait_for(lambda: self.name_of(physical_id) is None, f"{physical_id} to be deleted")

    def read(self, physical_id: str, properties: Properties) -> Properties | None:
        """Add what the service never gives back."""
        found = super().read(physical_id, properties)
        if found is None:
            return None
        known: Properties = put_back(properties, found, self.resource_type.write_only)
        return known

    def identified(self, physical_id: str, name: str) -> Created:  # noqa: ARG002 -- the handlers' common signature
        """Return the ARN, which ``Ref`` gives, and the attributes, of which the name is none."""
        return physical_id, {self.arn_key: physical_id, "InferenceComponentStatus": "InService"}

    def _status(self, name: str) -> str:
        return str(self.describe(name)["InferenceComponentStatus"])

    def _wait_until_in_service(self, name: str) -> None:
        wait_for(lambda: self._status(name) not in PENDING, f"inference component {name} to be in service")
        found = self.describe(name)
        if found["InferenceComponentStatus"] != "InService":
            raise HandlerError(
                f'Resource handler returned message: "Inference component {name} is {found["InferenceComponentStatus"]}: '
                f'{found.get("FailureReason", "no reason given")}" (HandlerErrorCode: NotStabilized)'
            )


def providers() -> tuple[Provider, ...]:
    """Return the provider of inference components."""
    engine.run_on_worker_thread(frozenset({COMPONENT}))
    engine.revert_after_own_failure(frozenset({COMPONENT}))
    return (
        InferenceComponentProvider(
            resource_type(COMPONENT),
            create=service.create_inference_component,
            describe=service.describe_inference_component,
            delete=service.delete_inference_component,
            find=(service.list_inference_components, "InferenceComponents"),
        ),
    )
