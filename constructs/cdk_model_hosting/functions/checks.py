"""What is refused of a model function before anything is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions import cache
from cdk_model_hosting.limits import (
    FUNCTION_IMAGE_MB,
    FUNCTION_LAYERS,
    FUNCTION_UNZIPPED_MB,
)
from cdk_model_hosting.same_region import check_arn
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from cdk_model_hosting.functions.bundle import Bundle
    from cdk_model_hosting.functions.delivery import BoundDelivery

_NEEDED = frozenset({"architecture", "code", "delivery", "verify_version"})


def check_kinds(**values: tuple[object, type]) -> None:
    """Refuse arguments of the wrong kind.

    Args:
        values: By argument: what was given, and what it must be; None passes for those that may be omitted so.
    """
    for name, (value, kind) in values.items():
        if value is not None or name in _NEEDED:
            require(f"ModelFunction {name}", value, kind)


def check_layers(scope: Construct, layers: Sequence[str], delivery: BoundDelivery) -> None:
    """Refuse more layers than Lambda takes, any of another region, and any on an image.

    Args:
        scope: The function's construct.
        layers: ARNs of the user's layers.
        delivery: How the model comes.
    """
    if delivery.is_image and layers:
        raise ConfigurationError(
            f"FunctionCode layers must be omitted with ModelDelivery.image, got {len(layers)}: Lambda lays none over an image"
        )
    count = len(layers) + (delivery.layer_arn is not None)
    FUNCTION_LAYERS.check("FunctionCode layers and the model's in all", count)
    for each in layers:
        check_arn("FunctionCode layers element", each, scope, why="Lambda lays no layer of elsewhere")


def check_tmp(delivery: BoundDelivery, ephemeral_mb: int) -> None:
    """Refuse a /tmp in which the model has no room.

    Args:
        delivery: How the model comes.
        ephemeral_mb: Size of /tmp.
    """
    needed = delivery.tmp_mb
    if needed is None or is_token(ephemeral_mb) or needed <= ephemeral_mb:
        return
    raise ConfigurationError(
        f"FunctionSize ephemeral_mb must be at least {needed:.1f} MB for this model, got {ephemeral_mb}: /tmp holds an archive and "
        "what is unpacked from it at the same time"
    )


def check_size(bundle: Bundle, delivery: BoundDelivery, *, bundling: bool) -> None:
    """Refuse more than Lambda unpacks, measured on what will be unpacked. Layers of the user's own are not measured.

    Args:
        bundle: What becomes the code.
        delivery: How the model comes.
        bundling: Whether the packages may be installed now, if they are not there yet.
    """
    installed = bundle.packages is None or cache.find(bundle.packages.name) is not None
    if delivery.is_image:
        FUNCTION_IMAGE_MB.check("ModelFunction code and model", round(bundle.own_megabytes(), 1))
    elif installed or bundling:
        size = round(bundle.unzipped_megabytes() + delivery.layer_mb, 1)
        FUNCTION_UNZIPPED_MB.check("ModelFunction code, packages and model, unzipped", size)
