"""The words of `Rollout`, as pods are replaced in Kubernetes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.durations import literal
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.rollout.blue_green import Canary, Gradual
from cdk_model_hosting.rollout.rolling import Rolling
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from cdk_model_hosting.kubernetes.pod_scaling import PodScaling
    from cdk_model_hosting.rollout.plan import Step
    from cdk_model_hosting.rollout.rollout import Rollout

_WHOLE = 100
_TWO = 2
# Where old pods must go before new ones come, the others go on answering.
_MOST_AT_ONCE = 50
# Finding a node, starting it and pulling an image of 10 to 30 GB, before a server even begins to load its models.
_NODE_SECONDS = 1200


@dataclass(frozen=True, slots=True, kw_only=True)
class PodRollout:
    """How the pods of a server are replaced.

    Args:
        at_once: How many pods, or what percentage, are replaced at a time.
        surge: How many new pods, or what percentage, come beside the old ones; 0 where old ones must go first.
        wait_seconds: How long a new pod, or a step, must be well.
        progress_seconds: How long nothing may happen until the rollout has failed.
        weights: The percentages of the pods that are replaced step by step, where Argo Rollouts does it.
        final_seconds: How long all pods must be well before the rollout is over, where Argo Rollouts does it.
    """

    at_once: int | str
    surge: int | str
    wait_seconds: int
    progress_seconds: int
    weights: tuple[int, ...] = ()
    final_seconds: int = 0

    @property
    def by_argo(self) -> bool:
        """Whether Argo Rollouts replaces the pods, and not Kubernetes itself."""
        return bool(self.weights)

    @property
    def bounds(self) -> dict[str, int | str]:
        """How many pods there may be too many, and too few."""
        return {"maxSurge": self.surge, "maxUnavailable": 0 if self.surge else self.at_once}

    def steps(self) -> list[dict[str, Any]]:
        """The steps as Argo Rollouts reads them."""
        found: list[dict[str, Any]] = []
        for weight in self.weights:
            found.append({"setWeight": weight})
            if is_token(self.wait_seconds) or self.wait_seconds:
                found.append({"pause": {"duration": self.wait_seconds}})
        if is_token(self.final_seconds) or self.final_seconds:
            found += [{"setWeight": _WHOLE}, {"pause": {"duration": self.final_seconds}}]
        return found


def pod_rollout(rollout: Rollout | None, *, scaling: PodScaling, startup_seconds: int, room: int | None) -> PodRollout:
    """How the pods of a server are replaced.

    Args:
        rollout: What was asked for; one pod after the other when None.
        scaling: How many pods there are.
        startup_seconds: How long a pod may take to be ready.
        room: How many pods the nodes have room for; None when nobody can tell.

    Raises:
        ConfigurationError: When a word of the rollout means nothing in Kubernetes, or there are too few pods for it.
    """
    progress = startup_seconds + _NODE_SECONDS
    if rollout is None:
        return PodRollout(at_once=1, surge=_surge(room, scaling, None), wait_seconds=0, progress_seconds=progress)
    plan = rollout.plan
    _refuse(f"{plan.what} timeout", plan.timeout_seconds, "each pod has the time that ModelServer startup gives it")
    if isinstance(plan, Rolling):
        back = None if plan.rollback_batch is None else plan.rollback_batch.size
        _refuse(f"{plan.what} rollback_percent or rollback_instances", back, "Kubernetes brings no pods back by itself")
        wait = int(literal(f"{plan.what} bake", plan.wait_seconds))
        return PodRollout(
            at_once=_at_once(plan.batch),
            surge=_surge(room, scaling, plan.batch),
            wait_seconds=wait,
            progress_seconds=progress + wait,
        )
    if not isinstance(plan, Gradual):
        raise ConfigurationError(
            f"InferenceServer rollout must be rolling, canary or linear, got {plan.what}: a whole second fleet would need every device "
            "twice"
        )
    percent = _percent(plan, scaling)
    weights = (percent,) if isinstance(plan, Canary) else tuple(range(percent, _WHOLE, percent))
    return PodRollout(
        at_once=f"{min(percent, _MOST_AT_ONCE)}%",
        surge=_surge(room, scaling, plan.step, f"{percent}%"),
        wait_seconds=plan.wait_seconds,
        progress_seconds=progress,
        weights=weights,
        final_seconds=plan.final_seconds,
    )


def _percent(plan: Gradual, scaling: PodScaling) -> int:
    """The share of the first step, checked against the fewest pods: requests are shared by their number alone."""
    fewest, size = scaling.fewest_serving, int(literal(f"{plan.what} percent or instances", plan.step.size))
    if plan.step.measure == "INSTANCE_COUNT" and (scaling.trigger is not None or is_token(fewest)):
        raise ConfigurationError(
            f"{plan.what} instances must not be given where the number of pods moves, got {size}: Argo Rollouts counts in shares; give "
            "percent"
        )
    if is_token(fewest):
        return size
    if fewest < _TWO:
        raise ConfigurationError(
            f"InferenceServer scaling must keep at least 2 pods for {plan.what}, got {fewest}: one pod has no part that could go first; use "
            "Rollout.rolling"
        )
    if plan.step.measure == "INSTANCE_COUNT":
        if size * _TWO > fewest:
            raise ConfigurationError(
                f"{plan.what} instances must be at most half of the {fewest} pods, got {size}: the version that serves keeps the others"
            )
        return math.ceil(_WHOLE * size / fewest)
    if size * fewest < _WHOLE:
        raise ConfigurationError(
            f"{plan.what} percent must be at least {math.ceil(_WHOLE / fewest)} for {fewest} pods, got {size}: requests are shared by the "
            "number of pods, and the least that can go first is one"
        )
    return size


def _surge(room: int | None, scaling: PodScaling, step: Step | None, at_once: int | str | None = None) -> int | str:
    """How many new pods come beside all old ones: those of a step, or the few that there is room for."""
    wanted = at_once if at_once is not None else 1 if step is None else _at_once(step)
    if room is None or is_token(scaling.maximum):
        return wanted
    free = max(room - scaling.maximum, 0)
    most = 1 if step is None else _count(step, scaling.maximum)
    if free >= most or step is None:
        return wanted if free else 0
    # No more than a step has when there are fewest pods.
    return min(free, _count(step, scaling.fewest_serving))


def _at_once(batch: Step) -> int | str:
    if batch.measure == "INSTANCE_COUNT":
        return batch.size
    return f"{literal('Rollout.rolling percent', batch.size):g}%"


def _count(step: Step, pods: int) -> int:
    """Pods of a step when there are so many of them."""
    if is_token(step.size) or is_token(pods):
        return 1
    if step.measure == "INSTANCE_COUNT":
        return step.size
    return math.ceil(pods * step.size / _WHOLE)


def _refuse(what: str, given: int | None, why: str) -> None:
    if given is not None:
        shown = "a Token" if is_token(given) else f"{given}"
        raise ConfigurationError(f"{what} must not be given for pods, got {shown}: {why}")
