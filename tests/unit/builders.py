"""What the unit tests are made of: stacks, models, Tokens, and what is read back from templates."""

import re
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template
from constructs import Construct

from cdk_model_hosting import ConfigurationError, Container, ContainerImage, Fleet, ModelArtifact, SingleModel, Variant

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/serve:1"
PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
FLEET = Fleet(instance_type="ml.c6i.large")
PAIR = Fleet(instance_type="ml.c6i.large", count=2)


def refused(message: str) -> pytest.RaisesExc[ConfigurationError]:
    """The whole message of a refusal."""
    return pytest.raises(ConfigurationError, match=f"^{re.escape(message)}$")


def new_stack(construct_id: str = "Stack", **options: Any) -> cdk.Stack:
    return cdk.Stack(cdk.App(), construct_id, **options)


def stack_in(region: str) -> cdk.Stack:
    return new_stack(env=cdk.Environment(region=region, account="111122223333"))


def container(artifact: ModelArtifact | None = None, **options: Any) -> Container:
    return Container(image=ContainerImage.from_uri(IMAGE), artifact=artifact, **options)


def single(scope: Construct, construct_id: str = "Model", **options: Any) -> SingleModel:
    return SingleModel(scope, construct_id, container=container(), **options)


def variants(scope: Construct, *names: str, **options: Any) -> list[Variant]:
    model = single(scope)
    return [Variant(model=model, **{"fleet": FLEET, **options}, name=name) for name in names]


def text_token(scope: Construct, construct_id: str = "Text") -> str:
    return cdk.CfnParameter(scope, construct_id).value_as_string


def number_token(scope: Construct, construct_id: str = "Number") -> float:
    return cdk.CfnParameter(scope, construct_id, type="Number").value_as_number


def resources(scope: Construct, kind: str) -> dict[str, Any]:
    """All resources of a kind in the scope's stack, by logical ID, but for those of the guard, which has its own tests."""
    found = Template.from_stack(cdk.Stack.of(scope)).find_resources(kind)
    return {name: each for name, each in found.items() if not name.startswith("EndpointGuard")}


def only(scope: Construct, kind: str) -> dict[str, Any]:
    """The properties of the one resource of a kind."""
    found = resources(scope, kind)
    assert len(found) == 1, list(found)
    properties: dict[str, Any] = next(iter(found.values()))["Properties"]
    return properties


def statements(scope: Construct) -> list[dict[str, Any]]:
    """The statements of the one role's inline policy."""
    policies = only(scope, "AWS::IAM::Role")["Policies"]
    assert [each["PolicyName"] for each in policies] == ["Serve"]
    assert policies[0]["PolicyDocument"]["Version"] == "2012-10-17"
    found: list[dict[str, Any]] = policies[0]["PolicyDocument"]["Statement"]
    return found


def sub(template: str) -> dict[str, str]:
    return {"Fn::Sub": template}


def att(resource: str, attribute: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [resource, attribute]}


def join(*parts: object) -> dict[str, list[object]]:
    return {"Fn::Join": ["", list(parts)]}
