"""Names that inference components and adapters have for themselves in their stack."""

import pytest
from aws_cdk.assertions import Template

from cdk_model_hosting import AdapterComponent, ComponentEndpoint, ModelArtifact
from tests.unit.builders import FLEET, new_stack, refused, resources, text_token
from tests.unit.endpoints.shared import COMPONENT, component_on, endpoint_in

ARTIFACT = ModelArtifact.from_asset("examples/fraud/model")
TWICE = "component_name must be unique in its stack, got {!r} twice: SageMaker tells inference components apart by it, "
CAPITALS = "whatever their capitals"


def test_fails_when_another_component_of_the_endpoint_has_the_name() -> None:
    endpoint = endpoint_in(new_stack())
    component_on(endpoint, "One", component_name="coast")
    with refused(f"InferenceComponent {TWICE.format('Coast')}{CAPITALS}"):
        component_on(endpoint, "Two", component_name="Coast")


def test_fails_when_a_component_of_another_endpoint_of_the_stack_has_the_name() -> None:
    stack = new_stack()
    component_on(endpoint_in(stack), "One", component_name="coast")
    other = ComponentEndpoint(stack, "Other", fleet=FLEET, verify_rollout=False)
    with refused(f"InferenceComponent {TWICE.format('coast')}{CAPITALS}"):
        component_on(other, "Two", component_name="coast")


@pytest.mark.parametrize("name", ["base", "legal"])
def test_fails_when_an_adapter_has_the_name_of_its_base_or_of_another_one(name: str) -> None:
    stack = new_stack()
    base = component_on(endpoint_in(stack), component_name="base")
    AdapterComponent(stack, "One", base=base, artifact=ARTIFACT, component_name="legal")
    with refused(f"AdapterComponent {TWICE.format(name)}{CAPITALS}"):
        AdapterComponent(stack, "Two", base=base, artifact=ARTIFACT, component_name=name)


def test_names_that_are_tokens_pass() -> None:
    stack = new_stack()
    endpoint, name = endpoint_in(stack), text_token(stack)
    for construct_id in ("One", "Two"):
        component_on(endpoint, construct_id, component_name=name, rollback_on=[])
    assert len(resources(stack, COMPONENT)) == 2


def test_names_of_other_stacks_and_of_endpoints_are_free() -> None:
    for construct_id in ("Stack", "Other"):
        stack = new_stack(construct_id)
        component_on(endpoint_in(stack, endpoint_name="coast"), component_name="coast")
        Template.from_stack(stack).resource_count_is(COMPONENT, 1)
