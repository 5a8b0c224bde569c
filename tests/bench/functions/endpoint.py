"""An endpoint with the fraud model on a local AWS, as the example stack makes it: what a proxy stands before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stacks.realtime_scheduled import RealtimeScheduledStack
from tests.local_aws.examples.assembling import assemble

if TYPE_CHECKING:
    from pathlib import Path

    import aws_cdk as cdk

    from tests.local_aws.lifecycle import LocalAws

_STACK = "RealtimeScheduled"


def endpoint(local: LocalAws, scratch: Path) -> str:
    """Deploy it.

    Args:
        local: Where to.
        scratch: Where its cloud assembly goes.

    Returns:
        Its name.
    """

    def make(app: cdk.App, environment: cdk.Environment) -> None:
        RealtimeScheduledStack(app, _STACK, model_folder="examples/fraud/model", env=environment)

    deployed = assemble(local, scratch / "endpoint", make)
    deployed.bootstrap()
    return deployed.deploy(_STACK)[_STACK]["EndpointName"]
