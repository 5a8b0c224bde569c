"""Example stacks, synthesized in this process and deployed by the real CLI."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

import aws_cdk as cdk

from tests.local_aws import paths
from tests.local_aws.cdk import Cdk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.local_aws.lifecycle import LocalAws

    Make = Callable[[cdk.App, cdk.Environment], object]


def assemble(local: LocalAws, folder: Path, make: Make) -> Cdk:
    """Synthesize what `make` puts into an app that is configured as app.py's is.

    Args:
        local: The local AWS, bootstrapped.
        folder: Where the cloud assembly goes.
        make: Makes stacks.
    """
    context = json.loads((paths.REPOSITORY / "cdk.json").read_text())["context"]
    environment = cdk.Environment(account=local.account, region=local.region)
    # The examples name folders of this repository, as seen from its root.
    with contextlib.chdir(paths.REPOSITORY):
        app = cdk.App(outdir=str(folder), context=context)
        make(app, environment)
        app.synth()
    return Cdk(local=local, assembly=folder)
