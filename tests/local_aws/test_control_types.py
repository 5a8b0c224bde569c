"""Types that ministack lacks: those played from their registry schemas, and scaling."""

import json

import aws_cdk as cdk
import pytest
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_codeartifact as codeartifact
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_ssm as ssm

from tests.local_aws.conftest import Build, Straight
from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.stacks import StackError

NOWHERE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/never-built:1"


def packages(*, description: str = "first", domain: str | None = None, key: str | None = None) -> Build:
    """Return what builds a stack of two generic types, one of which refers to the other, and one of ministack's."""

    def build(stack: cdk.Stack) -> None:
        owner = codeartifact.CfnDomain(
            stack, "Domain", domain_name=domain if domain is not None else "parts", encryption_key=key
        )
        repository = codeartifact.CfnRepository(
            stack,
            "Repository",
            domain_name=owner.attr_name,
            repository_name="wheels",
            description=description,
        )
        ssm.CfnParameter(stack, "Reference", type="String", value=repository.ref, name="/packages/reference")
        cdk.Tags.of(stack).add("team", "scoring")
        cdk.CfnOutput(stack, "RepositoryArn", value=repository.ref)

    return build


def scaled_endpoint(*, most: int, scheduled: bool, image: str = NOWHERE) -> Build:
    """Return what builds an endpoint with a scalable target, whose lower bound is a parameter, and a policy."""

    def build(stack: cdk.Stack) -> None:
        role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
        model = sagemaker.CfnModel(
            stack,
            "Model",
            execution_role_arn=role.role_arn,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(image=image),
        )
        variant = sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name="main",
            model_name=model.attr_model_name,
            initial_instance_count=2,
            initial_variant_weight=1,
            instance_type="ml.c7g.large",
        )
        config = sagemaker.CfnEndpointConfig(stack, "Config", production_variants=[variant])
        endpoint = sagemaker.CfnEndpoint(stack, "Endpoint", endpoint_config_name=config.attr_endpoint_config_name)
        least = cdk.CfnParameter(stack, "Least", type="Number", default=1)
        nightly = autoscaling.CfnScalableTarget.ScheduledActionProperty(
            scheduled_action_name="nightly",
            schedule="cron(0 22 * * ? *)",
            scalable_target_action=autoscaling.CfnScalableTarget.ScalableTargetActionProperty(min_capacity=1),
        )
        target = autoscaling.CfnScalableTarget(
            stack,
            "Target",
            service_namespace="sagemaker",
            scalable_dimension="sagemaker:variant:DesiredInstanceCount",
            resource_id=f"endpoint/{endpoint.attr_endpoint_name}/variant/main",
            min_capacity=least.value_as_number,
            max_capacity=most,
            scheduled_actions=[nightly] if scheduled else None,
        )
        metric = autoscaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
            predefined_metric_type="SageMakerVariantInvocationsPerInstance"
        )
        policy = autoscaling.CfnScalingPolicy(
            stack,
            "Policy",
            policy_name="Requests",
            policy_type="TargetTrackingScaling",
            scaling_target_id=target.ref,
            target_tracking_scaling_policy_configuration=(
                autoscaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
                    target_value=600, predefined_metric_specification=metric
                )
            ),
        )
        cdk.CfnOutput(stack, "PolicyArn", value=policy.ref)
        cdk.CfnOutput(stack, "EndpointName", value=endpoint.attr_endpoint_name)

    return build


def test_a_generic_type_lives_from_create_to_destroy(local_aws: LocalAws, straight: Straight) -> None:
    app = straight("Packages", packages())
    identifier = app.deploy()["RepositoryArn"]
    assert identifier == "arn:aws:codeartifact:us-east-1:123456789012:repository/wheels"

    control = local_aws.client("cloudcontrol")
    found = {"TypeName": "AWS::CodeArtifact::Repository", "Identifier": identifier}
    model = json.loads(control.get_resource(**found)["ResourceDescription"]["Properties"])
    assert model["DomainName"] == "parts"
    assert {"Key": "team", "Value": "scoring"} in model["Tags"]
    assert app.has_drifted() is False

    patch = [{"op": "replace", "path": "/Description", "value": "by hand"}]
    control.update_resource(**found, PatchDocument=json.dumps(patch))
    assert app.has_drifted() is True

    updated = straight("Packages", packages(description="second"))
    assert updated.deploy()["RepositoryArn"] == identifier
    model = json.loads(control.get_resource(**found)["ResourceDescription"]["Properties"])
    assert model["Description"] == "second"
    assert updated.has_drifted() is False

    with pytest.raises(StackError, match="custom-named resource requires replacing"):
        straight("Packages", packages(description="second", key="alias/other")).deploy()
    with pytest.raises(StackError, match=r"identifier 'arn:[^']*domain/parts' already exists"):
        straight("Rival", packages()).deploy()
    with pytest.raises(StackError, match="#/DomainName: 'No Capitals' does not match"):
        straight("Misnamed", packages(domain="No Capitals")).deploy()

    updated.destroy()
    assert control.list_resources(TypeName="AWS::CodeArtifact::Repository")["ResourceDescriptions"] == []


def test_scaling_is_registered_changed_and_taken_away(local_aws: LocalAws, straight: Straight) -> None:
    outputs = straight("Scaled", scaled_endpoint(most=4, scheduled=True)).deploy()
    client = local_aws.client("application-autoscaling")
    resource = f"endpoint/{outputs['EndpointName']}/variant/main"
    of_target = {"ServiceNamespace": "sagemaker", "ResourceId": resource}

    target = client.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=[resource])["ScalableTargets"][
        0
    ]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 4)
    policies = client.describe_scaling_policies(**of_target)["ScalingPolicies"]
    assert [policy["PolicyARN"] for policy in policies] == [outputs["PolicyArn"]]
    actions = client.describe_scheduled_actions(**of_target)["ScheduledActions"]
    assert [action["ScheduledActionName"] for action in actions] == ["nightly"]

    app = straight("Scaled", scaled_endpoint(most=6, scheduled=False))
    app.deploy()
    target = client.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=[resource])["ScalableTargets"][
        0
    ]
    assert target["MaxCapacity"] == 6
    assert client.describe_scheduled_actions(**of_target)["ScheduledActions"] == []
    assert app.has_drifted() is False

    client.register_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId=resource,
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
        MaxCapacity=9,
    )
    assert app.has_drifted() is True

    app.destroy()
    left = client.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=[resource])["ScalableTargets"]
    assert left == []
