"""An app that uses the library: a shop whose checkout asks a model before it takes an order.

It stands for an app of your own. Everything it needs is in two files, this one and cdk.json beside it, and in two
packages: `pip install cdk-model-hosting`, and the `cdk` command. Copy the folder and run `cdk synth`; `cdk deploy`
expects the trained model in the bucket that the context `model_bucket` names, below the key that stands here.
"""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from cdk_model_hosting import (
    Alarm,
    Container,
    ContainerImage,
    Fleet,
    ModelArtifact,
    RealtimeEndpoint,
    Rollout,
    Scaling,
    SingleModel,
)

ASK_THE_MODEL = """
import os

import boto3

runtime = boto3.client("sagemaker-runtime")


def handler(event, context):
    answer = runtime.invoke_endpoint(
        EndpointName=os.environ["ENDPOINT_NAME"], ContentType="text/csv", Body=event["order"]
    )
    return {"risk": float(answer["Body"].read())}
"""


class Checkout(Construct):
    """The shop's own construct. It takes any endpoint that the CDK knows, and no class of the library.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        endpoint: What judges an order.
    """

    def __init__(self, scope: Construct, construct_id: str, *, endpoint: sagemaker.IEndpoint) -> None:
        super().__init__(scope, construct_id)
        self.function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=lambda_.Code.from_inline(ASK_THE_MODEL),
            environment={"ENDPOINT_NAME": endpoint.endpoint_name},
        )
        endpoint.grant_invoke(self.function)


class Shop(cdk.Stack):
    """The shop: an endpoint, what asks it, and an alarm for the people who run it."""

    def __init__(self, scope: Construct, construct_id: str, *, model_bucket: str) -> None:
        super().__init__(scope, construct_id, description=__doc__)
        bucket = s3.Bucket.from_bucket_name(self, "Models", model_bucket)
        risk = SingleModel(
            self,
            "Risk",
            container=Container(
                image=ContainerImage.xgboost("1.7-1"),
                artifact=ModelArtifact.from_bucket(bucket, "risk/2026-11-02/model.tar.gz"),
            ),
        )
        endpoint = RealtimeEndpoint(
            self,
            "Endpoint",
            model=risk,
            fleet=Fleet(instance_type="ml.m6i.large", count=2),
            scaling=Scaling.on_invocations(per_instance_per_minute=3000, between=(2, 6)),
            rollout=Rollout.canary(percent=20, bake=cdk.Duration.minutes(5)),
            rollback_on=[Alarm.server_errors(above=1)],
        )
        Checkout(self, "Checkout", endpoint=endpoint)
        cloudwatch.Alarm(
            self,
            "SlowAnswers",
            metric=endpoint.metric_model_latency(statistic="p99"),
            threshold=200_000,
            evaluation_periods=5,
        )


app = cdk.App()
Shop(app, "Shop", model_bucket=app.node.try_get_context("model_bucket") or "models-of-the-shop")
app.synth()
