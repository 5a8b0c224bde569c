import dataclasses

import aws_cdk as cdk
import pytest

from cdk_model_hosting import ConfigurationError, Fleet, RealtimeEndpoint, Routing
from tests.unit.builders import new_stack, number_token, only, refused, single, text_token

GPU_IMAGE, NEURON_IMAGE = "al2-ami-sagemaker-inference-gpu-2", "al2-ami-sagemaker-inference-neuron-2"


def rendered(stack: cdk.Stack, fleet: Fleet) -> dict[str, object]:
    RealtimeEndpoint(stack, "Endpoint", model=single(stack), fleet=fleet, rollback_on=[])
    (variant,) = only(stack, "AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    return {key: value for key, value in variant.items() if key not in {"ModelName", "VariantName"}}


def test_a_plain_fleet_leaves_everything_to_the_service() -> None:
    assert rendered(new_stack(), Fleet(instance_type="ml.c7g.large")) == {
        "InstanceType": "ml.c7g.large",
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 1,
    }


def test_everything_that_a_fleet_can_say() -> None:
    fleet = Fleet(
        instance_type="ml.p3.2xlarge",
        count=3,
        volume_gb=512,
        startup_timeout=cdk.Duration.minutes(60),
        download_timeout=cdk.Duration.minutes(1),
        ami_version=GPU_IMAGE,
        routing=Routing.least_outstanding_requests(),
    )
    assert rendered(new_stack(), fleet) == {
        "InstanceType": "ml.p3.2xlarge",
        "InitialInstanceCount": 3,
        "InitialVariantWeight": 1,
        "VolumeSizeInGB": 512,
        "ContainerStartupHealthCheckTimeoutInSeconds": 3600,
        "ModelDataDownloadTimeoutInSeconds": 60,
        "InferenceAmiVersion": GPU_IMAGE,
        "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
    }


@pytest.mark.parametrize("count", [0, -1])
def test_fails_when_it_starts_without_instances(count: int) -> None:
    with refused(
        f"Fleet count must be at least 1 instance, got {count}: a variant starts with one instance at least, even where "
        "it later scales to zero"
    ):
        Fleet(instance_type="ml.c6i.large", count=count)


def test_fails_when_the_count_is_no_whole_number() -> None:
    with refused("Fleet count must be at least 1 instance, got 1.5: it must be a whole number"):
        Fleet(instance_type="ml.c6i.large", count=1.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("volume", [0, 513])
def test_fails_when_the_volume_is_too_small_or_too_large(volume: int) -> None:
    with refused(
        f"Fleet volume_gb must be 1-512 GB, got {volume}: SageMaker attaches one EBS volume of at most that size"
    ):
        Fleet(instance_type="ml.c6i.large", volume_gb=volume)


@pytest.mark.parametrize(
    ("instance_type", "family"),
    [("ml.g5.xlarge", "g5"), ("ml.c6gd.large", "c6gd"), ("ml.g4dn.xlarge", "g4dn"), ("ml.p5.48xlarge", "p5"),
     ("ml.trn1.2xlarge", "trn1"), ("ml.p6-b200.48xlarge", "p6-b200")],
)  # fmt: skip
def test_fails_when_a_volume_is_asked_for_beside_nvme_disks(instance_type: str, family: str) -> None:
    with refused(
        f"Fleet volume_gb must be omitted for {instance_type}, got 100: {family} instances bring local NVMe disks and "
        "take no EBS volume"
    ):
        Fleet(instance_type=instance_type, volume_gb=100)


@pytest.mark.parametrize("instance_type", ["ml.g7.2xlarge", "ml.p6-b300.48xlarge", "ml.inf2.xlarge", "ml.c6i.large"])
def test_a_volume_passes_where_it_is_taken_or_aws_does_not_say(instance_type: str) -> None:
    assert Fleet(instance_type=instance_type, volume_gb=100).volume_gb == 100


@pytest.mark.parametrize("argument", ["startup_timeout", "download_timeout"])
@pytest.mark.parametrize("seconds", [59, 3601])
def test_fails_when_a_timeout_is_too_short_or_too_long(argument: str, seconds: int) -> None:
    why = {
        "startup_timeout": "SageMaker gives a container at least a minute and at most an hour to start",
        "download_timeout": "SageMaker gives a download at least a minute and at most an hour",
    }
    with refused(f"Fleet {argument} must be 60-3600 seconds, got {seconds}: {why[argument]}"):
        Fleet(instance_type="ml.c6i.large", **{argument: cdk.Duration.seconds(seconds)})  # type: ignore[arg-type]


@pytest.mark.parametrize("argument", ["startup_timeout", "download_timeout"])
def test_fails_when_a_timeout_is_no_whole_number_of_seconds(argument: str) -> None:
    with refused(
        f"Fleet {argument} must be a whole number of seconds, got 90500 milliseconds: the service counts in seconds"
    ):
        Fleet(instance_type="ml.c6i.large", **{argument: cdk.Duration.millis(90_500)})  # type: ignore[arg-type]


def test_fails_when_the_machine_image_is_unknown() -> None:
    with refused(
        "Fleet ami_version must be one of al2-ami-sagemaker-inference-gpu-2, al2-ami-sagemaker-inference-gpu-2-1, "
        "al2-ami-sagemaker-inference-gpu-3-1, al2-ami-sagemaker-inference-neuron-2, "
        "al2023-ami-sagemaker-inference-gpu-4-1, got 'al2': SageMaker publishes no other machine image"
    ):
        Fleet(instance_type="ml.g5.xlarge", ami_version="al2")


def test_fails_when_a_machine_image_is_asked_for_without_accelerators() -> None:
    with refused(
        f"Fleet ami_version must be omitted for ml.c6i.large, got {GPU_IMAGE}: it chooses the driver of GPU and Neuron "
        "instances"
    ):
        Fleet(instance_type="ml.c6i.large", ami_version=GPU_IMAGE)


@pytest.mark.parametrize(
    ("instance_type", "image", "kind"),
    [("ml.inf2.xlarge", GPU_IMAGE, "a Neuron"), ("ml.g5.xlarge", NEURON_IMAGE, "a GPU")],
)
def test_fails_when_the_machine_image_is_for_other_accelerators(instance_type: str, image: str, kind: str) -> None:
    with refused(
        f"Fleet ami_version must be of {kind} image for {instance_type}, got {image}: it brings the accelerator's driver"
    ):
        Fleet(instance_type=instance_type, ami_version=image)


@pytest.mark.parametrize(
    ("instance_type", "image"),
    [("ml.inf2.xlarge", NEURON_IMAGE), ("ml.g5.xlarge", GPU_IMAGE), ("ml.g99.xlarge", NEURON_IMAGE)],
)
def test_a_machine_image_passes_where_it_fits_or_the_type_is_new(instance_type: str, image: str) -> None:
    assert Fleet(instance_type=instance_type, ami_version=image).ami_version == image


@pytest.mark.parametrize("instance_type", ["c6i.large", "ml.c6i", "ml.c6i.huge", "", "ML.C6I.LARGE"])
def test_fails_when_the_type_has_another_form(instance_type: str) -> None:
    with refused(
        f"Fleet instance_type must be ml.<family>.<size> such as ml.c7g.large, got {instance_type!r}: SageMaker hosts on "
        "types of that form only"
    ):
        Fleet(instance_type=instance_type)


def test_everything_may_be_a_token() -> None:
    stack = new_stack()
    fleet = Fleet(
        instance_type=text_token(stack, "Type"),
        count=number_token(stack, "Count"),  # type: ignore[arg-type]
        volume_gb=number_token(stack, "Volume"),  # type: ignore[arg-type]
        startup_timeout=cdk.Duration.seconds(number_token(stack, "Startup")),
        download_timeout=cdk.Duration.seconds(number_token(stack, "Download")),
        ami_version=text_token(stack, "Image"),
        routing=Routing.prefix_aware(
            prefix_length=number_token(stack, "Prefix"),  # type: ignore[arg-type]
            concurrency_threshold=number_token(stack, "Threshold"),  # type: ignore[arg-type]
        ),
    )
    assert rendered(stack, fleet) == {
        "InstanceType": {"Ref": "Type"},
        "InitialInstanceCount": {"Ref": "Count"},
        "InitialVariantWeight": 1,
        "VolumeSizeInGB": {"Ref": "Volume"},
        "ContainerStartupHealthCheckTimeoutInSeconds": {"Ref": "Startup"},
        "ModelDataDownloadTimeoutInSeconds": {"Ref": "Download"},
        "InferenceAmiVersion": {"Ref": "Image"},
        "RoutingConfig": {
            "RoutingStrategy": "PREFIX_AWARE",
            "PrefixAwareRoutingConfig": {
                "PrefixLength": {"Ref": "Prefix"},
                "ConcurrencyThreshold": {"Ref": "Threshold"},
            },
        },
    }


@pytest.mark.parametrize("instance_type", ["ml.c6i.large", "ml.g5.xlarge"])
def test_a_token_for_the_image_passes_on_every_type(instance_type: str) -> None:
    token = text_token(new_stack())
    if instance_type == "ml.g5.xlarge":
        assert Fleet(instance_type=instance_type, ami_version=token).ami_version == token
    assert Fleet(instance_type=instance_type, count=number_token(new_stack())).count  # type: ignore[arg-type]


# Value


def test_two_equal_durations_make_equal_fleets() -> None:
    one = Fleet(instance_type="ml.c6i.large", startup_timeout=cdk.Duration.minutes(5))
    two = Fleet(instance_type="ml.c6i.large", startup_timeout=cdk.Duration.seconds(300))
    assert one == two
    assert hash(one) == hash(two)
    assert one != Fleet(instance_type="ml.c6i.large", startup_timeout=cdk.Duration.minutes(6))


def test_its_representation_reads_as_what_it_says() -> None:
    shown = repr(Fleet(instance_type="ml.c6i.large", startup_timeout=cdk.Duration.minutes(5)))
    assert "0x" not in shown
    assert "startup_seconds=300" in shown


def test_cannot_be_changed() -> None:
    fleet = Fleet(instance_type="ml.c6i.large")
    with pytest.raises(dataclasses.FrozenInstanceError):
        fleet.count = 2  # type: ignore[misc]


# Routing


@pytest.mark.parametrize(
    ("routing", "strategy"),
    [(Routing.random(), "RANDOM"), (Routing.least_outstanding_requests(), "LEAST_OUTSTANDING_REQUESTS")],
)
def test_a_routing_by_its_name(routing: Routing, strategy: str) -> None:
    assert rendered(new_stack(), Fleet(instance_type="ml.c6i.large", routing=routing))["RoutingConfig"] == {
        "RoutingStrategy": strategy
    }


def test_a_routing_by_prefix() -> None:
    routing = Routing.prefix_aware(prefix_length=1024, concurrency_threshold=1)
    assert rendered(new_stack(), Fleet(instance_type="ml.c6i.large", routing=routing))["RoutingConfig"] == {
        "RoutingStrategy": "PREFIX_AWARE",
        "PrefixAwareRoutingConfig": {"PrefixLength": 1024, "ConcurrencyThreshold": 1},
    }


@pytest.mark.parametrize("length", [1023, 65537])
def test_fails_when_the_prefix_is_too_short_or_too_long(length: int) -> None:
    with refused(
        f"Routing.prefix_aware prefix_length must be 1024-65536, got {length}: SageMaker compares no shorter and no "
        "longer beginning of a request"
    ):
        Routing.prefix_aware(prefix_length=length, concurrency_threshold=1)


@pytest.mark.parametrize("threshold", [0, 1025])
def test_fails_when_the_threshold_is_too_low_or_too_high(threshold: int) -> None:
    with refused(
        f"Routing.prefix_aware concurrency_threshold must be 1-1024 requests, got {threshold}: SageMaker spreads the "
        "requests of one prefix beyond that many"
    ):
        Routing.prefix_aware(prefix_length=1024, concurrency_threshold=threshold)


def test_fails_when_cloudformation_knows_no_such_strategy() -> None:
    with refused(
        "Routing strategy must be one of LEAST_OUTSTANDING_REQUESTS, RANDOM, PREFIX_AWARE, got 'KV_AWARE': "
        "CloudFormation knows no other routing strategy"
    ):
        Routing(strategy="KV_AWARE")


@pytest.mark.parametrize(
    "wrong",
    [{"strategy": "PREFIX_AWARE"}, {"strategy": "PREFIX_AWARE", "prefix_length": 2048},
     {"strategy": "RANDOM", "prefix_length": 2048, "concurrency_threshold": 4}],
)  # fmt: skip
def test_fails_when_strategy_and_numbers_do_not_belong_together(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Routing(**wrong)  # type: ignore[arg-type]
    assert str(caught.value) == (
        "Routing prefix_length and concurrency_threshold must be given with PREFIX_AWARE and no other strategy, got "
        f"{wrong.get('prefix_length')} and {wrong.get('concurrency_threshold')} with {wrong['strategy']}: they say how "
        "prefixes are compared"
    )
