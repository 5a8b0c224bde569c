"""Conditions on the inference components of an endpoint, and on their copies."""

from __future__ import annotations

from typing import Self

from cdk_model_hosting.monitoring.checks import count, use
from cdk_model_hosting.monitoring.condition import Condition
from cdk_model_hosting.monitoring.watched import COPIES


class ComponentConditions(Condition):
    """Conditions that each inference component can be watched by, besides those on requests and their answers.

    The use of CPUs, memory and GPUs is a share of what the component reserves for a copy, where it reserves any, and of
    what a copy can get otherwise.
    """

    __slots__ = ()

    @classmethod
    def no_capacity(cls, *, above: float = 0, minutes: int = 10, out_of: int = 15) -> Self:
        """Requests fail because no copy of the component runs.

        A component that scales to zero fails the requests that wake it, and takes some minutes: give it those.

        Args:
            above: Failures in a minute, a whole number of at least 0.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        why = "no minute has less than no failures"
        return cls(
            name="NoCapacity",
            what="Alarm.no_capacity",
            metric="NoCapacityInvocationFailures",
            statistic="Sum",
            threshold=count("Alarm.no_capacity above", above, why=why, least=0),
            says=f"more than {above:g} requests fail in a minute because no copy runs",
            minutes=minutes,
            out_of=out_of,
        )

    @classmethod
    def copy_concurrency(cls, *, above: float, minutes: int = 3, out_of: int = 5) -> Self:
        """Too many requests are in flight at one copy: the component is about to be saturated.

        Args:
            above: Requests in flight for each copy, at least 1; a load test shows where answers become slow.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        return cls(
            name="CopyConcurrency",
            what="Alarm.copy_concurrency",
            metric="ConcurrentRequestsPerCopy",
            statistic="Maximum",
            threshold=count("Alarm.copy_concurrency above", above, why="whoever asks is in flight"),
            says=f"more than {above:g} requests are in flight for each copy",
            minutes=minutes,
            out_of=out_of,
        )

    @classmethod
    def copy_cpu_utilization(cls, *, above: float = 90, minutes: int = 10, out_of: int = 15) -> Self:
        """The CPUs of the copies are too busy on average.

        Args:
            above: Percent of a copy's CPUs, 0 or 1 to below 100.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        return cls._use_of_copies("CPUUtilization", "copy_cpu_utilization", "the CPUs", above, minutes, out_of)

    @classmethod
    def copy_memory_utilization(cls, *, above: float = 90, minutes: int = 5, out_of: int = 5) -> Self:
        """The memory of the copies is too full on average.

        Args:
            above: Percent of a copy's memory, 0 or 1 to below 100.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        return cls._use_of_copies("MemoryUtilization", "copy_memory_utilization", "the memory", above, minutes, out_of)

    @classmethod
    def copy_gpu_utilization(cls, *, above: float = 90, minutes: int = 10, out_of: int = 15) -> Self:
        """The GPUs of the copies are too busy on average.

        Args:
            above: Percent of a copy's GPUs, 0 or 1 to below 100.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range; when bound, if the instances have no GPUs.
        """
        return cls._use_of_copies("GPUUtilization", "copy_gpu_utilization", "the GPUs", above, minutes, out_of)

    @classmethod
    def copy_gpu_memory_utilization(cls, *, above: float = 90, minutes: int = 5, out_of: int = 5) -> Self:
        """The memory of the copies' GPUs is too full on average. Servers that take all of it at start are always above.

        Args:
            above: Percent of the memory of a copy's GPUs, 0 or 1 to below 100.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range; when bound, if the instances have no GPUs.
        """
        return cls._use_of_copies(
            "GPUMemoryUtilization", "copy_gpu_memory_utilization", "the GPUs' memory", above, minutes, out_of
        )

    @classmethod
    def _use_of_copies(  # noqa: PLR0917 - one line for each of four metrics is what this is for
        cls, metric: str, factory: str, part: str, above: float, minutes: int, out_of: int
    ) -> Self:
        what = f"Alarm.{factory}"
        return cls(
            name=f"Copy{metric}",
            what=what,
            metric=f"{metric}Normalized",
            namespace=COPIES,
            statistic="Average",
            threshold=use(f"{what} above", above, of=f"{part} of a copy"),
            gpus=metric.startswith("GPU"),
            says=f"more than {above} % of {part} of its copies is in use on average",
            minutes=minutes,
            out_of=out_of,
        )
