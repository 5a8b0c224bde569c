from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting import TritonRepository
from cdk_model_hosting.kubernetes.pod_alarm import PodAlarm
from cdk_model_hosting.kubernetes.pod_scaling import PodScaling
from cdk_model_hosting.kubernetes.servers.model_server import ModelServer
from cdk_model_hosting.rollout.rollout import Rollout
from tests.unit.builders import new_stack, number_token, refused
from tests.unit.kubernetes.custom import assert_valid_custom
from tests.unit.kubernetes.serving import TRITON, VLLM, objects, own, serving
from tests.unit.models.triton.builders import python_model

PODS = 'namespace="models",pod=~"ranker-{{args.canary}}-.+"'
CANARY = Rollout.canary(percent=50, bake=cdk.Duration.minutes(10))


def metrics(server: ModelServer, *alarms: PodAlarm) -> list[dict[str, Any]]:
    made = serving(server=server, scaling=PodScaling.fixed(2), rollout=CANARY, rollback_on=alarms)
    template = objects(made)["AnalysisTemplate"]
    assert_valid_custom([template])
    found: list[dict[str, Any]] = template["spec"]["metrics"]
    return found


def query(metric: dict[str, Any]) -> str:
    return str(metric["provider"]["prometheus"]["query"])


@pytest.fixture
def triton(tmp_path: Path) -> ModelServer:
    return ModelServer.triton(image=TRITON, repository=TritonRepository([python_model(tmp_path)]))


def test_what_triton_says(triton: ModelServer) -> None:
    errors, slow = metrics(
        triton,
        PodAlarm.errors(above_percent=0.5, minutes=3),
        PodAlarm.slow_answers(above=cdk.Duration.millis(250)),
    )

    failed = f"sum(rate(nv_inference_request_failure{{{PODS}}}[2m]))"
    answered = f"sum(rate(nv_inference_request_success{{{PODS}}}[2m]))"
    assert query(errors) == f"(100 * {failed} / (({failed} + {answered}) > 0)) or vector(0)"
    assert (errors["successCondition"], errors["failureLimit"]) == ("result[0] <= 0.5", 2)
    assert query(slow) == (f'(max(nv_inference_request_summary_us{{quantile="0.99",{PODS}}}) / 1e6 > 0) or vector(0)')
    assert (slow["name"], slow["successCondition"], slow["failureLimit"]) == ("latency", "result[0] <= 0.25", 1)


def test_what_vllm_says() -> None:
    (slow,) = metrics(
        ModelServer.vllm(image=VLLM, model="org/model"), PodAlarm.slow_answers(above=cdk.Duration.seconds(20))
    )
    buckets = f"rate(vllm:e2e_request_latency_seconds_bucket{{{PODS}}}[2m])"
    assert query(slow) == f"(histogram_quantile(0.99, sum by (le) ({buckets})) > 0) or vector(0)"
    assert slow["successCondition"] == "result[0] <= 20.0"


def test_whatever_prometheus_knows() -> None:
    (found,) = metrics(
        own(), PodAlarm.on_query("refused", "sum(rate(refused{{pods}}[2m])) or vector(0)", above=3, minutes=1)
    )
    assert query(found) == f"sum(rate(refused{{{PODS}}}[2m])) or vector(0)"
    assert (found["name"], found["successCondition"], found["failureLimit"]) == ("refused", "result[0] <= 3", 0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: PodAlarm.errors(above_percent=100),
            "PodAlarm.errors above_percent must be 0-99 %, got 100: it is a share, and no more than all can fail",
        ),
        (
            lambda: PodAlarm.errors(minutes=0),
            (
                "PodAlarm.errors minutes must be 1-60 minutes, got 0: the pods are measured once a minute, for as long as a step bakes"
            ),
        ),
        (
            lambda: PodAlarm.slow_answers(above=2),  # type: ignore[arg-type] # no types
            "PodAlarm.slow_answers above must be a Duration such as Duration.minutes(5), got 2: times come with their unit",
        ),
        (
            lambda: PodAlarm.on_query("refused", "sum(rate(refused[2m]))", above=3),
            (
                "PodAlarm.on_query query must hold {pods}, got 'sum(rate(refused[2m]))': it would measure the version that serves too"
            ),
        ),
        (
            lambda: PodAlarm.on_query("refused", "x{{pods}}", above=-1),
            "PodAlarm.on_query above must be at least 0, got -1: what pods measure is not below 0",
        ),
        (
            lambda: PodAlarm.on_query("Re fused", "x{{pods}}", above=1),
            (
                "PodAlarm.on_query name must be 1-63 characters (lower case letters, digits and hyphens, beginning and ending with a letter "
                "or digit), got 'Re fused': Kubernetes takes no other name"
            ),
        ),
        (
            lambda: PodAlarm.errors(minutes=number_token(new_stack())),  # type: ignore[arg-type] # a float
            (
                "PodAlarm.errors minutes must be a literal number, got one that is known only at deploy time: CloudFormation cannot compute "
                "with it"
            ),
        ),
    ],
)
def test_fails_when_nothing_could_be_watched(make: Any, message: str) -> None:
    with refused(message):
        make()


@pytest.mark.parametrize(
    ("alarm", "factory"),
    [(PodAlarm.errors(), "errors"), (PodAlarm.slow_answers(above=cdk.Duration.seconds(1)), "slow_answers")],
)
def test_fails_when_the_server_does_not_say(alarm: PodAlarm, factory: str) -> None:
    with refused(
        f"rollback_on PodAlarm.{factory} must be of a server that is known to publish it, got ModelServer.image: use PodAlarm.on_query"
    ):
        metrics(own(), alarm)


def test_fails_when_two_share_a_name() -> None:
    with refused(
        "InferenceServer rollback_on must name each measurement once, got 'errors' twice: Argo Rollouts tells them apart by name"
    ):
        metrics(own(), PodAlarm.errors(), PodAlarm.errors(above_percent=5))


def test_tokens_pass() -> None:
    stack = new_stack()
    above = number_token(stack, "Above")
    seconds = cdk.Duration.seconds(number_token(stack, "Seconds"))
    for alarm in (
        PodAlarm.errors(above_percent=above),
        PodAlarm.slow_answers(above=seconds),
        PodAlarm.on_query("refused", "x{{pods}}", above=above),
    ):
        metric = alarm.metric(
            ModelServer.vllm(image=VLLM, model="org/model").kind, pods=PODS, address="http://prometheus"
        )
        assert cdk.Token.is_unresolved(metric["successCondition"])
