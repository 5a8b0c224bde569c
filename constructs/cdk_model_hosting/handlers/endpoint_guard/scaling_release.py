"""Custom::ScalingRelease stands before the endpoint: it makes way for a change of instance type.

SageMaker refuses to change the type of a variant, or to remove it, while the variant is registered with Application Auto
Scaling (https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html).
"""

from . import endpoints, stack
from .declaration import Declaration
from .failures import OutOfTimeError
from .log import log, log_failure
from .protocol import Request
from .release import release, running_types
from .scalable_target import ScalableTarget
from .surroundings import Surroundings

RESOURCE_TYPE = "Custom::ScalingRelease"


def handle(request: Request, surroundings: Surroundings) -> None:
    """Release what an update would touch.

    A new resource releases nothing: it comes with a new endpoint, or with an endpoint whose scaling the stack is only
    taking over. A deleted one has nothing to undo.

    Args:
        request: What CloudFormation asks for.
        surroundings: The world.
    """
    if request.kind != "Update":
        return
    rolling_back = stack.rolls_back(stack.status(surroundings, request.stack_id))
    try:
        _release(request, surroundings, rolling_back=rolling_back)
    except Exception as error:
        if not rolling_back:
            raise
        # A failure here would end the rollback before the endpoint's own turn. If a registration does block that one,
        # SageMaker says so itself.
        log_failure("the release failed in a rollback", error)


def _release(request: Request, surroundings: Surroundings, *, rolling_back: bool) -> None:
    declaration = Declaration.of(request.properties)
    types = running_types(surroundings, declaration.endpoint)
    if types is None:
        log("there is no endpoint yet", endpoint=declaration.endpoint)
        return
    released = release(surroundings, request, declaration, types, rolling_back=rolling_back)
    if rolling_back:
        # The endpoint may never have changed, and then nothing after this resource is told to go back.
        for variant, registration in declaration.registrations.items():
            target = ScalableTarget(surroundings, declaration.endpoint, variant)
            if variant in types and types[variant] == declaration.types[variant] and target.bounds() is None:
                target.register(registration)
    if released:
        _let_scaling_finish(surroundings, declaration.endpoint)


def _let_scaling_finish(surroundings: Surroundings, endpoint: str) -> None:
    """Wait for a scaling activity that was under way: SageMaker refuses to update an endpoint meanwhile."""
    try:
        endpoints.settled(surroundings, endpoint)
    except OutOfTimeError as error:
        log("not waiting any longer", endpoint=endpoint, status=str(error))
