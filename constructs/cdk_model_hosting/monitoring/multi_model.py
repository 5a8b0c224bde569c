"""Conditions on the models that a multi-model endpoint loads and unloads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from cdk_model_hosting.monitoring.checks import MICROSECONDS_A_MILLI, WHOLE, millis, share
from cdk_model_hosting.monitoring.condition import Condition

if TYPE_CHECKING:
    import aws_cdk as cdk

_DEFAULT_WAIT_MILLIS = 30_000.0


class MultiModelConditions(Condition):
    """Conditions that a multi-model endpoint can be watched by.

    SageMaker documents no metrics of single models, and none that tell the fleets of a rollout apart: during one they
    look at both fleets.
    """

    __slots__ = ()

    @classmethod
    def model_load_wait(cls, *, above: cdk.Duration | None = None, minutes: int = 2, out_of: int = 3) -> Self:
        """Requests wait too long for their model to be downloaded and loaded, on average.

        A fleet that has just come up has loaded nothing, so that its first requests for every model wait.

        Args:
            above: Time that a request may wait, above 0; when omitted 30 seconds, half of what a request may take in all.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        allowed = _DEFAULT_WAIT_MILLIS
        if above is not None:
            allowed = millis("Alarm.model_load_wait above", above, why="a model that is not loaded takes some")
        return cls(
            name="ModelLoadWait",
            what="Alarm.model_load_wait",
            metric="ModelLoadingWaitTime",
            by_config=False,
            statistic="Average",
            threshold=allowed * MICROSECONDS_A_MILLI,
            assumed=above is None,
            says=f"requests wait for more than {allowed:.15g} ms on average until their model is loaded",
            minutes=minutes,
            out_of=out_of,
        )

    @classmethod
    def model_cache_misses(cls, *, above: float = 50, minutes: int = 10, out_of: int = 15) -> Self:
        """Too large a share of the requests asks for a model that is not loaded: the instances hold too few at a time.

        Args:
            above: Percent of the requests, 0 to below 100; a literal number.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        misses = share("Alarm.model_cache_misses above", above, of="the requests")
        return cls(
            name="ModelCacheMisses",
            what="Alarm.model_cache_misses",
            metric="ModelCacheHit",
            by_config=False,
            # SageMaker counts the hits, whose average is their share.
            statistic="Average",
            threshold=(WHOLE - misses) / WHOLE,
            below=True,
            says=f"more than {above} % of the requests ask for a model that is not loaded",
            minutes=minutes,
            out_of=out_of,
        )
