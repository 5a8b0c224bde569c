"""Every kind of endpoint is watched by what it publishes, and by nothing else."""

from dataclasses import replace

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from cdk_model_hosting import Alarm, ConfigurationError
from cdk_model_hosting.instances import instance
from cdk_model_hosting.monitoring.kinds import KINDS
from cdk_model_hosting.monitoring.watched import Watched
from cdk_model_hosting.monitoring.watching import Watching, spread
from cdk_model_hosting.patterns import Pattern
from tests.unit.builders import new_stack, refused
from tests.unit.monitoring.factories import ALL, OF, Factory
from tests.unit.monitoring.published import CONTAINER, PUBLISHED, VARIANT, assert_published

GPUS = instance("ml.g5.12xlarge")
VARIANTS = (
    Watched(endpoint_name="fraud", variant_name="main", machine=GPUS, containers=("clean", "score")),
    Watched(endpoint_name="fraud", variant_name="next", machine=GPUS, containers=("clean", "score")),
)
COMPONENTS = [
    Watched(endpoint_name="fraud", variant_name="main", machine=GPUS, component_name=name) for name in ("one", "two")
]
CALLERS_WAIT = (
    "a single-model real-time endpoint, a multi-model endpoint, a serial pipeline endpoint, a multi-container endpoint, "
    "a serverless endpoint or an inference component endpoint"
)


def watching_of(pattern: Pattern) -> Watching:
    components = COMPONENTS if pattern is Pattern.COMPONENTS else []
    return Watching(kind=KINDS[pattern], variants=VARIANTS, components=list(components))


def test_every_kind_of_endpoint_has_one() -> None:
    assert set(KINDS) == set(PUBLISHED) == set(Pattern) - {Pattern.BATCH}


@pytest.mark.parametrize("pattern", KINDS)
def test_what_is_published_is_what_the_guide_says(pattern: Pattern) -> None:
    levels = {
        frozenset(watched.dimensions()) if by != "endpoint" else frozenset({"EndpointName"}): metrics
        for by, metrics in KINDS[pattern].publishes.items()
        for watched in [next(iter(watching_of(pattern).seen(by)))]
    }
    ours = {(namespace, name, by) for by, metrics in levels.items() for namespace, name in metrics}
    assert ours == set(PUBLISHED[pattern])


@pytest.mark.parametrize(
    ("pattern", "factory"), [(pattern, factory) for pattern, factories in OF.items() for factory in factories]
)
def test_a_condition_looks_at_what_is_published(pattern: Pattern, factory: Factory) -> None:
    watching = watching_of(pattern)
    for config in (None, "config"):
        stack = new_stack()
        variants = [replace(each, config_name=config) for each in watching.variants]
        watches = list(spread([factory()], watching.kind, variants, watching.components))
        assert watches
        for watch in watches:
            watch.condition.bind(stack, watch.construct_id, watch.watched, watch.name)
        for found in Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm").values():
            alarm = found["Properties"]
            statistic = alarm.get("Statistic") or alarm["ExtendedStatistic"]
            names = {each["Name"] for each in alarm["Dimensions"]}
            assert_published(pattern, alarm["Namespace"], alarm["MetricName"], statistic, names)


@pytest.mark.parametrize("pattern", KINDS)
def test_fails_when_the_kind_does_not_publish_it(pattern: Pattern) -> None:
    for factory in ALL:
        condition = factory()
        if factory in OF[pattern]:
            continue
        with pytest.raises(ConfigurationError) as caught:
            KINDS[pattern].level(condition)
        who, _, why = str(caught.value).partition(f", got {pattern.noun}: ")
        assert who.startswith(f"{condition.what} must watch a")
        assert why.startswith(f"it publishes no {condition.metric}")
        assert [each for each in KINDS if each.noun in who] == [each for each in KINDS if factory in OF[each]]


