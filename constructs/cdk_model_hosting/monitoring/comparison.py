"""Alarms on a variant that does worse than another one."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from cdk_model_hosting.arguments import require
from cdk_model_hosting.durations import literal, seconds
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import ALARM_MINUTES, ALARM_NAME
from cdk_model_hosting.monitoring.actions import BoundActions, Targets, check_actions
from cdk_model_hosting.monitoring.checks import count, multiple, percentile, share
from cdk_model_hosting.monitoring.compared import Compared
from cdk_model_hosting.monitoring.watched import REQUESTS
from cdk_model_hosting.placement import as_construct_id
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aws_cdk as cdk

    from cdk_model_hosting.monitoring.actions import AlarmAction
    from cdk_model_hosting.monitoring.compared import Verdict
    from cdk_model_hosting.monitoring.watched import Watched
    from cdk_model_hosting.monitoring.watching import Watching

_SECONDS_A_MINUTE = 60
_DEFAULT_SECONDS = 300
_COMPARED = {(REQUESTS, name) for name in ("Invocations", "Invocation5XXErrors", "ModelLatency")}


class Comparison(Construct):
    """Two variants of one endpoint, of which one might take the other's place. Made by the endpoint's `compare`.

    Both get real requests at the same time, so that whatever troubles both at once is no difference between them. What
    few requests say is not listened to: where either had less than `least_requests` in a window there is no difference.

    Dashboards of the endpoint show the two side by side. It is for operators, and no condition of rollouts: those compare
    a new fleet with fixed thresholds, and both variants here outlive them.

    Args:
        scope: The endpoint.
        construct_id: ID below `scope`.
        watching: What is watched of the endpoint.
        baseline: Name of the variant that serves.
        challenger: Name of the variant that is compared with it.
        window: Time over which both are measured, in whole minutes; 5 minutes when omitted.
        least_requests: Requests that both must have had in a window, at least 1.
        percentile: Percentile of the latencies that is compared, 1 to 100, with at most two decimals.

    Raises:
        ConfigurationError: When the endpoint has no two such variants, or a number is outside its range.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/model-ab-testing.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        watching: Watching,
        baseline: str,
        challenger: str,
        window: cdk.Duration | None = None,
        least_requests: int = 100,
        percentile: float = 90,
    ) -> None:
        compared = Compared(
            baseline=_variant("baseline", baseline, watching),
            challenger=_variant("challenger", challenger, watching),
            seconds=_window(window),
            least_requests=int(
                count("compare least_requests", least_requests, why="without requests there is nothing to compare")
            ),
            percentile=_percentile("compare percentile", percentile),
        )
        if baseline == challenger:
            raise ConfigurationError(
                f"compare challenger must differ from the baseline, got {challenger!r} for both: a variant does no worse "
                "than itself"
            )
        if any((each.baseline.name, each.challenger.name) == (baseline, challenger) for each in watching.compared):
            raise ConfigurationError(
                f"compare challenger must be compared once with its baseline, got {challenger!r} and {baseline!r} twice: "
                "alarms are told apart by these names"
            )
        super().__init__(scope, construct_id)
        self._watching = watching
        self._compared = compared
        watching.compare(compared)

    def alarms(
        self,
        *,
        more_errors: float | None = 1,
        slower: float | None = 1.5,
        windows: int = 2,
        out_of: int = 3,
        actions: Sequence[AlarmAction] = (),
        ok_actions: Sequence[AlarmAction] = (),
    ) -> list[cloudwatch.CfnAlarm]:
        """Tell somebody when the challenger does worse.

        Args:
            more_errors: Percentage points by which its share of server errors (5xx) may exceed the baseline's, 0 to below
                100; None for no alarm on them.
            slower: Multiple of the baseline's latency that it may take, more than 1; None for no alarm on it.
            windows: Windows that must be bad.
            out_of: Windows that are looked at, at most a day in all.
            actions: What happens when an alarm goes off: SNS topics, or any ``IAlarmAction``; at most 5.
            ok_actions: What happens when it is over, at most 5.

        Returns:
            The alarms, that on errors first.

        Raises:
            ConfigurationError: When a number is outside its range, there is nothing to go off on, the alarms have been made
                already, or the endpoint is in another region or account than the stack.
        """
        compared = self._compared
        if more_errors is None and slower is None:
            raise ConfigurationError(
                "Comparison.alarms must have more_errors or slower, got neither: there would be nothing to go off on"
            )
        if compared.verdicts:
            raise ConfigurationError(
                "Comparison.alarms must be made once, got a second time: alarms are told apart by their names"
            )
        self._watching.check_place(self)
        _check_windows(windows, out_of, compared.seconds)
        check_actions("Comparison.alarms actions", actions)
        check_actions("Comparison.alarms ok_actions", ok_actions)
        verdicts: list[Verdict] = []
        if more_errors is not None:
            verdicts.append(
                compared.more_errors(share("Comparison.alarms more_errors", more_errors, of="the requests"))
            )
        if slower is not None:
            verdicts.append(compared.slower(multiple("Comparison.alarms slower", slower)))
        bound = _Bound(BoundActions(actions), BoundActions(ok_actions), Targets(self))
        made = [self._alarm(each, bound, windows, out_of) for each in verdicts]
        compared.verdicts.extend(verdicts)
        self._watching.made([(self._name(each), None) for each in verdicts], rollback=False)
        return made

    def _alarm(self, verdict: Verdict, bound: _Bound, windows: int, out_of: int) -> cloudwatch.CfnAlarm:
        name = self._name(verdict)
        ALARM_NAME.check("Alarm name", name)
        target = cache(partial(bound.targets.of, name, verdict.name))
        more: dict[str, Any] = {}
        if on := bound.actions.arns(self, target):
            more["alarm_actions"] = on
        if over := bound.ok_actions.arns(self, target):
            more["ok_actions"] = over
        return cloudwatch.CfnAlarm(
            self,
            verdict.name,
            alarm_name=name,
            alarm_description=f"{self._compared.challenger.title}: {verdict.says}",
            metrics=_queries(verdict, self._compared.seconds),
            threshold=verdict.threshold,
            comparison_operator="GreaterThanThreshold",
            evaluation_periods=out_of,
            datapoints_to_alarm=windows,
            treat_missing_data="notBreaching",
            **more,
        )

    def _name(self, verdict: Verdict) -> str:
        return "/".join((*self._compared.challenger.path, "against", self._compared.baseline.name, verdict.name))


