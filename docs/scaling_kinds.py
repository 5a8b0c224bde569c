"""The table of what scales where, made from what the policies themselves refuse: cog calls it."""

from __future__ import annotations

from cdk_model_hosting import ConfigurationError, ScalingPolicy
from cdk_model_hosting.patterns import Feature, Pattern, supports
from cdk_model_hosting.scaling.wake import Wake

_POLICIES = {
    "on_invocations": ScalingPolicy.on_invocations(per_instance_per_minute=1),
    "on_load_test": ScalingPolicy.on_load_test(max_requests_per_second=1),
    "on_concurrency": ScalingPolicy.on_concurrency(per_instance=1),
    "on_backlog": ScalingPolicy.on_backlog(),
    "on_provisioned_use": ScalingPolicy.on_provisioned_use(percent=50),
    "on_concurrency_per_copy": ScalingPolicy.on_concurrency_per_copy(per_copy=1),
    "on_invocations_per_copy": ScalingPolicy.on_invocations_per_copy(per_copy_per_minute=1),
    "on_cpu": ScalingPolicy.on_cpu(percent=50),
    "on_memory": ScalingPolicy.on_memory(percent=50),
    "on_gpu": ScalingPolicy.on_gpu(percent=50),
    "on_gpu_memory": ScalingPolicy.on_gpu_memory(percent=50),
}
_SCALES = {Pattern.SERVERLESS: "provisioned concurrency", Pattern.COMPONENTS: "copies"}
_WAKES = {Pattern.ASYNCHRONOUS: Wake.asynchronous(""), Pattern.COMPONENTS: Wake.component("")}


def kinds() -> str:
    """What scales of every kind of endpoint, by which policies, and whether to zero."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for pattern in Pattern:
        policies = [name for name, policy in _POLICIES.items() if _acts(policy, pattern)]
        if policies:
            row = (_SCALES.get(pattern, "instances"), _code(policies), _zero(pattern))
            rows.setdefault(row, []).append(pattern.value)
    return "\n".join(
        [
            "| kind of endpoint | what scales | policies, besides `on_metric` and `steps` | zero |",
            "|---|---|---|---|",
            *(f"| {', '.join(patterns)} | {' | '.join(row)} |" for row, patterns in rows.items()),
        ]
    )


def _acts(policy: ScalingPolicy, pattern: Pattern) -> bool:
    try:
        policy.rule.check_pattern(pattern)
    except ConfigurationError:
        return False
    return True


def _zero(pattern: Pattern) -> str:
    if supports(pattern, Feature.SCALE_TO_ZERO):
        return f"yes; `{_WAKES[pattern].metric}` wakes it"
    return "no; without any, nothing runs between requests" if pattern is Pattern.SERVERLESS else "no"


def _code(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