@pytest.mark.parametrize(
    ("pattern", "alarm", "who", "metric"),
    [
        (Pattern.REALTIME, Alarm.backlog(above=5), "an asynchronous endpoint", "ApproximateBacklogSize"),
        (Pattern.ASYNCHRONOUS, Alarm.few_requests(), CALLERS_WAIT, "Invocations"),
        (
            Pattern.PIPELINE,
            Alarm.container_errors(),
            "a multi-container endpoint",
            "Invocation5XXErrors of single containers",
        ),
        (
            Pattern.REALTIME,
            Alarm.container_latency(),
            "a serial pipeline endpoint or a multi-container endpoint",
            "ContainerLatency of single containers",
        ),
        (Pattern.SERVERLESS, Alarm.no_capacity(), "an inference component endpoint", "NoCapacityInvocationFailures"),
    ],
)
def test_says_which_kind_publishes_it(pattern: Pattern, alarm: Alarm, who: str, metric: str) -> None:
    with refused(f"{alarm.what} must watch {who}, got {pattern.noun}: it publishes no {metric}"):
        list(spread([alarm], KINDS[pattern], VARIANTS))


@pytest.mark.parametrize("pattern", KINDS)
def test_the_usual_conditions_can_be_watched_on_every_endpoint_of_the_kind(pattern: Pattern) -> None:
    kind = KINDS[pattern]
    nothing_known = Watched(endpoint_name="fraud", variant_name="main")
    for conditions in (kind.alarms, kind.rollback):
        assert len({each.name for each in conditions}) == len(conditions)
        for watch in spread(conditions, kind, [nothing_known], COMPONENTS):
            assert watch.condition.threshold_on(watch.watched) is not None
    for condition in kind.rollback:
        condition.check_rollback()


def test_the_usual_conditions() -> None:
    assert {pattern.name: [each.name for each in kind.alarms] for pattern, kind in KINDS.items()} == {
        "REALTIME": ["ServerErrors", "ModelLatencyP99", "MemoryUtilization", "DiskUtilization"],
        "MULTI_MODEL": [
            "ServerErrors",
            "ModelLatencyP99",
            "ModelLoadWait",
            "MemoryUtilization",
            "DiskUtilization",
        ],
        "PIPELINE": ["ServerErrors", "ModelLatencyP99", "MemoryUtilization", "DiskUtilization"],
        "MULTI_CONTAINER": ["ServerErrors", "ModelLatencyP99", "MemoryUtilization", "DiskUtilization"],
        "ASYNCHRONOUS": [
            "ServerErrors",
            "FailedInferences",
            "ExpiredRequests",
            "BacklogWithoutCapacity",
            "MemoryUtilization",
            "DiskUtilization",
        ],
        "SERVERLESS": ["ServerErrors", "ModelLatencyP99", "ConcurrencyUtilization", "MemoryUtilization"],
        "COMPONENTS": [
            "ServerErrors",
            "ModelLatencyP99",
            "NoCapacity",
            "CopyMemoryUtilization",
            "MemoryUtilization",
            "DiskUtilization",
        ],
    }


def test_a_slow_asynchronous_model_rolls_nothing_back_by_itself() -> None:
    assert "ModelLatency" not in {each.metric for each in KINDS[Pattern.ASYNCHRONOUS].rollback}


def test_a_metric_of_another_kind_is_refused_too() -> None:
    kind = KINDS[Pattern.REALTIME]
    kind.check_metric("metric_invocations", ("AWS/SageMaker", "Invocations"), "variant")
    with refused(
        "metric_loaded_models must be of a multi-model endpoint, got a single-model real-time endpoint: it publishes no "
        "LoadedModelCount"
    ):
        kind.check_metric("metric_loaded_models", ("/aws/sagemaker/Endpoints", "LoadedModelCount"), "variant")


def test_dimensions_are_those_of_the_guide() -> None:
    watched = VARIANTS[0]
    assert frozenset(watched.dimensions()) == VARIANT
    assert [frozenset(each.dimensions()) for each in watched.each_container()] == [CONTAINER] * 2
    assert COMPONENTS[0].dimensions() == {"InferenceComponentName": "one"}


def test_the_age_of_a_request_has_an_end() -> None:
    assert Alarm.backlog_age(above=cdk.Duration.seconds(21_599)).threshold == 21_599
