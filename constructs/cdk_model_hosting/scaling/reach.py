"""Which kinds of endpoint a policy can act on."""

from __future__ import annotations

from dataclasses import dataclass

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.patterns import Pattern

_AT_ONCE = (Pattern.REALTIME, Pattern.MULTI_MODEL, Pattern.PIPELINE, Pattern.MULTI_CONTAINER)
_INSTEAD = {
    **dict.fromkeys(_AT_ONCE, "on_invocations or ScalingPolicy.on_concurrency"),
    Pattern.ASYNCHRONOUS: "on_backlog",
    Pattern.SERVERLESS: "on_provisioned_use",
    Pattern.COMPONENTS: "on_concurrency_per_copy",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where SageMaker publishes what a policy looks at.

    Args:
        patterns: There.
        why: Why nowhere else.
    """

    patterns: frozenset[Pattern]
    why: str

    def check(self, what: str, pattern: Pattern) -> None:
        """Refuse a kind of endpoint on which the policy would never act.

        Args:
            what: The factory as the user typed it.
            pattern: How the models are hosted.

        Raises:
            ConfigurationError: When it would not.
        """
        if pattern in self.patterns:
            return
        instead = f"; use ScalingPolicy.{_INSTEAD[pattern]}" if pattern in _INSTEAD else ""
        raise ConfigurationError(f"{what} must be omitted for {pattern.value} endpoints, got one: {self.why}{instead}")


REQUESTS_OF_INSTANCES = Reach(
    patterns=frozenset(_AT_ONCE), why="SageMaker counts requests per instance only where instances answer at once"
)
INSTANCES_IN_USE = Reach(
    patterns=frozenset({*_AT_ONCE, Pattern.ASYNCHRONOUS}),
    why="it measures the instances that are added and taken away, and these are none",
)
EXPLAINED = Reach(patterns=frozenset(_AT_ONCE), why="SageMaker explains only what instances answer at once")
BACKLOG = Reach(patterns=frozenset({Pattern.ASYNCHRONOUS}), why="only asynchronous endpoints queue their requests")
PROVISIONED_CONCURRENCY = Reach(
    patterns=frozenset({Pattern.SERVERLESS}), why="only serverless endpoints have provisioned concurrency"
)
COPIES = Reach(patterns=frozenset({Pattern.COMPONENTS}), why="only inference components run in copies")
ANYWHERE = Reach(patterns=frozenset(Pattern), why="")
