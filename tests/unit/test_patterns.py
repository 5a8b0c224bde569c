"""Every cell of the matrix, tried: what it allows is made, what it excludes is refused, what it doubts is said."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match, Template

from cdk_model_hosting import (
    AsyncEndpoint,
    Baseline,
    BatchTransform,
    ComponentEndpoint,
    ComponentResources,
    ConfigurationError,
    Container,
    ContainerImage,
    DataCapture,
    Explainer,
    Fleet,
    InferenceComponent,
    ManagedInstances,
    Model,
    ModelArtifact,
    ModelStore,
    MultiContainerModel,
    MultiModel,
    Network,
    Pattern,
    PipelineModel,
    RealtimeEndpoint,
    Rollout,
    Scaling,
    ServerlessEndpoint,
    Shadow,
    SingleModel,
    TransformCapture,
    TransformFleet,
    TransformSource,
    Variant,
)
from cdk_model_hosting.patterns import MATRIX, Feature, Support, Used, advice, check, supports
from tests.unit.builders import IMAGE, new_stack, refused

if TYPE_CHECKING:
    from collections.abc import Callable

AT_ONCE = (Pattern.REALTIME, Pattern.MULTI_MODEL, Pattern.PIPELINE, Pattern.MULTI_CONTAINER)
CELLS = [(pattern, feature) for feature in Feature for pattern in Pattern]
OWN_IMAGE = ContainerImage.from_uri(IMAGE)
CPU = "ml.c6i.large"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/k"
KINDS = {
    Feature.MULTI_MODEL: Pattern.MULTI_MODEL,
    Feature.PIPELINE: Pattern.PIPELINE,
    Feature.MULTI_CONTAINER: Pattern.MULTI_CONTAINER,
}


def vpc(stack: cdk.Stack) -> ec2.Vpc:
    return ec2.Vpc(stack, "Vpc", nat_gateways=0)


def bucket(stack: cdk.Stack) -> s3.IBucket:
    return s3.Bucket.from_bucket_name(stack, "Bucket", "models")


def model_of(pattern: Pattern, stack: cdk.Stack, image: ContainerImage, **options: Any) -> Model:
    """A model of a kind, with a container or several."""
    artifact = options.pop("artifact", None)
    if pattern is Pattern.MULTI_MODEL:
        container = Container(image=image, models=ModelStore(stack, "Store"))
        model = MultiModel(stack, "Model", container=container, **options)
        if artifact is not None:
            model.add_model("files", artifact)
        return model
    if pattern is Pattern.PIPELINE:
        both = [Container(image=image, artifact=artifact), Container(image=image)]
        return PipelineModel(stack, "Model", containers=both, **options)
    if pattern is Pattern.MULTI_CONTAINER:
        models = options.pop("models", None)
        both = [
            Container(image=image, artifact=artifact, hostname="a"),
            Container(image=image, models=models, hostname="b"),
        ]
        return MultiContainerModel(stack, "Model", containers=both, **options)
    return SingleModel(stack, "Model", container=Container(image=image, artifact=artifact), **options)


def asked_models(feature: Feature, stack: cdk.Stack) -> dict[str, Any]:
    """What a feature of the model is asked for by."""
    match feature:
        case Feature.VPC:
            return {"network": Network(vpc=vpc(stack))}
        case Feature.NETWORK_ISOLATION:
            return {"network_isolation": True}
        case Feature.PRIVATE_REGISTRY:
            image = ContainerImage.from_private_registry("registry.example.com/serve:1")
            return {"image": image, "network": Network(vpc=vpc(stack))}
        case Feature.UNCOMPRESSED:
            return {"artifact": ModelArtifact.uncompressed(bucket(stack), "models/1/")}
        case _:
            return {}


def asked_endpoints(feature: Feature, stack: cdk.Stack, pattern: Pattern) -> dict[str, Any]:
    """What a feature of the endpoint is asked for by."""
    making: dict[Feature, Callable[[], dict[str, Any]]] = {
        Feature.AUTOSCALING: lambda: {"scaling": scaling_of(pattern, 1)},
        Feature.SCALE_TO_ZERO: lambda: {"scaling": scaling_of(pattern, 0)},
        Feature.BLUE_GREEN: lambda: {"rollout": Rollout.canary(percent=10, bake=cdk.Duration.minutes(5))},
        Feature.ROLLING: lambda: {"rollout": Rollout.rolling(percent=50, bake=cdk.Duration.minutes(5))},
        Feature.VOLUME_KEY: lambda: {"encryption_key": kms.Key.from_key_arn(stack, "Key", KEY)},
        Feature.DATA_CAPTURE: lambda: {"capture": DataCapture(bucket=bucket(stack))},
        Feature.EXPLAINER: lambda: {"explainer": Explainer.shap(baseline=Baseline.inline("1,2,3"))},
        Feature.SHADOW: lambda: {"shadow": shadow_of(stack)},
    }
    return making[feature]() if feature in making else {}


def scaling_of(pattern: Pattern, least: int) -> Scaling:
    if pattern is Pattern.ASYNCHRONOUS:
        return Scaling.on_backlog(between=(least, 4))
    if pattern is Pattern.SERVERLESS:
        return Scaling.on_provisioned_use(percent=50, between=(least, 4))
    return Scaling.on_invocations(per_instance_per_minute=60, between=(least, 4))


def shadow_of(stack: cdk.Stack) -> Shadow:
    model = SingleModel(stack, "ShadowModel", container=Container(image=OWN_IMAGE))
    return Shadow(model=model, fleet=Fleet(instance_type=CPU), percent=10)


def machine_for(feature: Feature) -> str:
    return {Feature.GPU: "ml.g5.xlarge", Feature.INFERENTIA1: "ml.inf1.xlarge"}.get(feature, CPU)


def of_instances(pattern: Pattern, feature: Feature, stack: cdk.Stack) -> None:
    """An endpoint on instances that asks for a feature."""
    options = asked_models(feature, stack)
    image = options.pop("image", OWN_IMAGE)
    kind = pattern if pattern in AT_ONCE else KINDS.get(feature, Pattern.REALTIME)
    if pattern is Pattern.MULTI_CONTAINER and feature is Feature.MULTI_MODEL:
        options["models"] = ModelStore(stack, "Loaded")
    model = model_of(kind, stack, image, **options)
    fleet = Fleet(instance_type=machine_for(feature), count=None if feature is Feature.SCALE_TO_ZERO else 2)
    asked = asked_endpoints(feature, stack, pattern)
    if pattern is Pattern.ASYNCHRONOUS:
        AsyncEndpoint(stack, "Endpoint", model=model, fleet=fleet, **asked)
    elif feature is Feature.SEVERAL_VARIANTS:
        variants = [Variant(model=model, fleet=fleet, name=name) for name in ("a", "b")]
        RealtimeEndpoint(stack, "Endpoint", variants=variants)
    else:
        RealtimeEndpoint(stack, "Endpoint", model=model, fleet=fleet, **asked)


def of_serverless(feature: Feature, stack: cdk.Stack) -> None:
    options = asked_models(feature, stack)
    image = options.pop("image", OWN_IMAGE)
    model = model_of(KINDS.get(feature, Pattern.REALTIME), stack, image, **options)
    ServerlessEndpoint(stack, "Endpoint", model=model, **asked_endpoints(feature, stack, Pattern.SERVERLESS))


def of_components(feature: Feature, stack: cdk.Stack) -> None:
    options = asked_models(feature, stack)
    image, artifact = options.pop("image", OWN_IMAGE), options.pop("artifact", None)
    if feature is Feature.VOLUME_KEY:
        options |= asked_endpoints(feature, stack, Pattern.COMPONENTS)
    scaling = None
    if feature in {Feature.AUTOSCALING, Feature.SCALE_TO_ZERO}:
        least = 0 if feature is Feature.SCALE_TO_ZERO else 1
        scaling = Scaling.on_concurrency_per_copy(per_copy=2, between=(least, 4))
    instances = ManagedInstances(minimum=0, maximum=2)
    fleet = Fleet(instance_type=machine_for(feature))
    endpoint = ComponentEndpoint(stack, "Endpoint", fleet=fleet, instances=instances, **options)
    models = ModelStore(stack, "Store", bucket=bucket(stack)) if feature is Feature.MULTI_MODEL else None
    InferenceComponent(
        stack,
        "Component",
        endpoint=endpoint,
        container=Container(image=image, artifact=artifact, models=models),
        resources=ComponentResources(memory_mb=1024),
        scaling=scaling,
    )


def of_batch(feature: Feature, stack: cdk.Stack) -> None:
    options = asked_models(feature, stack)
    image = options.pop("image", OWN_IMAGE)
    key = kms.Key.from_key_arn(stack, "Key", KEY) if feature is Feature.VOLUME_KEY else None
    BatchTransform(
        stack,
        "Batch",
        model=model_of(KINDS.get(feature, Pattern.REALTIME), stack, image, **options),
        source=TransformSource.prefix(),
        fleet=TransformFleet(instance_type=machine_for(feature), encryption_key=key),
        capture=TransformCapture() if feature is Feature.DATA_CAPTURE else None,
    )


NO_ARGUMENT: dict[Feature, str] = {
    Feature.BLUE_GREEN: "rollout",
    Feature.ROLLING: "rollout",
    Feature.SEVERAL_VARIANTS: "variants",
    Feature.SHADOW: "shadow",
    Feature.DATA_CAPTURE: "capture",
    Feature.EXPLAINER: "explainer",
    Feature.GPU: "fleet",
    Feature.INFERENTIA1: "fleet",
    Feature.PIPELINE: "model",
    Feature.MULTI_CONTAINER: "model",
}
"""What a feature is asked for by. Where an endpoint takes no such argument, it cannot be asked for."""

CLASSES = {
    **dict.fromkeys(AT_ONCE, RealtimeEndpoint),
    Pattern.ASYNCHRONOUS: AsyncEndpoint,
    Pattern.SERVERLESS: ServerlessEndpoint,
    Pattern.COMPONENTS: ComponentEndpoint,
    Pattern.BATCH: BatchTransform,
}


def cannot_be_asked(pattern: Pattern, feature: Feature) -> bool:
    argument = NO_ARGUMENT.get(feature)
    return argument is not None and argument not in inspect.signature(CLASSES[pattern]).parameters


def make(pattern: Pattern, feature: Feature, stack: cdk.Stack) -> None:
    if pattern is Pattern.SERVERLESS:
        of_serverless(feature, stack)
    elif pattern is Pattern.COMPONENTS:
        of_components(feature, stack)
    elif pattern is Pattern.BATCH:
        of_batch(feature, stack)
    else:
        of_instances(pattern, feature, stack)


@pytest.mark.parametrize(("pattern", "feature"), CELLS, ids=lambda each: each.name)
def test_every_cell_is_what_the_constructs_do(pattern: Pattern, feature: Feature) -> None:
    cell = MATRIX[feature][pattern]
    stack = new_stack()
    match cell.support:
        case Support.NO if cannot_be_asked(pattern, feature):
            pass
        case Support.NO:
            with pytest.raises(ConfigurationError):
                make(pattern, feature, stack)
        case Support.YES:
            make(pattern, feature, stack)
            Template.from_stack(stack)
        case Support.DISPUTED:
            make(pattern, feature, stack)
            found = Annotations.from_stack(stack).find_warning(
                "*", Match.string_like_regexp(f"{feature.value} may be refused")
            )
            assert len(found) == 1
        case Support.NOTHING:
            assert cell.why


@pytest.mark.parametrize("feature", Feature, ids=lambda each: each.name)
def test_every_row_has_every_pattern_and_every_exclusion_a_reason(feature: Feature) -> None:
    assert set(MATRIX[feature]) == set(Pattern)
    for cell in MATRIX[feature].values():
        assert (cell.support is Support.YES) == (not cell.why)


def test_a_refusal_names_the_rule() -> None:
    used = Used(Feature.SHADOW, "RealtimeEndpoint shadow")
    with refused(
        "RealtimeEndpoint shadow must be omitted for a multi-model endpoint, got one: SageMaker shadows single-model "
        "real-time endpoints only"
    ):
        check(Pattern.MULTI_MODEL, used)
    check(Pattern.REALTIME, used)


def test_nouns_have_their_articles() -> None:
    assert [each.noun for each in Pattern] == [
        "a single-model real-time endpoint",
        "a multi-model endpoint",
        "a serial pipeline endpoint",
        "a multi-container endpoint",
        "an asynchronous endpoint",
        "a serverless endpoint",
        "an inference component endpoint",
        "a batch transform job",
    ]


def test_what_sources_dispute_is_supported_with_advice() -> None:
    assert supports(Pattern.PIPELINE, Feature.DATA_CAPTURE)
    assert not supports(Pattern.ASYNCHRONOUS, Feature.DATA_CAPTURE)
    assert [each.id for each in advice(Pattern.PIPELINE, Feature.DATA_CAPTURE)] == ["disputedDataCapture"]
    assert advice(Pattern.REALTIME, Feature.DATA_CAPTURE) == []
