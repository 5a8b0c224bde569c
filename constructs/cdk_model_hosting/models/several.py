"""What models of several containers have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require_several
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import CONTAINERS
from cdk_model_hosting.models.container import Container
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence


def check_several(what: str, containers: Sequence[Container]) -> None:
    """Refuse too few or too many containers, and two of one name.

    Args:
        what: The model as the user typed it.
        containers: Its containers.

    Raises:
        ConfigurationError: When there are less than 2 or more than 15, or a hostname is there twice.
    """
    require_several(f"{what} containers", containers, Container)
    CONTAINERS.check_length(f"{what} containers", containers)
    named = [each.hostname for each in containers if each.hostname is not None and not is_token(each.hostname)]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise ConfigurationError(
            f"{what} container hostname must be unique in its model, got {twice[0]!r} twice: requests, logs and metrics tell "
            "containers apart by it"
        )
