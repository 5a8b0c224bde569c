"""Conditions on the instances of a fleet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Self

from cdk_model_hosting.monitoring.checks import count, use
from cdk_model_hosting.monitoring.condition import Condition
from cdk_model_hosting.monitoring.watched import INSTANCES

if TYPE_CHECKING:
    from cdk_model_hosting.monitoring.condition import Counted

_WHY = "an instance without any publishes nothing"


class FleetConditions(Condition):
    """Conditions that every endpoint on instances can be watched by.

    SageMaker adds the use of CPUs and GPUs up, so that four busy GPUs show 400 %. The thresholds here are of the whole
    instance, 0 to 100 %, and are multiplied by what the variant's instance type has.
    """

    __slots__ = ()

    @classmethod
    def cpu_utilization(
        cls, *, above: float = 90, minutes: int = 10, out_of: int = 15, cores: int | None = None
    ) -> Self:
        """The CPUs of the instances are too busy on average.

        Args:
            above: Percent of all the cores of an instance together, 0 or 1 to below 100.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.
            cores: Virtual CPUs of an instance, where its type is not known to this app; taken from the type when omitted.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        return cls._use("CPUUtilization", "cpu_utilization", "the CPUs", above, minutes, out_of, "vcpus", cores)

    @classmethod
    def memory_utilization(cls, *, above: float = 90, minutes: int = 5, out_of: int = 5) -> Self:
        """The memory of the instances, or of a serverless endpoint, is too full on average.

        Args:
            above: Percent of an instance's memory, 0 or 1 to below 100.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        found = cls._use("MemoryUtilization", "memory_utilization", "the memory", above, minutes, out_of)
        # Serverless endpoints publish it too, and have no instances.
        return replace(found, says=f"more than {above} % of its memory is in use on average")

    @classmethod
    def disk_utilization(cls, *, above: float = 90, minutes: int = 5, out_of: int = 5) -> Self:
        """The disks of the instances are too full on average.

        Args:
            above: Percent of an instance's disk space, 0 or 1 to below 100. Data capture stops well before it is full.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        return cls._use("DiskUtilization", "disk_utilization", "the disk", above, minutes, out_of)

    @classmethod
    def gpu_utilization(
        cls, *, above: float = 90, minutes: int = 10, out_of: int = 15, gpus: int | None = None
    ) -> Self:
        """The GPUs of the instances are too busy on average.

        Args:
            above: Percent of all the GPUs of an instance together, 0 or 1 to below 100.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.
            gpus: GPUs of an instance, where its type is not known to this app; taken from the type when omitted.

        Raises:
            ConfigurationError: When a number is outside its range; when bound, if the fleet has no GPUs.
        """
        return cls._use("GPUUtilization", "gpu_utilization", "the GPUs", above, minutes, out_of, "accelerators", gpus)

    @classmethod
    def gpu_memory_utilization(
        cls, *, above: float = 90, minutes: int = 5, out_of: int = 5, gpus: int | None = None
    ) -> Self:
        """The memory of the GPUs is too full on average. Servers that take all of it at start are always above.

        Args:
            above: Percent of the memory of all the GPUs of an instance together, 0 or 1 to below 100.
            minutes: Minutes that must be bad.
            out_of: Minutes that are looked at, at most a day of them.
            gpus: GPUs of an instance, where its type is not known to this app; taken from the type when omitted.

        Raises:
            ConfigurationError: When a number is outside its range; when bound, if the fleet has no GPUs.
        """
        return cls._use(
            "GPUMemoryUtilization",
            "gpu_memory_utilization",
            "the GPUs' memory",
            above,
            minutes,
            out_of,
            "accelerators",
            gpus,
        )

    @classmethod
    def _use(  # noqa: PLR0917 - one line for each of five metrics is what this is for
        cls,
        metric: str,
        factory: str,
        part: str,
        above: float,
        minutes: int,
        out_of: int,
        counted: Counted | None = None,
        number: int | None = None,
    ) -> Self:
        what = f"Alarm.{factory}"
        if number is not None:
            count(f"{what} {'cores' if counted == 'vcpus' else 'gpus'}", number, why=_WHY)
        return cls(
            name=metric,
            what=what,
            metric=metric,
            namespace=INSTANCES,
            statistic="Average",
            threshold=use(f"{what} above", above, of=f"{part} of an instance"),
            counted=counted,
            count=number,
            says=f"more than {above} % of {part} of its instances is in use on average",
            minutes=minutes,
            out_of=out_of,
        )
