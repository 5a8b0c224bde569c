"""What is measured: stacks of many endpoints, written with the library and with bare L1 resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting import (
    Alarm,
    BatchTransform,
    Container,
    ContainerImage,
    Fleet,
    ModelArtifact,
    Notifications,
    RealtimeEndpoint,
    Scaling,
    ScalingPolicy,
    SingleModel,
    TransformDestination,
    TransformFleet,
    TransformSource,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IMAGE = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/serving:1"
BUCKET = "models"
INSTANCE_TYPE = "ml.c7i.large"
COUNT = 2
MOST = 8
INVOCATIONS = 600


def app_of(folder: Path, fill: Callable[[cdk.Stack], None]) -> cdk.App:
    """An app of one stack, not synthesized yet."""
    app = cdk.App(outdir=str(folder), analytics_reporting=False)
    fill(cdk.Stack(app, "Stack"))
    return app


def endpoints(
    number: int, *, alarms: int = 0, policies: int = 1, verified: bool = False
) -> Callable[[cdk.Stack], None]:
    """Scaled endpoints with a model each, as the README's first example writes them.

    Args:
        number: How many.
        alarms: Rollback alarms of each.
        policies: Scaling policies of each.
        verified: Whether the stack's rollout check watches them.
    """

    def fill(stack: cdk.Stack) -> None:
        bucket = s3.Bucket.from_bucket_name(stack, "Bucket", BUCKET)
        for index in range(number):
            model = SingleModel(
                stack,
                f"Model{index}",
                container=Container(
                    image=ContainerImage.from_uri(IMAGE),
                    artifact=ModelArtifact.from_bucket(bucket, f"model/{index}/model.tar.gz"),
                ),
            )
            rules = [ScalingPolicy.on_invocations(per_instance_per_minute=INVOCATIONS)][:policies]
            RealtimeEndpoint(
                stack,
                f"Endpoint{index}",
                model=model,
                fleet=Fleet(instance_type=INSTANCE_TYPE, count=COUNT),
                scaling=Scaling.between(COUNT, MOST, rules),
                rollback_on=[Alarm.model_latency(percentile=90 + alarm) for alarm in range(alarms)],
                verify_rollout=verified,
            )

    return fill


def batches(number: int) -> Callable[[cdk.Stack], None]:
    """Batch transforms of models of their own, between two prefixes of one bucket that is there, telling nobody."""

    def fill(stack: cdk.Stack) -> None:
        bucket = s3.Bucket.from_bucket_name(stack, "Bucket", BUCKET)
        for index in range(number):
            model = SingleModel(stack, f"Model{index}", container=Container(image=ContainerImage.from_uri(IMAGE)))
            BatchTransform(
                stack,
                f"Batch{index}",
                model=model,
                source=TransformSource.prefix(f"in/{index}/", bucket=bucket, split="Line"),
                destination=TransformDestination(prefix=f"out/{index}/", bucket=bucket, assemble="Line"),
                fleet=TransformFleet(instance_type=INSTANCE_TYPE),
                notifications=Notifications.none(),
            )

    return fill


def bare_l1(number: int) -> Callable[[cdk.Stack], None]:
    """The same resources, written by hand: role, model, configuration, endpoint, scalable target, policy."""

    def fill(stack: cdk.Stack) -> None:
        for index in range(number):
            _bare_endpoint(stack, index, _bare_model(stack, index))

    return fill


def _bare_model(stack: cdk.Stack, index: int) -> sagemaker.CfnModel:
    artifact = f"model/{index}/model.tar.gz"
    role = iam.CfnRole(
        stack,
        f"Role{index}",
        assume_role_policy_document=_document(
            {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}}
        ),
        policies=[
            iam.CfnRole.PolicyProperty(
                policy_name="Serve",
                policy_document=_document(
                    {"Action": "s3:GetObject", "Effect": "Allow", "Resource": f"arn:aws:s3:::{BUCKET}/{artifact}"},
                    {"Action": ["ecr:GetAuthorizationToken", "ecr:BatchGetImage"], "Effect": "Allow", "Resource": "*"},
                    {"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Effect": "Allow", "Resource": "*"},
                ),
            )
        ],
    )
    return sagemaker.CfnModel(
        stack,
        f"Model{index}",
        execution_role_arn=role.attr_arn,
        primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
            image=IMAGE, model_data_url=f"s3://{BUCKET}/{artifact}"
        ),
    )


def _bare_endpoint(stack: cdk.Stack, index: int, model: sagemaker.CfnModel) -> None:
    config = sagemaker.CfnEndpointConfig(
        stack,
        f"Config{index}",
        production_variants=[
            sagemaker.CfnEndpointConfig.ProductionVariantProperty(
                variant_name="AllTraffic",
                model_name=model.attr_model_name,
                instance_type=INSTANCE_TYPE,
                initial_instance_count=COUNT,
                initial_variant_weight=1,
            )
        ],
    )
    endpoint = sagemaker.CfnEndpoint(
        stack,
        f"Endpoint{index}",
        endpoint_config_name=config.attr_endpoint_config_name,
        retain_all_variant_properties=True,
    )
    target = autoscaling.CfnScalableTarget(
        stack,
        f"Target{index}",
        min_capacity=COUNT,
        max_capacity=MOST,
        resource_id=f"endpoint/{endpoint.attr_endpoint_name}/variant/AllTraffic",
        scalable_dimension="sagemaker:variant:DesiredInstanceCount",
        service_namespace="sagemaker",
    )
    tracking = autoscaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
        target_value=INVOCATIONS,
        predefined_metric_specification=autoscaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
            predefined_metric_type="SageMakerVariantInvocationsPerInstance"
        ),
    )
    autoscaling.CfnScalingPolicy(
        stack,
        f"Policy{index}",
        policy_name="Invocations",
        policy_type="TargetTrackingScaling",
        scaling_target_id=target.ref,
        target_tracking_scaling_policy_configuration=tracking,
    )


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
