import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk.assertions import Template

from cdk_model_hosting import RealtimeEndpoint
from cdk_model_hosting.endpoints.endpoint import ImportedEndpoint
from tests.unit.builders import FLEET, new_stack, only, refused, resources, single, stack_in, text_token

ARN = "arn:aws:sagemaker:us-west-2:999999999999:endpoint/fraud"
INVOKE = ["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"]
HERE = ["arn:", {"Ref": "AWS::Partition"}, ":sagemaker:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}]


def caller(stack: cdk.Stack) -> iam.Role:
    return iam.Role(stack, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))


def granted(stack: cdk.Stack) -> list[dict[str, object]]:
    found: list[dict[str, object]] = only(stack, "AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    return found


# Invoking


def test_a_caller_may_invoke_this_endpoint_alone_and_in_lower_case() -> None:
    stack = new_stack()
    endpoint = RealtimeEndpoint(stack, "Endpoint", model=single(stack), fleet=FLEET, endpoint_name="FraudDetector")
    grant = endpoint.grant_invoke(caller(stack))
    assert grant.success
    assert granted(stack) == [
        {
            "Action": INVOKE,
            "Effect": "Allow",
            "Resource": {"Fn::Join": ["", [*HERE, ":endpoint/frauddetector"]]},
        }
    ]


def test_a_caller_in_another_stack_needs_no_reference() -> None:
    app = cdk.App()
    here, there = cdk.Stack(app, "Here"), cdk.Stack(app, "There")
    endpoint = RealtimeEndpoint(here, "Endpoint", model=single(here), fleet=FLEET)
    endpoint.grant_invoke(caller(there))
    assert granted(there)[0]["Resource"] == {"Fn::Join": ["", [*HERE, f":endpoint/{endpoint.endpoint_name}"]]}
    assert "Outputs" not in Template.from_stack(here).to_json()


def test_in_a_known_region_the_arn_is_literal() -> None:
    stack = stack_in("eu-west-1")
    endpoint = RealtimeEndpoint(stack, "Endpoint", model=single(stack), fleet=FLEET, endpoint_name="Fraud")
    assert stack.resolve(endpoint.endpoint_arn) == {
        "Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":sagemaker:eu-west-1:111122223333:endpoint/fraud"]]
    }


def test_with_a_token_for_its_name_the_arn_is_a_reference_to_the_endpoint() -> None:
    stack = new_stack()
    endpoint = RealtimeEndpoint(stack, "Endpoint", model=single(stack), fleet=FLEET, endpoint_name=text_token(stack))
    endpoint.grant_invoke(caller(stack))
    assert granted(stack)[0]["Resource"] == {"Ref": next(iter(resources(stack, "AWS::SageMaker::Endpoint")))}


# As CDK's own constructs take it


@pytest.mark.parametrize("imported", [False, True])
def test_is_an_endpoint_for_cdks_own_constructs(imported: bool) -> None:
    stack = new_stack()
    endpoint: sagemaker.IEndpoint = (
        RealtimeEndpoint.from_endpoint_name(stack, "Endpoint", "Fraud")
        if imported
        else RealtimeEndpoint(stack, "Endpoint", model=single(stack), fleet=FLEET, endpoint_name="Fraud")
    )
    api = apigateway.RestApi(stack, "Api", cloud_watch_role=False)
    api.root.add_method("POST", apigateway.SagemakerIntegration(endpoint))
    method = only(stack, "AWS::ApiGateway::Method")
    assert method["Integration"]["Uri"]["Fn::Join"][1][-1] == ":runtime.sagemaker:path/endpoints/Fraud/invocations"
    assert granted(stack) == [
        {
            "Action": INVOKE,
            "Effect": "Allow",
            "Resource": {"Fn::Join": ["", [*HERE, ":endpoint/fraud"]]},
        }
    ]


def test_has_the_reference_that_newer_constructs_ask_for() -> None:
    stack = stack_in("eu-west-1")
    endpoint = RealtimeEndpoint(stack, "Endpoint", model=single(stack), fleet=FLEET, endpoint_name="fraud")
    assert stack.resolve(endpoint.endpoint_ref.endpoint_arn) == stack.resolve(endpoint.endpoint_arn)
    assert endpoint.stack is stack


# Imported by name


def test_imported_by_name_it_grants_and_measures() -> None:
    stack = new_stack()
    endpoint = RealtimeEndpoint.from_endpoint_name(stack, "Imported", "Fraud", variant_names=["a", "b"])
    assert isinstance(endpoint, ImportedEndpoint)
    endpoint.grant_invoke(caller(stack))
    assert granted(stack)[0]["Resource"] == {"Fn::Join": ["", [*HERE, ":endpoint/fraud"]]}
    assert endpoint.metric_invocations(variant="b").dimensions == {"EndpointName": "Fraud", "VariantName": "b"}
    assert (endpoint.metric_invocations(variant="b").region, endpoint.metric_invocations(variant="b").account) == (
        None,
        None,
    )
    assert resources(stack, "AWS::SageMaker::Endpoint") == {}


@pytest.mark.parametrize("name", ["-a", "a_b", "a/b"])
def test_fails_when_no_endpoint_can_have_the_name(name: str) -> None:
    with refused(
        "from_endpoint_name endpoint_name must be 1-63 characters (letters, digits and hyphens, no hyphen first or "
        f"last), got {name!r}: SageMaker accepts no other endpoint name"
    ):
        RealtimeEndpoint.from_endpoint_name(new_stack(), "Imported", name)


# Imported by ARN


def test_imported_by_arn_it_grants_and_measures_there() -> None:
    stack = new_stack()
    endpoint = RealtimeEndpoint.from_endpoint_arn(stack, "Imported", ARN)
    assert (endpoint.endpoint_name, endpoint.endpoint_arn) == ("fraud", ARN)
    assert (endpoint.env.region, endpoint.env.account) == ("us-west-2", "999999999999")
    endpoint.grant_invoke(caller(stack))
    assert granted(stack)[0]["Resource"] == ARN
    metric = endpoint.metric_model_latency()
    assert (metric.region, metric.account) == ("us-west-2", "999999999999")
    assert metric.dimensions == {"EndpointName": "fraud", "VariantName": "AllTraffic"}


def test_an_arn_may_be_a_token() -> None:
    stack = new_stack()
    endpoint = RealtimeEndpoint.from_endpoint_arn(stack, "Imported", text_token(stack))
    endpoint.grant_invoke(caller(stack))
    assert granted(stack)[0]["Resource"] == {"Ref": "Text"}
    assert stack.resolve(endpoint.endpoint_name) == {"Fn::Select": [1, {"Fn::Split": ["/", {"Ref": "Text"}]}]}
    assert set(endpoint.metric_invocations().dimensions or {}) == {"EndpointName", "VariantName"}


@pytest.mark.parametrize(
    "arn",
    ["fraud", "arn:aws:sagemaker:us-west-2:999999999999:endpoint", "arn:aws:sagemaker:us-west-2:999999999999:endpoint/",
     "arn:aws:sagemaker:us-west-2:999999999999:endpoint-config/fraud", "arn:aws:s3:us-west-2:999999999999:endpoint/fraud",
     "arn:aws:sagemaker:us-west-2:999999999999:model/fraud", ""],
)  # fmt: skip
def test_fails_when_the_arn_is_no_endpoints(arn: str) -> None:
    with refused(
        "from_endpoint_arn endpoint_arn must be arn:<partition>:sagemaker:<region>:<account>:endpoint/<name>, got "
        f"{arn!r}: grants and metrics are made from it"
    ):
        RealtimeEndpoint.from_endpoint_arn(new_stack(), "Imported", arn)


def test_fails_when_no_endpoint_can_have_the_arns_name() -> None:
    with refused(
        "from_endpoint_arn endpoint name must be 1-63 characters (letters, digits and hyphens, no hyphen first or last), "
        "got 'fraud/x y': SageMaker accepts no other endpoint name"
    ):
        RealtimeEndpoint.from_endpoint_arn(new_stack(), "Imported", f"{ARN}/x y")
