"""Shadow variants: a copy of a request goes to them too, and what they answer is dropped.

AWS documents by an example alone which share of the requests is copied. Here it is the weight of the shadow variant in
units of the production variant's, and all of them at most: weights of 1 and 1 copy every request, 0.5 and 1 every second one.
"""

import logging
import random
from collections.abc import Callable

from tests.local_aws.server.sagemaker import cloud
from tests.local_aws.server.sagemaker.containers import Reply
from tests.local_aws.server.sagemaker.errors import ServiceError
from tests.local_aws.server.sagemaker.state import Fleet, Variant

_LOG = logging.getLogger("local_aws.sagemaker")


def mirror(fleet: Fleet, production: Variant, ask: Callable[[Variant], Reply], dice: random.Random) -> None:
    """Let the shadow variants of a fleet answer a request as well, without waiting for them.

    Args:
        fleet: The fleet that answers.
        production: The variant whose answer the caller gets.
        ask: Lets a variant answer the request.
        dice: Which requests are copied.
    """
    for variant in fleet.shadows.values():
        if dice.random() < share(production.weight, variant.weight):
            cloud.in_background(_ask, ask, variant, name=f"shadow-{variant.name}")


def share(production_weight: float, shadow_weight: float) -> float:
    """Return the share of the requests that is copied to a shadow variant."""
    return min(1.0, shadow_weight / production_weight) if production_weight > 0 else 0.0


def _ask(ask: Callable[[Variant], Reply], variant: Variant) -> None:
    try:
        ask(variant)
    except ServiceError as error:
        _LOG.info("the shadow variant %s of endpoint %s failed: %s", variant.name, variant.endpoint_name, error)
