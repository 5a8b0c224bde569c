"""The fleet is replaced batch by batch, without a whole second one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import BAKE_SECONDS, ROLLING_PERCENT
from cdk_model_hosting.rollout.plan import Plan, Step, auto_rollback
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_cloudwatch as cloudwatch

    from cdk_model_hosting.endpoints.variant import Variant
    from cdk_model_hosting.monitoring.alarm import Alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolling(Plan):
    """Batches of new instances take the place of old ones.

    Args:
        batch: How much is replaced at a time.
        rollback_batch: How much is brought back at a time; all at once when None.
        wait_seconds: Wait after each batch.
    """

    batch: Step
    rollback_batch: Step | None
    wait_seconds: int

    def __post_init__(self) -> None:
        BAKE_SECONDS.check(f"{self.what} bake", self.wait_seconds)
        super(Rolling, self).__post_init__()

    def bakes(self) -> tuple[int, ...]:
        """The wait after a batch."""
        return (self.wait_seconds,)

    def bring_ups(self, variant: Variant) -> int | None:
        """Each batch is brought up by itself."""
        return self.batch.most(variant)

    def waits(self, variant: Variant) -> tuple[int | None, ...]:
        """One wait a batch. Each holds at least one instance."""
        batches, largest = self.batch.count(variant), variant.largest_count
        return self._waits(batches if batches is None or is_token(largest) else min(batches, largest))

    def longest_waits(self, variant: Variant) -> tuple[int | None, ...]:
        """The same for as many batches as it may take."""
        return self._waits(self.batch.most(variant))

    def check(self, variants: Sequence[Variant]) -> None:
        """Refuse several variants, small fleets, and fleets so large that they take too long."""
        if len(variants) > 1:
            raise ConfigurationError(
                f"{self.what} endpoint must have one variant, got {len(variants)}: SageMaker rolls no endpoint with several; "
                "use Rollout.canary or Rollout.linear"
            )
        for variant in variants:
            self.batch.check(self.what, variant, ROLLING_PERCENT)
        super(Rolling, self).check(variants)

    def _waits(self, batches: int | None) -> tuple[int | None, ...]:
        return (None,) if batches is None else (self.wait_seconds,) * batches

    def _advice_on_alarms(self, rollback_on: Sequence[Alarm | cloudwatch.IAlarm]) -> list[Advice]:
        """Say when there is nothing to watch."""
        if rollback_on:
            return super(Rolling, self)._advice_on_alarms(rollback_on)
        text = f"{self.what} has no alarm to roll back on: it only replaces the fleet later"
        return [Advice("gradualRolloutWithoutAlarm", text)]

    def render(
        self, variants: Sequence[Variant], alarm_names: Sequence[str]
    ) -> sagemaker.CfnEndpoint.DeploymentConfigProperty:
        """The rollout as the endpoint names it."""
        policy = sagemaker.CfnEndpoint.RollingUpdatePolicyProperty(
            maximum_batch_size=self.batch.render(),
            rollback_maximum_batch_size=None if self.rollback_batch is None else self.rollback_batch.render(),
            wait_interval_in_seconds=self.wait_seconds,
            maximum_execution_timeout_in_seconds=self.timeout(variants),
        )
        return sagemaker.CfnEndpoint.DeploymentConfigProperty(
            rolling_update_policy=policy, auto_rollback_configuration=auto_rollback(alarm_names)
        )
