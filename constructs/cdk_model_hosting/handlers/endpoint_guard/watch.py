"""The watch: after the stack operation is over, no variant may be left unregistered.

CloudFormation tells a resource nothing when a deployment that passed it fails further on, nor when the cleanup of a
deployment deregisters what it has registered. So a second invocation stands by until the operation is over, and makes what
is missing then. It is started before anything is taken away, with what was there: whatever happens to the first
invocation, somebody knows what to put back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from . import endpoints, stack
from .declaration import Declaration, Registration
from .log import log, log_failure
from .scalable_target import ScalableTarget
from .surroundings import Surroundings

KEY = "Watch"
"""The member of an event that starts a watch, or goes on with one."""

_POLL_SECONDS = 15.0
# A guardrail may take eight hours.
_LONGEST_SECONDS = 9 * 3600.0
_FAILURES = 20
_LOST = frozenset({"Failed", "OutOfService", "Deleting"})

Candidates = Mapping[str, Sequence[Mapping[str, Any]]]
"""For each variant, registrations and the instance type with which each belongs: ``InstanceType``, ``Registration``."""


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What to see to once a stack operation is over.

    Args:
        stack_id: ARN of the stack.
        logical_id: The resource that started it. A later operation that touches this resource takes over.
        mark: A moment within the operation, in the stack's history.
        deadline: When to give up, in seconds since 1970.
        endpoint: The endpoint's name.
        done: What is to be if the stack has not gone back.
        rolled_back: What is to be if it has.
        stranded: What is to be of a variant that none of that fits, when the operation has come to its end.
        bounds: Whether bounds that differ are to be put right, too.
        failures: How often putting things right has failed so far.
    """

    stack_id: str
    logical_id: str
    mark: str
    deadline: float
    endpoint: str
    done: Candidates = field(default_factory=dict)
    rolled_back: Candidates = field(default_factory=dict)
    stranded: Candidates = field(default_factory=dict)
    bounds: bool = False
    failures: int = 0

    @classmethod
    def starting(
        cls, surroundings: Surroundings, *, stack_id: str, logical_id: str, endpoint: str, **rest: Any
    ) -> Self:
        """Start a watch over the operation that is under way.

        Args:
            surroundings: The world.
            stack_id: ARN of the stack.
            logical_id: The resource that starts it.
            endpoint: The endpoint's name.
            rest: What to see to.
        """
        started = cls(
            stack_id=stack_id,
            logical_id=logical_id,
            mark=stack.newest_event(surroundings, stack_id),
            deadline=surroundings.now() + _LONGEST_SECONDS,
            endpoint=endpoint,
            **rest,
        )
        surroundings.invoke_again({KEY: asdict(started)})
        return started

    def run(self, surroundings: Surroundings) -> None:
        """Stand by until there is nothing left to do, handing over to another invocation in time.

        It never raises: Lambda would only start it once more.

        Args:
            surroundings: The world.
        """
        watch = self
        while surroundings.now() < watch.deadline and watch.failures < _FAILURES:
            try:
                if watch._look(surroundings):
                    return
            except Exception as error:  # noqa: BLE001 - whatever it is, the next look may find it gone
                log_failure("the watch failed to look", error, endpoint=self.endpoint)
                watch = replace(watch, failures=watch.failures + 1)
            if not surroundings.has_time():
                surroundings.invoke_again({KEY: asdict(watch)})
                return
            surroundings.sleep(_POLL_SECONDS)
        log("the watch gives up", endpoint=self.endpoint, failures=watch.failures)

    def _look(self, surroundings: Surroundings) -> bool:
        """Put right what can be, and tell whether the watch is over."""
        outcome = stack.outcome(surroundings, self.stack_id, self.mark, self.logical_id)
        if outcome is None:
            return False
        if outcome.is_gone or outcome.superseded:
            log("the watch is over", endpoint=self.endpoint, status=outcome.status, superseded=outcome.superseded)
            return True
        live = endpoints.describe(surroundings, self.endpoint)
        if live is None or live.status in _LOST:
            log("the watch is over", endpoint=self.endpoint, endpoint_status=live and live.status)
            return True
        if live.status != endpoints.IN_SERVICE:
            return False
        types = endpoints.instance_types(surroundings, live)
        return self._settle(surroundings, outcome, types)

    def _settle(self, surroundings: Surroundings, outcome: stack.Outcome, types: Mapping[str, str | None]) -> bool:
        """Make what fits the instances that run, and tell whether nothing is left open."""
        goals = self.rolled_back if outcome.rolled_back else self.done
        left_open = []
        for variant in sorted({*goals, *self.stranded} & {*types}):
            registration = _fitting(goals.get(variant, ()), types[variant])
            if registration is None and outcome.is_stuck:
                # To register the type that is still to be changed would block whoever goes on.
                left_open.append(variant)
                continue
            registration = registration or _fitting(self.stranded.get(variant, ()), types[variant])
            if registration is not None:
                made = ScalableTarget(surroundings, self.endpoint, variant).complete(registration, bounds=self.bounds)
                log("looked after", endpoint=self.endpoint, variant=variant, status=outcome.status, was_missing=made)
        return not left_open


def declared_candidates(declaration: Declaration) -> dict[str, list[dict[str, Any]]]:
    """What a template declares, for a watch.

    Args:
        declaration: What it declares.
    """
    return {
        variant: [{"InstanceType": declaration.types[variant], "Registration": registration}]
        for variant, registration in declaration.registrations.items()
    }


def _fitting(candidates: Sequence[Mapping[str, Any]], running: str | None) -> Registration | None:
    """The registration that belongs with the instances that run."""
    fitting = (each["Registration"] for each in candidates if each["InstanceType"] == running)
    return next(fitting, None)
