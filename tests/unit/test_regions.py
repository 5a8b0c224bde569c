import json
import re
from typing import Any

import aws_cdk as cdk
import botocore.session
import pytest
from aws_cdk import region_info
from aws_cdk.assertions import Template
from cfnlint.api import ManualArgs, lint

from cdk_model_hosting import regions
from cdk_model_hosting.errors import ConfigurationError

SETS = [regions.DEEP_LEARNING, regions.BUILT_IN, regions.TRITON]


def ids(accounts: regions.ImageAccounts) -> str:
    return accounts.mapping_id


@pytest.mark.parametrize("accounts", SETS, ids=ids)
def test_accounts_have_twelve_digits_and_regions_a_regions_name(accounts: regions.ImageAccounts) -> None:
    for region, account in accounts.accounts.items():
        assert re.fullmatch(r"\d{12}", account), region
        assert re.fullmatch(r"[a-z]{2,4}(-[a-z]+)+-\d", region), region
    assert list(accounts.accounts) == sorted(accounts.accounts)
    assert accounts.source.startswith("https://")


def test_the_deep_learning_containers_are_in_every_region_that_sagemaker_is_in() -> None:
    session = botocore.session.get_session()
    everywhere = {
        region
        for name in session.get_available_partitions()
        for region in session.get_available_regions("sagemaker", partition_name=name)
    }
    assert everywhere - set(regions.DEEP_LEARNING.accounts) == set()
    # Announced, and not yet in the SDK's own list.
    assert set(regions.DEEP_LEARNING.accounts) - everywhere == {"me-west-1"}


def test_the_deep_learning_accounts_are_those_that_cdk_knows() -> None:
    known = {
        found.name: account
        for found in region_info.RegionInfo.regions
        if (account := found.dlc_repository_account) is not None
    }
    assert len(known) >= 30
    assert {region: regions.DEEP_LEARNING.for_region(region) for region in known} == known


def test_the_number_of_regions() -> None:
    assert [len(accounts.accounts) for accounts in SETS] == [45, 37, 34]


def test_triton_is_published_from_the_deep_learning_accounts_in_commercial_regions() -> None:
    for region, account in regions.TRITON.accounts.items():
        assert regions.partition(region) == "aws"
        assert regions.DEEP_LEARNING.for_region(region) == account


def test_every_region_has_the_partition_and_the_domain_that_cdk_knows() -> None:
    known = region_info.RegionInfo.regions
    assert len(known) >= 46
    for found in known:
        assert regions.partition(found.name) == found.partition, found.name
        assert regions.url_suffix(found.name) == found.domain_suffix, found.name


@pytest.mark.parametrize(
    ("accounts", "region", "uri", "arn"),
    [
        (
            regions.DEEP_LEARNING,
            "us-east-1",
            "763104351884.dkr.ecr.us-east-1.amazonaws.com/repository:1.0",
            "arn:aws:ecr:us-east-1:763104351884:repository/repository",
        ),
        (
            regions.BUILT_IN,
            "cn-north-1",
            "450853457545.dkr.ecr.cn-north-1.amazonaws.com.cn/repository:1.0",
            "arn:aws-cn:ecr:cn-north-1:450853457545:repository/repository",
        ),
        (
            regions.TRITON,
            "af-south-1",
            "626614931356.dkr.ecr.af-south-1.amazonaws.com/repository:1.0",
            "arn:aws:ecr:af-south-1:626614931356:repository/repository",
        ),
    ],
)
def test_a_stack_with_a_region_gets_literals(accounts: regions.ImageAccounts, region: str, uri: str, arn: str) -> None:
    stack = cdk.Stack(cdk.App(), "Stack", env=cdk.Environment(region=region))
    assert accounts.uri(stack, "repository", "1.0") == uri
    assert accounts.repository_arn(stack, "repository") == arn
    assert "Mappings" not in Template.from_stack(stack).to_json()


def test_an_image_of_another_region_is_a_literal_too() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    uri = regions.BUILT_IN.uri(stack, "sagemaker-xgboost", "3.2-0", region="eu-west-1")
    assert uri == "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.2-0"
    assert "Mappings" not in Template.from_stack(stack).to_json()


def test_a_digest_is_joined_by_an_at_sign() -> None:
    stack = cdk.Stack(cdk.App(), "Stack", env=cdk.Environment(region="us-east-1"))
    assert regions.TRITON.uri(stack, "sagemaker-tritonserver", "sha256:abc").endswith(
        "/sagemaker-tritonserver@sha256:abc"
    )


