"""The life of an endpoint stack: create, update with replacement, failed update, drift, destroy."""

from collections.abc import Iterator
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from botocore.exceptions import ClientError

from tests.local_aws.cdk import Cdk, CdkError
from tests.local_aws.conftest import Assemble, Build, Straight
from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.stacks import StackError

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/a-model:1"


def endpoint_stack(
    version: str, *, counts: tuple[int, ...] = (1,), absent_model: bool = False, bucket_versions: str | None = None
) -> Build:
    """Return what builds a stack with an endpoint, its configuration, its model, a role and a bucket."""

    def build(stack: cdk.Stack) -> None:
        versioning = None
        if bucket_versions is not None:
            versioning = s3.CfnBucket.VersioningConfigurationProperty(status=bucket_versions)
        bucket = s3.CfnBucket(stack, "Data", versioning_configuration=versioning)
        role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        model = sagemaker.CfnModel(
            stack,
            "Model",
            execution_role_arn=role.role_arn,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                image=IMAGE, environment={"VERSION": version}
            ),
        )
        config = sagemaker.CfnEndpointConfig(
            stack,
            "Config",
            production_variants=[
                sagemaker.CfnEndpointConfig.ProductionVariantProperty(
                    variant_name=f"variant-{number}",
                    model_name="nobody-made-it" if absent_model else model.attr_model_name,
                    initial_instance_count=count,
                    initial_variant_weight=1,
                    instance_type="ml.c7g.large",
                )
                for number, count in enumerate(counts)
            ],
        )
        endpoint = sagemaker.CfnEndpoint(stack, "Endpoint", endpoint_config_name=config.attr_endpoint_config_name)
        cdk.CfnOutput(stack, "BucketName", value=bucket.ref)
        cdk.CfnOutput(stack, "EndpointName", value=endpoint.attr_endpoint_name)
        cdk.CfnOutput(stack, "ConfigName", value=config.attr_endpoint_config_name)
        cdk.CfnOutput(stack, "ModelName", value=model.attr_model_name)

    return build


def names(local: LocalAws) -> tuple[set[str], set[str], set[str]]:
    """Return the names of all models, endpoint configurations and endpoints."""
    client = local.client("sagemaker")
    return (
        {model["ModelName"] for model in client.list_models(MaxResults=100)["Models"]},
        {config["EndpointConfigName"] for config in client.list_endpoint_configs(MaxResults=100)["EndpointConfigs"]},
        {endpoint["EndpointName"] for endpoint in client.list_endpoints(MaxResults=100)["Endpoints"]},
    )


def stack_status(local: LocalAws, name: str) -> str:
    """Return the status of a stack."""
    return str(local.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])


@pytest.fixture(scope="module")
def deployed(assemble: Assemble) -> Iterator[tuple[Cdk, dict[str, str]]]:
    """Deploy version 1 of a stack that every test leaves as it found it."""
    app = assemble("Steady", endpoint_stack("1"))
    outputs = app.deploy()["Steady"]
    yield app, outputs
    app.destroy()


class TestDeploy:
    def test_the_endpoint_is_in_service_on_the_deployed_configuration(
        self, local_aws: LocalAws, deployed: tuple[Cdk, dict[str, str]]
    ) -> None:
        _, outputs = deployed
        found = local_aws.client("sagemaker").describe_endpoint(EndpointName=outputs["EndpointName"])
        assert found["EndpointStatus"] == "InService"
        assert found["EndpointConfigName"] == outputs["ConfigName"]

    def test_generated_names_carry_stack_and_logical_id_within_63_characters(
        self, deployed: tuple[Cdk, dict[str, str]]
    ) -> None:
        _, outputs = deployed
        assert all(len(name) <= 63 for name in outputs.values())
        assert outputs["EndpointName"].startswith("Steady-Endpoint-")

    def test_diff_is_clean_after_a_deploy(self, deployed: tuple[Cdk, dict[str, str]]) -> None:
        app, _ = deployed
        assert app.has_differences() is False

    def test_diff_sees_another_version(self, assemble: Assemble, deployed: tuple[Cdk, dict[str, str]]) -> None:
        del deployed
        assert assemble("Steady", endpoint_stack("2")).has_differences() is True

    def test_nothing_has_drifted_after_a_deploy(self, deployed: tuple[Cdk, dict[str, str]]) -> None:
        app, _ = deployed
        assert app.has_drifted() is False


