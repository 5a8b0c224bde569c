"""When a batch job runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.limits.jobs import JOB_CRON, JOB_RUN, JOB_TIME_ZONE

if TYPE_CHECKING:
    from cdk8s_plus_36 import k8s

    from cdk_model_hosting.kubernetes.manifests import Manifests

RUN_LABEL = "model-hosting/run"
"""Which run of `JobStart.on_deploy` a job is."""

_NEVER = "0 0 1 1 *"
# Without it a schedule stops for good once a hundred starts were missed.
_LATE_SECONDS = 3600


class JobStart(ABC):
    """What starts a batch job. Made by one of its factories.

    A Kubernetes job cannot be changed once it is there, so that a job which is to be another one gets another name.

    Attributes:
        once: Whether every change makes another job, which starts; otherwise a change is for the next start.
    """

    __slots__ = ()

    once: bool

    @staticmethod
    def on_deploy(*, run: str = "") -> JobStart:
        """A deployment that makes or changes the job starts it, and does not wait for its end.

        The former job is deleted with its pods at the end of the deployment, whether they have ended or not: until then both
        run, and write the same names. A deployment that is rolled back lets the former one go on. What is known only at deploy time, such as the value of a parameter, changes no name: use `run` then.

        Args:
            run: Any label, such as a day: another one starts the same job again.

        Raises:
            ConfigurationError: When the label is none.
        """
        JOB_RUN.check("JobStart.on_deploy run", run, optional=False)
        return _OnDeploy(run=run)

    @staticmethod
    def on_schedule(cron: str, *, time_zone: str = "Etc/UTC") -> JobStart:
        """Kubernetes starts it by the clock, unless the run before is still under way.

        A start that is missed, because the control plane is busy, is made up for within an hour. A change is for the next
        start, and runs under way end as they were; but other shards are another schedule, and runs of the former are stopped.

        Args:
            cron: The times, such as ``0 3 * * *``.
            time_zone: Their time zone, such as ``Europe/Berlin``.

        Raises:
            ConfigurationError: When Kubernetes reads no times in it, or knows no such zone.

        See: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
        """
        JOB_CRON.check("JobStart.on_schedule cron", cron, optional=False)
        JOB_TIME_ZONE.check("JobStart.on_schedule time_zone", time_zone, optional=False)
        return _Template(cron=cron, time_zone=time_zone, suspended=False)

    @staticmethod
    def by_hand() -> JobStart:
        """Nothing starts it but ``kubectl create job <run> --from=cronjob/<name of the job>``, as often as wanted.

        It is kept as a schedule that is suspended, for Kubernetes knows no other template of jobs.
        """
        return _Template(cron=_NEVER, time_zone="Etc/UTC", suspended=True)

    @abstractmethod
    def add(self, m: Manifests, *, metadata: k8s.ObjectMeta, labels: dict[str, str], spec: k8s.JobSpec) -> None:
        """Add the Kubernetes object.

        Args:
            m: Where to.
            metadata: Its name, namespace and labels.
            labels: Labels of the jobs themselves.
            spec: What the jobs are.
        """

    @property
    @abstractmethod
    def labels(self) -> dict[str, str]:
        """Labels that tell this start from others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnDeploy(JobStart):
    run: str
    once: bool = True

    def add(self, m: Manifests, *, metadata: k8s.ObjectMeta, labels: dict[str, str], spec: k8s.JobSpec) -> None:  # noqa: ARG002 - the same
        from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

        k8s.KubeJob(m.chart, "Job", metadata=metadata, spec=spec)

    @property
    def labels(self) -> dict[str, str]:
        return {RUN_LABEL: self.run} if self.run else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Template(JobStart):
    cron: str
    time_zone: str
    suspended: bool
    once: bool = False

    def add(self, m: Manifests, *, metadata: k8s.ObjectMeta, labels: dict[str, str], spec: k8s.JobSpec) -> None:
        from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

        k8s.KubeCronJob(
            m.chart,
            "Job",
            metadata=metadata,
            spec=k8s.CronJobSpec(
                schedule=self.cron,
                time_zone=self.time_zone,
                suspend=self.suspended,
                concurrency_policy="Forbid",
                starting_deadline_seconds=_LATE_SECONDS,
                job_template=k8s.JobTemplateSpec(metadata=k8s.ObjectMeta(labels=labels), spec=spec),
            ),
        )

    @property
    def labels(self) -> dict[str, str]:
        return {}
