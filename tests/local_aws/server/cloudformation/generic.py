"""Any resource type that ministack lacks, played from its registry schema."""

import copy
import json

from tests.local_aws.server.cloudformation import engine, identity, validation
from tests.local_aws.server.cloudformation.provider import Created, Properties, Provider
from tests.local_aws.server.cloudformation.registry import value_at, without


class GenericProvider(Provider):
    """Keeps what the template says, and makes up what the service would add.

    The resources stand in Cloud Control's store, so that ``cloudcontrol:GetResource`` shows them and
    ``cloudcontrol:UpdateResource`` and ``DeleteResource`` change them behind CloudFormation's back.
    """

    def create(self, logical_id: str, properties: Properties, stack_name: str) -> Created:
        """Create a resource; one that exists already under the same identifier is refused."""
        validation.check(self.resource_type, properties)
        model = validation.coerced(self.resource_type, copy.deepcopy(properties))
        model = identity.named(self.resource_type, model, logical_id, stack_name)
        model = identity.with_read_only(self.resource_type, self.completed(model))
        identifier = identity.primary_identifier(self.resource_type, model)
        if self._key(identifier) in engine.cloud_control_records:
            raise ValueError(
                f"Resource of type '{self.resource_type.name}' with identifier '{identifier}' already exists."
            )
        return self._keep(identifier, model)

    def completed(self, model: Properties) -> Properties:
        """Return a new resource's model with what its service adds in another way than the schema lets one guess."""
        return model

    def update(self, physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str) -> Created:
        """Put the new properties in the place of the old ones, or replace when a nested create-only one changed."""
        validation.check(self.resource_type, new)
        nested = (path for path in self.resource_type.create_only if "/" in path and "*" not in path)
        if any(value_at(old, path) != value_at(new, path) for path in nested):
            return engine.create_under_new_name(self.create, logical_id, new, stack_name)
        record = engine.cloud_control_records.get(self._key(physical_id))
        if record is None:
            raise ValueError(
                f"Resource of type '{self.resource_type.name}' with identifier '{physical_id}' was not found."
            )
        kept = {key: value for key, value in json.loads(record["Properties"]).items() if key not in old}
        return self._keep(physical_id, kept | validation.coerced(self.resource_type, copy.deepcopy(new)))

    def delete(self, physical_id: str, properties: Properties) -> None:  # noqa: ARG002 -- the handlers' common signature
        """Delete the resource; one that is gone already counts as deleted."""
        engine.cloud_control_records.pop(self._key(physical_id), None)

    def read(self, physical_id: str, properties: Properties) -> Properties | None:  # noqa: ARG002 -- the same
        """Return what the service would give back, or None when the resource is gone."""
        record = engine.cloud_control_records.get(self._key(physical_id))
        if record is None:
            return None
        return without(json.loads(record["Properties"]), self.resource_type.write_only)

    def _key(self, identifier: str) -> str:
        return engine.record_key(self.resource_type.name, identifier)

    def _keep(self, identifier: str, model: Properties) -> Created:
        engine.cloud_control_records[self._key(identifier)] = {
            "TypeName": self.resource_type.name,
            "Identifier": identifier,
            "Properties": json.dumps(model),
        }
        values = {name: value_at(model, name) for name in self.resource_type.attributes}
        return identifier, {name: value for name, value in values.items() if value is not None}
