"""How often a shard is tried again, and when a job is given up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require_several
from cdk_model_hosting.limits.jobs import FAILED_SHARDS, FINAL_EXIT_CODE, FINAL_EXIT_CODES, SHARD_RETRIES

if TYPE_CHECKING:
    from cdk8s_plus_36 import k8s


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardRetries:
    """Patience with shards that fail, each by itself.

    A pod that goes away with its node is no failure, however often that happens: a spot instance that EC2 wants back, or a
    node that is drained. Its shard starts anew elsewhere.

    Args:
        per_shard: Further tries of a shard, 0-100. Pauses double from ten seconds up to six minutes.
        failed_shards: Shards that may fail for good before all others are stopped too. When omitted all shards are tried,
            however many fail; the job has failed in any case if one of them has.
        final_exit_codes: Exit codes, 1-255, with which a worker says that another try would fail as well, such as that of a
            shard that it cannot read.

    Raises:
        ConfigurationError: When a number is outside its range.

    See: https://kubernetes.io/docs/concepts/workloads/controllers/job/#backoff-limit-per-index
    """

    per_shard: int = 3
    failed_shards: int | None = None
    final_exit_codes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        SHARD_RETRIES.check("ShardRetries per_shard", self.per_shard, optional=False)
        FAILED_SHARDS.check("ShardRetries failed_shards", self.failed_shards)
        require_several("ShardRetries final_exit_codes", self.final_exit_codes)
        FINAL_EXIT_CODES.check_length("ShardRetries final_exit_codes", self.final_exit_codes)
        for each in self.final_exit_codes:
            FINAL_EXIT_CODE.check("ShardRetries final_exit_codes element", each, optional=False)

    def policy(self, container: str) -> k8s.PodFailurePolicy:
        """What becomes of a failed pod, as Kubernetes reads it: the first rule that fits counts.

        Args:
            container: Name of the worker's container.
        """
        from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

        lost = k8s.PodFailurePolicyOnPodConditionsPattern(type="DisruptionTarget", status="True")
        rules = [k8s.PodFailurePolicyRule(action="Ignore", on_pod_conditions=[lost])]
        if self.final_exit_codes:
            # Kubernetes wants them in order, and each once.
            final = k8s.PodFailurePolicyOnExitCodesRequirement(
                container_name=container, operator="In", values=sorted(set(self.final_exit_codes))
            )
            rules.append(k8s.PodFailurePolicyRule(action="FailIndex", on_exit_codes=final))
        return k8s.PodFailurePolicy(rules=rules)
