"""Buckets, keys and topics of another region than the stack's."""

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from cdk_model_hosting import (
    AdapterComponent,
    AsyncStorage,
    BatchTransformMap,
    ComponentEndpoint,
    DataCapture,
    ModelArtifact,
    ModelStore,
    Notifications,
    RealtimeEndpoint,
    Shards,
    TransformCapture,
    TransformDestination,
    TransformFleet,
    TransformSource,
)
from cdk_model_hosting.same_region import check_arn, check_bucket
from tests.unit.batch.batched import batch_in
from tests.unit.builders import FLEET, container, new_stack, refused, single, stack_in, text_token
from tests.unit.endpoints.queues import endpoint_in
from tests.unit.endpoints.shared import component_on
from tests.unit.endpoints.shared import endpoint_in as shared_in

HERE, ELSEWHERE = "eu-west-1", "us-east-1"
VOLUMES = "volumes are encrypted with keys of their own region only"
OBJECTS = "S3 encrypts with keys of the bucket's own region only"
JOBS = "SageMaker writes what a job makes to buckets of the job's own region only"
FINDS = "a transform job finds no objects of another region"
TOPICS = "SNS takes messages in the topic's own region only"


class Things:
    """What one stack uses, all of one region."""

    def __init__(self, stack: cdk.Stack, region: str) -> None:
        self.stack = stack
        self.bucket = s3.Bucket.from_bucket_attributes(stack, "There", bucket_name="there", region=region)
        self.key: kms.IKey = kms.Key.from_key_arn(stack, "Key", f"arn:aws:kms:{region}:111122223333:key/k")
        self.topic: sns.ITopic = sns.Topic.from_topic_arn(stack, "Topic", f"arn:aws:sns:{region}:111122223333:told")

    def batch(self, **options: Any) -> None:
        batch_in(self.stack, **options)

    def allowing(self, side: str) -> None:
        batch = batch_in(self.stack)
        getattr(batch, f"allow_{side}")(self.bucket, "more/")

    def shards(self) -> None:
        batch = batch_in(self.stack)
        BatchTransformMap(self.stack, "Map", batch=batch, shards=Shards.manifest("a.json", bucket=self.bucket))

    def artifact(self, made: ModelArtifact) -> None:
        container(made).bind(self.stack, self.stack)

    def adapter(self) -> None:
        base = component_on(shared_in(self.stack))
        artifact = ModelArtifact.from_bucket(self.bucket, "lora.tar.gz")
        AdapterComponent(self.stack, "Adapter", base=base, artifact=artifact)

    def realtime(self, **options: Any) -> None:
        RealtimeEndpoint(self.stack, "Endpoint", model=single(self.stack), fleet=FLEET, **options)


