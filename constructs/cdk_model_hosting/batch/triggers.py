"""What starts the runs of a batch transform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from constructs import Construct

from cdk_model_hosting.arguments import require
from cdk_model_hosting.batch.arrival import TransformArrival, announce, check_arrival
from cdk_model_hosting.batch.schedule import TransformSchedule
from cdk_model_hosting.batch.starter import Starter
from cdk_model_hosting.bucket_facts import facts_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_cdk import aws_events as events
    from aws_cdk import aws_s3 as s3
    from aws_cdk import aws_scheduler as scheduler

    from cdk_model_hosting.advice import Advice
    from cdk_model_hosting.batch.storage import TransformStorage
    from cdk_model_hosting.batch.watching import WatchedBatch
    from cdk_model_hosting.placement import Place


class TransformTriggers(Construct):
    """The clock, and objects that arrive. Two events for one cause start one run."""

    state_machine_arn: str
    input_bucket: s3.IBucket
    output_bucket: s3.IBucket
    watching: WatchedBatch

    _place: Place
    _storage: TransformStorage
    _starter: Starter | None = None

    def on_schedule(
        self,
        schedule: scheduler.ScheduleExpression,
        *,
        name: str = "Schedule",
        flexible_window: cdk.Duration | None = None,
        source: str | None = None,
        destination: str | None = None,
        enabled: bool = True,
    ) -> scheduler.CfnSchedule:
        """Start a run by the clock; a schedule that comes due twice starts one.

        Args:
            schedule: When: ``aws_scheduler.ScheduleExpression.cron`` with its time zone, ``.rate``, which starts a run at
                its deployment, too, or ``.at``.
            name: ID of the schedule among the batch transform's triggers.
            flexible_window: Whole minutes that a start may be put off, 1-1440; none when omitted.
            source: Address or key of another input than the usual.
            destination: Address or key of another output than the usual.
            enabled: Whether it runs.

        Raises:
            ConfigurationError: When the schedule or the window is none that EventBridge Scheduler knows.
        """
        for what, value in (("source", source), ("destination", destination)):
            if value is not None:
                require(f"BatchTransform.on_schedule {what}", value, str)
        asked = {"input": source, "output": destination}
        made = TransformSchedule(
            self,
            name,
            schedule=schedule,
            flexible_window=flexible_window,
            request={what: value for what, value in asked.items() if value is not None},
            enabled=enabled,
            target=self._started_by().arn,
        )
        return made.cfn_schedule

    def on_arrival(
        self, *, prefix: str | None = None, suffix: str | None = None, name: str = "Arrival"
    ) -> events.CfnRule:
        """Start a run for each object that arrives in the source's bucket; one that is told of twice starts one.

        The answers of ``input/2027/a.csv`` go to ``output/2027/a.csv.out``. SageMaker reads every object whose key begins
        with that of the one that arrived, so no key should be the beginning of another.

        Args:
            prefix: What the keys begin with, ending in ``/``; all of the source's when omitted.
            suffix: What the keys end in, such as ``.csv``; anything when omitted.
            name: ID of the arrival among the batch transform's triggers.

        Raises:
            ConfigurationError: When jobs could not read such objects, or a wildcard is in a text.
        """
        source = self._storage.source
        prefix = source.folder if prefix is None else prefix
        check_arrival(prefix, suffix, source.folder)
        made = TransformArrival(
            self,
            name,
            bucket=self.input_bucket,
            prefix=prefix,
            suffix=suffix,
            target=self._started_by().arn,
        )
        self._warn(announce(self.input_bucket))
        return made.cfn_rule

    def _started_by(self) -> Starter:
        """What starts runs for schedules and arrivals, made for the first of them."""
        if self._starter is None:
            storage = self._storage
            self._starter = Starter(
                self,
                "Starter",
                place=self._place,
                target=self.state_machine_arn,
                input_folder=storage.source.folder,
                output_bucket=facts_of(self.output_bucket).name,
                output_prefix=storage.destination.prefix,
            )
            self.watching.starter_arn = self._starter.arn
            self.watching.tell()
        return self._starter

    def _warn(self, found: Iterable[Advice]) -> None:
        """Say what works, but not as one may expect."""
        for each in dict.fromkeys(found):
            cdk.Annotations.of(self).add_warning_v2(f"cdk-model-hosting:{each.id}", each.text)
