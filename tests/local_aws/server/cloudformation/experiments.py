"""Inference experiments: CloudFormation's handlers for the emulated SageMaker."""

from typing import Any

from tests.local_aws.server.cloudformation import engine
from tests.local_aws.server.cloudformation.delegate import (
    DelegatingProvider,
    HandlerError,
    as_given,
    put_back,
    tag_changes,
    tag_list,
)
from tests.local_aws.server.cloudformation.provider import Created, Properties, Provider
from tests.local_aws.server.cloudformation.registry import resource_type
from tests.local_aws.server.cloudformation.sagemaker import wait_for
from tests.local_aws.server.sagemaker import service
from tests.local_aws.server.sagemaker.errors import ServiceError

EXPERIMENT = "AWS::SageMaker::InferenceExperiment"
_PENDING = frozenset({"Creating", "Starting", "Updating", "Stopping"})
_ENDED = frozenset({"Completed", "Cancelled"})
_ONLY_HERE = frozenset({"DesiredState", "StatusReason"})
_CHANGEABLE = ("Schedule", "Description", "ModelVariants", "DataStorageConfig", "ShadowModeConfig")


class InferenceExperimentProvider(DelegatingProvider):
    """An inference experiment; ``Ref`` gives its name.

    A template has no word for what becomes of the variants when it stops an experiment: the production variant stays and
    the shadow variant goes.
    """

    service_name = "SageMaker"

    def create(
        self,
        logical_id: str,  # noqa: ARG002 -- the handlers' common signature
        properties: Properties,
        stack_name: str,  # noqa: ARG002 -- the same
    ) -> Created:
        """Create the experiment and wait until it is scheduled, or running."""
        wanted = self.checked(properties)
        name = wanted["Name"]
        request = {key: value for key, value in wanted.items() if key not in _ONLY_HERE}
        arn = self.call(service.create_inference_experiment, request)["InferenceExperimentArn"]
        self._reach(name, "", wanted.get("DesiredState", ""), wanted)
        found = self._settled(name)
        if found["Status"] == "Cancelled" and wanted.get("DesiredState") != "Cancelled":
            self.delete(name, properties)
            raise HandlerError(
                f'Resource handler returned message: "Inference experiment {name} is Cancelled: '
                f'{found.get("StatusReason", "no reason given")}" (HandlerErrorCode: NotStabilized)'
            )
        return name, {"Arn": arn, "Name": name, "Status": found["Status"]}

    def update(
        self,
        physical_id: str,
        old: Properties,
        new: Properties,
        stack_name: str,  # noqa: ARG002 -- the same
        logical_id: str,  # noqa: ARG002 -- the same
    ) -> Created:
        """Change the experiment, start it or stop it."""
        wanted = self.checked(new)
        changed = {key: wanted[key] for key in _CHANGEABLE if key in wanted and old.get(key) != new.get(key)}
        if changed:
            self.call(service.update_inference_experiment, {"Name": physical_id, **changed})
            self._settled(physical_id)
        self._reach(physical_id, old.get("DesiredState", ""), new.get("DesiredState", ""), wanted)
        found = self._settled(physical_id)
        set_tags, dropped = tag_changes(old, new)
        if set_tags:
            self.call(service.add_tags, {"ResourceArn": found["Arn"], "Tags": tag_list(set_tags)})
        if dropped:
            self.call(service.delete_tags, {"ResourceArn": found["Arn"], "TagKeys": dropped})
        return physical_id, {"Arn": found["Arn"], "Name": physical_id, "Status": found["Status"]}

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Stop the experiment if it has not ended, and delete it."""
        if self._described(physical_id) is None:
            return
        if self._settled(physical_id)["Status"] not in _ENDED:
            self._stop(physical_id, "Cancelled", properties)
        self.call(service.delete_inference_experiment, {"Name": physical_id})

    def read(self, physical_id: str, properties: Properties) -> Properties | None:
        """Return the experiment as it is now."""
        found = self._described(physical_id)
        if found is None:
            return None
        found["EndpointName"] = found["EndpointMetadata"]["EndpointName"]
        tags = self.call(service.list_tags, {"ResourceArn": found["Arn"]})["Tags"]
        described = {key: as_given(properties.get(key), value) for key, value in found.items()} | {"Tags": tags}
        known: Properties = put_back(properties, described, self.resource_type.write_only)
        return known

    def _reach(self, name: str, before: str, state: str, wanted: Properties) -> None:
        """Bring an experiment to the desired state of its template, if that has changed."""
        if state in {"", before}:
            return
        found = self._settled(name)
        if state == "Running" and found["Status"] == "Created":
            self.call(service.start_inference_experiment, {"Name": name})
            wait_for(lambda: self._status(name) not in {"Created", *_PENDING}, f"inference experiment {name} to run")
        elif state in _ENDED and found["Status"] not in _ENDED:
            self._stop(name, state, wanted)

    def _stop(self, name: str, state: str, properties: Properties) -> None:
        shadow = self._settled(name)["ShadowModeConfig"]
        actions = {
            shadow["SourceModelVariantName"]: "Retain",
            **{variant["ShadowModelVariantName"]: "Remove" for variant in shadow["ShadowModelVariants"]},
        }
        request = {"Name": name, "ModelVariantActions": actions, "DesiredState": state}
        self.call(service.stop_inference_experiment, {**request, "Reason": properties.get("StatusReason")})
        wait_for(lambda: self._status(name) in _ENDED, f"inference experiment {name} to stop")

    def _settled(self, name: str) -> dict[str, Any]:
        wait_for(lambda: self._status(name) not in _PENDING, f"inference experiment {name} to settle")
        return self.call(service.describe_inference_experiment, {"Name": name})

    def _status(self, name: str) -> str:
        return str(self.call(service.describe_inference_experiment, {"Name": name})["Status"])

    def _described(self, name: str) -> dict[str, Any] | None:
        try:
            return service.describe_inference_experiment({"Name": name})
        except ServiceError as error:
            if error.code == "ResourceNotFound":
                return None
            raise


def providers() -> tuple[Provider, ...]:
    """Return the provider of inference experiments."""
    engine.run_on_worker_thread(frozenset({EXPERIMENT}))
    engine.revert_after_own_failure(frozenset({EXPERIMENT}))
    return (InferenceExperimentProvider(resource_type(EXPERIMENT)),)
