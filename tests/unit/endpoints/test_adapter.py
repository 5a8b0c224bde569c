from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

from cdk_model_hosting import AdapterComponent, InferenceComponent, ModelArtifact
from tests.stacks.service_requests import refusals
from tests.unit.builders import att, new_stack, only, refused, resources, statements, text_token
from tests.unit.endpoints.shared import COMPONENT, ENDPOINT, component_on, endpoint_in, logical

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1"


def bucket_of(stack: cdk.Stack, **options: Any) -> s3.IBucket:
    return s3.Bucket.from_bucket_attributes(stack, "Bucket", bucket_arn="arn:aws:s3:::adapters", **options)


def adapter_of(base: InferenceComponent, construct_id: str = "Legal", **options: Any) -> AdapterComponent:
    stack = cdk.Stack.of(base)
    scope = options.pop("scope", stack)
    if "artifact" not in options:
        options["artifact"] = ModelArtifact.from_bucket(bucket_of(stack), "legal-1.tar.gz")
    return AdapterComponent(scope, construct_id, base=base, **options)


def base_in(stack: cdk.Stack, **options: Any) -> InferenceComponent:
    return component_on(endpoint_in(stack, **options), "Base", rollback_on=[], component_name="base")


def adapter_in(stack: cdk.Stack) -> dict[str, Any]:
    """The adapter's resource."""
    (found,) = (
        each
        for each in resources(stack, COMPONENT).values()
        if "BaseInferenceComponentName" in each["Properties"]["Specification"]
    )
    return dict(found)


def test_it_tailors_its_base_and_takes_nothing_of_the_instances() -> None:
    stack = new_stack()
    adapter = adapter_of(base_in(stack), component_name="legal")
    found = adapter_in(stack)
    assert found["Properties"] == {
        "EndpointName": att(logical(stack, ENDPOINT), "EndpointName"),
        "InferenceComponentName": "legal",
        "Specification": {
            "BaseInferenceComponentName": "base",
            "Container": {"ArtifactUrl": "s3://adapters/legal-1.tar.gz"},
        },
    }
    assert adapter.endpoint is adapter.base.endpoint
    assert refusals(Template.from_stack(stack).to_json()) == {}


def test_it_comes_after_its_base_and_goes_before_it() -> None:
    stack = new_stack()
    base = base_in(stack)
    adapter_of(base)
    (logical_id,) = (
        name for name, each in resources(stack, COMPONENT).items() if "RuntimeConfig" in each["Properties"]
    )
    assert adapter_in(stack)["DependsOn"] == [logical_id]


def test_the_role_may_read_it() -> None:
    stack = new_stack()
    base = base_in(stack)
    bucket = bucket_of(stack, encryption_key=kms.Key.from_key_arn(stack, "Key", KEY))
    adapter_of(base, artifact=ModelArtifact.from_bucket(bucket, "legal-1.tar.gz"))
    *_, read, decrypt = statements(stack)
    assert (read["Action"], read["Resource"]) == (
        "s3:GetObject",
        "arn:aws:s3:::adapters/legal-1.tar.gz",
    )
    assert (decrypt["Action"], decrypt["Resource"]) == ("kms:Decrypt", KEY)


def test_its_name_is_made_of_its_path() -> None:
    stack = new_stack("Fraud")
    adapter = adapter_of(base_in(stack))
    assert adapter.component_name.startswith("fraud-legal-")


def test_it_may_have_an_environment() -> None:
    stack = new_stack()
    adapter_of(base_in(stack), environment={"RANK": "8"})
    assert adapter_in(stack)["Properties"]["Specification"]["Container"]["Environment"] == {"RANK": "8"}


def test_it_may_be_called_by_itself() -> None:
    stack = new_stack()
    adapter = adapter_of(base_in(stack, endpoint_name="shared"), component_name="legal")
    caller = iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    adapter.grant_invoke(caller)
    (statement,) = only(stack, "AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    ends = [each["Fn::Join"][1][-1] for each in statement["Resource"]]
    assert ends == [":endpoint/shared", ":inference-component/legal"]
    assert adapter.metric_invocations().dimensions == {"InferenceComponentName": "legal"}


def test_it_is_watched_with_the_others() -> None:
    stack = new_stack()
    base = base_in(stack)
    base.endpoint.alarms()
    adapter_of(base, component_name="legal")
    names = [each["Properties"]["AlarmName"] for each in resources(stack, "AWS::CloudWatch::Alarm").values()]
    assert any("/legal/ServerErrors" in name for name in names)


def test_tokens_pass() -> None:
    stack = new_stack()
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", text_token(stack, "Bucket_"))
    adapter_of(
        base_in(stack),
        artifact=ModelArtifact.from_bucket(bucket, text_token(stack, "Key")),
        component_name=text_token(stack, "Name"),
        environment={"RANK": text_token(stack, "Rank")},
    )
    found = adapter_in(stack)["Properties"]
    assert found["InferenceComponentName"] == {"Ref": "Name"}
    assert found["Specification"]["Container"]["Environment"] == {"RANK": {"Ref": "Rank"}}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"artifact": "s3://a"}, "artifact must be a ModelArtifact, got 's3://a': nothing else is understood there"),
        (
            {"environment": {f"V{number}": "1" for number in range(17)}},
            "environment must have 0-16 pairs, got 17: SageMaker hands over no more to an adapter's container",
        ),
        (
            {"component_name": "a_b"},
            "component_name must be 1-63 characters (letters, digits and hyphens), got 'a_b': requests name the component by it",
        ),
    ],
)
def test_fails_when_an_argument_is_outside_what_there_is(options: dict[str, Any], message: str) -> None:
    with refused(f"AdapterComponent {message}"):
        adapter_of(base_in(new_stack()), **options)


@pytest.mark.parametrize(
    ("environment", "beginning"),
    [
        ({"a-b": "1"}, "AdapterComponent environment name 'a-b' must "),
        ({"A": "x" * 1025}, "AdapterComponent environment A must "),
    ],
)
def test_fails_when_a_variable_cannot_be(environment: dict[str, str], beginning: str) -> None:
    with pytest.raises(ValueError, match=f"^{beginning}"):
        adapter_of(base_in(new_stack()), environment=environment)


def test_fails_when_the_base_is_none() -> None:
    stack = new_stack()
    with refused("AdapterComponent base must be an InferenceComponent, got 'base': nothing else is understood there"):
        artifact = ModelArtifact.from_bucket(bucket_of(stack), "legal-1.tar.gz")
        AdapterComponent(stack, "Legal", base="base", artifact=artifact)  # type: ignore[arg-type]


def test_fails_when_it_is_many_files() -> None:
    stack = new_stack()
    base = base_in(stack)
    with refused(
        "AdapterComponent artifact must be one gzipped archive, got files under a prefix: SageMaker unpacks adapters"
    ):
        adapter_of(base, artifact=ModelArtifact.uncompressed(bucket_of(stack), "legal/1/"))


def test_fails_when_it_is_in_another_stack() -> None:
    stack = new_stack()
    base = base_in(stack)
    other = cdk.Stack(cdk.App.of(stack), "Other")
    with refused(
        "AdapterComponent must be in its endpoint's stack, got Other and Stack: the endpoint's role gets what the component needs"
    ):
        adapter_of(base, scope=other)
