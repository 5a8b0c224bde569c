"""Custom::ScalingRegistration stands after the endpoint: it registers the variants as the template declares."""

from functools import partial

from . import stack
from .declaration import Declaration
from .failures import GuardError
from .log import log
from .protocol import Request
from .release import describe_types, release, running_types
from .scalable_target import ScalableTarget
from .surroundings import Surroundings
from .watch import Watch, declared_candidates

RESOURCE_TYPE = "Custom::ScalingRegistration"


def handle(request: Request, surroundings: Surroundings) -> None:
    """Register, or withdraw.

    Args:
        request: What CloudFormation asks for.
        surroundings: The world.

    Raises:
        GuardError: When the endpoint is not there, or does not run what is declared.
    """
    declaration = Declaration.of(request.properties)
    if request.kind == "Delete":
        _withdraw(request, surroundings, declaration, frozenset(declaration.registrations))
        return
    status = stack.status(surroundings, request.stack_id)
    before = Declaration.of(request.old_properties)
    if stack.rolls_back(status):
        _go_back(request, surroundings, declaration, before)
    elif request.kind == "Create":
        _create(request, surroundings, declaration, updating=status.startswith("UPDATE_"))
    else:
        _update(request, surroundings, declaration, before)


def _create(request: Request, surroundings: Surroundings, declaration: Declaration, *, updating: bool) -> None:
    """Register the variants, except for those that somebody else has registered until now.

    Those are CloudFormation's own resources, as a rule, which its cleanup deregisters at the end of this deployment. Until
    then they stay as they are, so that a rollback finds them so: a target can have two policies on one metric no more
    than it can have two owners. The watch takes them over after the cleanup.
    """
    _check(surroundings, declaration)
    if not updating:
        _register(surroundings, declaration, Declaration(), frozenset(declaration.registrations))
        return
    targets = {name: ScalableTarget(surroundings, declaration.endpoint, name) for name in declaration.registrations}
    free = frozenset(name for name, target in targets.items() if target.bounds() is None)
    _watch(request, surroundings, declaration, take_over=len(free) < len(targets))
    _register(surroundings, declaration, Declaration(), free)


def _update(request: Request, surroundings: Surroundings, declaration: Declaration, before: Declaration) -> None:
    _check(surroundings, declaration)
    _watch(request, surroundings, declaration, take_over=False)
    _register(surroundings, declaration, before, frozenset(declaration.registrations))
    _withdraw(request, surroundings, before, _abandoned(declaration, before))


def _go_back(request: Request, surroundings: Surroundings, declaration: Declaration, before: Declaration) -> None:
    """Register what was declared before, of what runs so already.

    CloudFormation does not promise to take the endpoint back first. A variant that still runs the type that was rolled
    back must not be registered now, and the watch registers it later.
    """
    types = running_types(surroundings, declaration.endpoint)
    if types is not None:
        release(surroundings, request, declaration, types, rolling_back=True)
        ready = frozenset(
            name for name in declaration.registrations if name in types and types[name] == declaration.types[name]
        )
        _register(surroundings, declaration, before, ready)
    _withdraw(request, surroundings, before, _abandoned(declaration, before))


def _check(surroundings: Surroundings, declaration: Declaration) -> None:
    types = running_types(surroundings, declaration.endpoint)
    if types is None:
        raise GuardError(f"endpoint {declaration.endpoint} does not exist: its variants cannot be registered to scale")
    wrong = [name for name in declaration.registrations if name not in types or types[name] != declaration.types[name]]
    if wrong:
        raise GuardError(
            f"endpoint {declaration.endpoint} runs {describe_types(types)} where "
            f"{describe_types({name: declaration.types[name] for name in wrong})} was deployed: SageMaker has rolled the "
            "update back"
        )


def _register(
    surroundings: Surroundings, declaration: Declaration, before: Declaration, variants: frozenset[str]
) -> None:
    known = before.registrations if before.endpoint == declaration.endpoint else {}
    for variant in sorted(variants):
        target = ScalableTarget(surroundings, declaration.endpoint, variant)
        target.register(declaration.registrations[variant], known.get(variant))


def _abandoned(declaration: Declaration, before: Declaration) -> frozenset[str]:
    """The variants that were declared to scale and are no more."""
    if before.endpoint != declaration.endpoint:
        return frozenset(before.registrations)
    return frozenset(before.registrations) - frozenset(declaration.registrations)


def _withdraw(request: Request, surroundings: Surroundings, declaration: Declaration, variants: frozenset[str]) -> None:
    for variant in sorted(variants):
        target = ScalableTarget(surroundings, declaration.endpoint, variant)
        claimed = partial(stack.has_scalable_target, surroundings, request.stack_id, target.resource_id)
        target.withdraw(declaration.registrations[variant], also_claimed=claimed)


def _watch(request: Request, surroundings: Surroundings, declaration: Declaration, *, take_over: bool) -> None:
    if not declaration.registrations:
        return
    log("a watch will look after the deployment", endpoint=declaration.endpoint, take_over=take_over)
    Watch.starting(
        surroundings,
        stack_id=request.stack_id,
        logical_id=request.logical_id,
        endpoint=declaration.endpoint,
        done=declared_candidates(declaration),
        bounds=take_over,
    )