USES: dict[str, tuple[str, Callable[[Things], object]]] = {
    "ModelArtifact bucket": (
        "SageMaker reads artifacts of the model's own region only",
        lambda things: things.artifact(ModelArtifact.from_bucket(things.bucket, "a.tar.gz")),
    ),
    "ModelArtifact bucket of files": (
        "SageMaker reads artifacts of the model's own region only",
        lambda things: things.artifact(ModelArtifact.uncompressed(things.bucket, "a/")),
    ),
    "ModelArtifact bucket of an adapter": ("SageMaker reads artifacts of the model's own region only", Things.adapter),
    "ModelStore bucket": (
        "SageMaker loads models of the endpoint's own region only",
        lambda things: ModelStore(things.stack, "Store", bucket=things.bucket),
    ),
    "AsyncStorage bucket": (
        "SageMaker writes answers to buckets of the endpoint's own region only",
        lambda things: endpoint_in(things.stack, storage=AsyncStorage(bucket=things.bucket)),
    ),
    "AsyncStorage encryption_key": (
        OBJECTS,
        lambda things: endpoint_in(things.stack, storage=AsyncStorage(encryption_key=things.key)),
    ),
    "Notifications.to success": (
        TOPICS,
        lambda things: endpoint_in(things.stack, notifications=Notifications.to(success=things.topic)),
    ),
    "Notifications.to error": (
        TOPICS,
        lambda things: things.batch(notifications=Notifications.to(error=things.topic)),
    ),
    "Notifications.create encryption_key": (
        "SNS encrypts with keys of the topic's own region only",
        lambda things: endpoint_in(things.stack, notifications=Notifications.create(encryption_key=things.key)),
    ),
    "DataCapture bucket": (
        "SageMaker writes captures to buckets of the endpoint's own region only",
        lambda things: things.realtime(capture=DataCapture(bucket=things.bucket)),
    ),
    "DataCapture encryption_key": (
        OBJECTS,
        lambda things: things.realtime(capture=DataCapture(encryption_key=things.key)),
    ),
    "RealtimeEndpoint encryption_key": (VOLUMES, lambda things: things.realtime(encryption_key=things.key)),
    "ComponentEndpoint encryption_key": (
        VOLUMES,
        lambda things: ComponentEndpoint(things.stack, "Endpoint", fleet=FLEET, encryption_key=things.key),
    ),
    "TransformFleet encryption_key": (
        VOLUMES,
        lambda things: things.batch(fleet=TransformFleet(instance_type="ml.m5.large", encryption_key=things.key)),
    ),
    "TransformSource.prefix bucket": (
        FINDS,
        lambda things: things.batch(source=TransformSource.prefix(bucket=things.bucket)),
    ),
    "TransformSource.manifest data_bucket": (
        FINDS,
        lambda things: things.batch(
            source=TransformSource.manifest("lists/a.json", data_prefix="in/", data_bucket=things.bucket)
        ),
    ),
    "TransformDestination bucket": (
        JOBS,
        lambda things: things.batch(destination=TransformDestination(bucket=things.bucket)),
    ),
    "TransformDestination encryption_key": (
        OBJECTS,
        lambda things: things.batch(destination=TransformDestination(encryption_key=things.key)),
    ),
    "TransformCapture bucket": (JOBS, lambda things: things.batch(capture=TransformCapture(bucket=things.bucket))),
    "TransformCapture encryption_key": (
        OBJECTS,
        lambda things: things.batch(capture=TransformCapture(encryption_key=things.key)),
    ),
    "BatchTransform.allow_input bucket": (FINDS, lambda things: things.allowing("input")),
    "BatchTransform.allow_output bucket": (JOBS, lambda things: things.allowing("output")),
    "Shards.manifest bucket": (
        "Step Functions reads lists of shards from buckets of its own region only",
        Things.shards,
    ),
}


@pytest.mark.parametrize("use", USES)
def test_fails_when_it_is_elsewhere(use: str) -> None:
    why, made = USES[use]
    what = " ".join(use.split()[:2])
    with refused(f"{what} must be in the stack's region {HERE}, got one in {ELSEWHERE}: {why}"):
        made(Things(stack_in(HERE), ELSEWHERE))


@pytest.mark.parametrize("use", USES)
def test_it_passes_in_the_same_region(use: str) -> None:
    things = Things(stack_in(HERE), HERE)
    USES[use][1](things)
    assert Template.from_stack(things.stack).to_json()


@pytest.mark.parametrize("use", USES)
def test_it_passes_where_the_stacks_region_is_open(use: str) -> None:
    things = Things(new_stack(), ELSEWHERE)
    USES[use][1](things)
    assert Template.from_stack(things.stack).to_json()


def test_a_region_that_is_a_token_passes() -> None:
    stack = stack_in(HERE)
    region = text_token(stack)
    check_bucket("Thing bucket", Things(stack, region).bucket, stack, why="so it is")
    check_arn("Thing key", f"arn:aws:kms:{region}:111122223333:key/k", stack, why="so it is")
    check_arn("Thing key", text_token(stack, "Arn"), stack, why="so it is")


@pytest.mark.parametrize(
    "arn",
    ["arn:aws:kms", "alias/mine", f"arn:{cdk.Aws.PARTITION}:kms:{ELSEWHERE}:1:key/k"],
    ids=["short", "alias", "partition"],
)
def test_what_names_no_literal_region_passes(arn: str) -> None:
    check_arn("Thing key", arn, stack_in(HERE), why="so it is")


def test_a_bucket_of_a_stack_elsewhere_is_elsewhere() -> None:
    app = cdk.App()
    stacks = [
        cdk.Stack(app, region, env=cdk.Environment(region=region, account="111122223333"))
        for region in (HERE, ELSEWHERE)
    ]
    with refused(f"Thing bucket must be in the stack's region {HERE}, got one in {ELSEWHERE}: so it is"):
        check_bucket("Thing bucket", s3.Bucket(stacks[1], "Bucket"), stacks[0], why="so it is")
    check_bucket("Thing bucket", s3.Bucket(stacks[0], "Bucket"), stacks[0], why="so it is")