def comparison_id(baseline: str, challenger: str) -> str:
    """The construct ID of a comparison, below its endpoint.

    Args:
        baseline: Name of the variant that serves.
        challenger: Name of the variant that is compared with it.

    Raises:
        ConfigurationError: When a name is no text.
    """
    for role, name in (("baseline", baseline), ("challenger", challenger)):
        require(f"compare {role}", name, str)
    ids = as_construct_id(challenger, 0, kind="Challenger"), as_construct_id(baseline, 0, kind="Baseline")
    return ".against.".join(ids)


class _Bound(NamedTuple):
    """What happens when the alarms go off and are over."""

    actions: BoundActions
    ok_actions: BoundActions
    targets: Targets


def _variant(role: str, name: str, watching: Watching) -> Watched:
    """The variant of a name.

    Raises:
        ConfigurationError: When there is none, or its requests are not counted.
    """
    if not watching.kind.publishes.get("variant", frozenset()) >= _COMPARED:
        raise ConfigurationError(
            f"compare {role} must be a variant whose requests are counted, got one of {watching.kind.pattern.noun}: its "
            "variants do not share the requests"
        )
    if not watching.variants:
        raise ConfigurationError(
            f"compare {role} must be of an endpoint with known variants, got none: import it with variant_names"
        )
    known = {each.variant_name: each for each in (*watching.variants, *watching.shadows)}
    if name in known:
        return known[name]
    if not is_token(name):
        raise ConfigurationError(
            f"compare {role} must be one of {', '.join(known)}, got {name!r}: the endpoint has no other variant"
        )
    return replace(watching.variants[0], variant_name=name)


def _window(window: cdk.Duration | None) -> int:
    what = "compare window"
    given = seconds(what, window)
    if given is None:
        return _DEFAULT_SECONDS
    minutes = literal(what, given) / _SECONDS_A_MINUTE
    ALARM_MINUTES.check(what, minutes)
    return given


def _check_windows(windows: int, out_of: int, window_seconds: int) -> None:
    what = "Comparison.alarms"
    for argument, number in (("windows", windows), ("out_of", out_of)):
        count(f"{what} {argument}", number, why="no window tells nothing")
    if windows > out_of:
        raise ConfigurationError(
            f"{what} windows must be at most out_of, got {windows} out of {out_of}: the condition is counted in the last "
            "out_of windows"
        )
    why = "CloudWatch looks back a day at most"
    ALARM_MINUTES.check(f"{what} out_of windows together", out_of * window_seconds / _SECONDS_A_MINUTE, why=why)


def _queries(verdict: Verdict, period: int) -> list[cloudwatch.CfnAlarm.MetricDataQueryProperty]:
    found = [
        cloudwatch.CfnAlarm.MetricDataQueryProperty(
            id=query.id,
            metric_stat=cloudwatch.CfnAlarm.MetricStatProperty(
                metric=cloudwatch.CfnAlarm.MetricProperty(
                    namespace=query.stat.namespace,
                    metric_name=query.stat.metric,
                    dimensions=[
                        cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)
                        for name, value in query.watched.dimensions().items()
                    ],
                ),
                stat=query.stat.statistic,
                period=period,
            ),
            return_data=False,
        )
        for query in verdict.queries
    ]
    expression = cloudwatch.CfnAlarm.MetricDataQueryProperty(
        id="worse", expression=verdict.expression, label=verdict.name, return_data=True
    )
    return [*found, expression]


# The constructor's own argument has the function's name.
_percentile = percentile