@pytest.fixture(scope="module")
def agnostic() -> dict[str, Any]:
    """The template of a stack without a region, in which several models ask for images of every set."""
    app = cdk.App(context={"aws:cdk:disable-version-reporting": True})
    stack = cdk.Stack(app, "Stack", synthesizer=cdk.BootstraplessSynthesizer())
    for index in range(3):
        model = cdk.CfnResource(stack, f"Model{index}", type="AWS::SageMaker::Model")
        model.add_property_override("ExecutionRoleArn", "arn:aws:iam::123456789012:role/name")
        accounts = SETS[index % 2]
        model.add_property_override("PrimaryContainer.Image", accounts.uri(model, "repository", f"{index}"))
    cdk.CfnOutput(stack, "Arn", value=regions.DEEP_LEARNING.repository_arn(stack, "repository"))
    return dict(Template.from_stack(stack).to_json())


def test_a_stack_without_a_region_gets_one_mapping_for_each_set(agnostic: dict[str, Any]) -> None:
    assert agnostic["Mappings"] == {
        accounts.mapping_id: {region: {"account": account} for region, account in accounts.accounts.items()}
        for accounts in (regions.DEEP_LEARNING, regions.BUILT_IN)
    }


def test_a_stack_without_a_region_looks_the_account_up(agnostic: dict[str, Any]) -> None:
    account = {"Fn::FindInMap": ["DeepLearningImageAccounts", {"Ref": "AWS::Region"}, "account"]}
    assert agnostic["Resources"]["Model2"]["Properties"]["PrimaryContainer"]["Image"] == {
        "Fn::Join": [
            "",
            [account, ".dkr.ecr.", {"Ref": "AWS::Region"}, ".", {"Ref": "AWS::URLSuffix"}, "/repository:2"],
        ]
    }
    assert agnostic["Outputs"]["Arn"]["Value"] == {
        "Fn::Join": [
            "",
            [
                "arn:", {"Ref": "AWS::Partition"}, ":ecr:", {"Ref": "AWS::Region"}, ":", account,
                ":repository/repository",
            ],
        ]
    }  # fmt: skip


def test_cfn_lint_finds_nothing(agnostic: dict[str, Any]) -> None:
    found = lint(json.dumps(agnostic), config=ManualArgs(regions=["us-east-1", "cn-north-1", "eu-west-1"]))
    assert [str(match) for match in found] == []


def test_two_sets_in_one_stack_and_one_set_in_two_stacks() -> None:
    app = cdk.App()
    first, second = cdk.Stack(app, "First"), cdk.Stack(app, "Second")
    for stack in (first, second):
        for accounts in (regions.DEEP_LEARNING, regions.TRITON, regions.DEEP_LEARNING):
            accounts.uri(stack, "repository", "1")
    for stack in (first, second):
        assert set(Template.from_stack(stack).to_json()["Mappings"]) == {
            "DeepLearningImageAccounts",
            "TritonImageAccounts",
        }


def test_one_look_at_a_stack_serves_address_and_policy() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    registry = regions.DEEP_LEARNING.registry(stack)
    assert registry.uri("repository", "1") == regions.DEEP_LEARNING.uri(stack, "repository", "1")
    assert registry.repository_arn("repository") == regions.DEEP_LEARNING.repository_arn(stack, "repository")
    assert regions.DEEP_LEARNING.registry(stack) is registry


def test_a_region_that_is_a_parameter_is_looked_up() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    parameter = cdk.CfnParameter(stack, "Region")
    uri = regions.TRITON.uri(stack, "repository", "1", region=parameter.value_as_string)
    assert stack.resolve(uri)["Fn::Join"][1][:3] == [
        {"Fn::FindInMap": ["TritonImageAccounts", {"Ref": "Region"}, "account"]},
        ".dkr.ecr.",
        {"Ref": "Region"},
    ]


@pytest.mark.parametrize(
    ("accounts", "region", "message"),
    [
        (
            regions.TRITON,
            "cn-north-1",
            (
                "Region of Triton images must be one of the 34 that AWS publishes them in, got 'cn-north-1': "
                "there, name a copy of the image with ContainerImage.from_uri"
            ),
        ),
        (
            regions.DEEP_LEARNING,
            "mars-north-1",
            (
                "Region of Deep Learning Containers must be one of the 45 that AWS publishes them in, got 'mars-north-1': "
                "there, name a copy of the image with ContainerImage.from_uri"
            ),
        ),
    ],
)
def test_fails_when_the_region_is_unknown(accounts: regions.ImageAccounts, region: str, message: str) -> None:
    stack = cdk.Stack(cdk.App(), "Stack", env=cdk.Environment(region=region))
    with pytest.raises(ConfigurationError) as refused:
        accounts.for_region(region)
    assert str(refused.value) == message
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        accounts.uri(stack, "repository", "1")
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        accounts.repository_arn(stack, "repository")
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        accounts.uri(stack, "repository", "1", region=region)