class TestUpdate:
    def test_replaces_model_and_configuration_and_moves_the_endpoint(
        self, local_aws: LocalAws, straight: Straight
    ) -> None:
        old = straight("Moves", endpoint_stack("1")).deploy()
        app = straight("Moves", endpoint_stack("2"))
        new = app.deploy()

        assert new["EndpointName"] == old["EndpointName"]
        assert new["ModelName"] != old["ModelName"]
        assert new["ConfigName"] != old["ConfigName"]
        found = local_aws.client("sagemaker").describe_endpoint(EndpointName=new["EndpointName"])
        assert found["EndpointConfigName"] == new["ConfigName"]
        models, configs, _ = names(local_aws)
        assert old["ModelName"] not in models
        assert old["ConfigName"] not in configs

        happened = [
            line for line in local_aws.log.read_text().splitlines() if "Moves-" in line and "[local_aws" in line
        ]
        order = [
            next(position for position, line in enumerate(happened) if mark in line)
            for mark in (
                f"CreateEndpointConfig {new['ConfigName']}",
                f"UpdateEndpoint {new['EndpointName']} to {new['ConfigName']}",
                f"DeleteEndpointConfig {old['ConfigName']}",
                f"DeleteModel {old['ModelName']}",
            )
        ]
        assert order == sorted(order)

        app.destroy()
        left = names(local_aws)
        assert not any(name.startswith("Moves-") for kind in left for name in kind)
        with pytest.raises(ClientError, match="does not exist"):
            stack_status(local_aws, "Moves")

    def test_rolls_back_when_the_service_refuses(
        self, local_aws: LocalAws, assemble: Assemble, deployed: tuple[Cdk, dict[str, str]]
    ) -> None:
        app, outputs = deployed
        before = names(local_aws)
        with pytest.raises(CdkError, match=r'Could not find model "[^"]*nobody-made-it"'):
            assemble("Steady", endpoint_stack("2", absent_model=True, bucket_versions="Enabled")).deploy()

        assert stack_status(local_aws, "Steady") == "UPDATE_ROLLBACK_COMPLETE"
        assert names(local_aws) == before
        versioning = local_aws.client("s3").get_bucket_versioning(Bucket=outputs["BucketName"])
        assert versioning.get("Status") != "Enabled"
        found = local_aws.client("sagemaker").describe_endpoint(EndpointName=outputs["EndpointName"])
        assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", outputs["ConfigName"])
        assert app.has_differences() is False
        assert app.has_drifted() is False

    def test_a_property_that_the_schema_forbids_fails_with_its_path(
        self, local_aws: LocalAws, straight: Straight
    ) -> None:
        straight("Forbidden", endpoint_stack("1")).deploy()
        with pytest.raises(StackError, match=r"#/ProductionVariants/1/InitialInstanceCount: .* minimum of 1"):
            straight("Forbidden", endpoint_stack("3", counts=(1, 0))).deploy()
        assert stack_status(local_aws, "Forbidden") == "UPDATE_ROLLBACK_COMPLETE"

    def test_a_type_that_ministack_has_itself_is_checked_too(self, straight: Straight, local_aws: LocalAws) -> None:
        with pytest.raises(StackError, match="#/VersioningConfiguration/Status: 'Sometimes' is not one of"):
            straight("Refused", endpoint_stack("1", bucket_versions="Sometimes")).deploy()
        assert stack_status(local_aws, "Refused") == "ROLLBACK_COMPLETE"
        assert not any(name.startswith("Refused-") for kind in names(local_aws) for name in kind)


class TestDrift:
    def test_sees_a_model_that_was_deleted_behind_its_back(self, local_aws: LocalAws, straight: Straight) -> None:
        app = straight("Drifts", endpoint_stack("1"))
        outputs = app.deploy()
        local_aws.client("sagemaker").delete_model(ModelName=outputs["ModelName"])

        assert app.has_drifted() is True
        drifts = local_aws.client("cloudformation").describe_stack_resource_drifts(StackName="Drifts")
        status: dict[str, Any] = {
            drift["LogicalResourceId"]: drift["StackResourceDriftStatus"] for drift in drifts["StackResourceDrifts"]
        }
        assert status["Model"] == "DELETED"
        assert status["Config"] == status["Endpoint"] == "IN_SYNC"
        # A destroy takes what is gone for deleted.
        app.destroy()
