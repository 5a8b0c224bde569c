"""A function's image: its build context, and a Dockerfile for those who bring none."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions.bundling import Bundling
from cdk_model_hosting.handlers.model_function.contract import HANDLER

if TYPE_CHECKING:
    from aws_cdk import aws_ecr_assets as ecr_assets
    from constructs import Construct

    from cdk_model_hosting.functions.bundle import Bundle

DOCKERFILE = "Dockerfile"

# What pip takes from an environment variable is no credential yet.
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")
_CREDENTIALS = re.compile(r"://[^/\s@]*[^/\s@:][^/\s@]*@")
_USUAL = f"""\
# Lambda's own image, with its Python, its SDK and what takes the events.
ARG PYTHON
FROM public.ecr.aws/lambda/python:${{PYTHON}}

# The packages change more rarely than the code: a layer of their own. The lock has those of this platform alone.
COPY requirements.txt /tmp/requirements.txt
RUN python -m pip install --no-cache-dir --require-hashes --only-binary :all: --no-deps --target "${{LAMBDA_TASK_ROOT}}" \\
    -r /tmp/requirements.txt

COPY function/ "${{LAMBDA_TASK_ROOT}}/"
# A function cannot write here, so the bytecode is compiled now.
RUN python -m compileall -q "${{LAMBDA_TASK_ROOT}}"

CMD ["{HANDLER}"]
"""


def image_of(scope: Construct, construct_id: str, bundle: Bundle) -> ecr_assets.DockerImageAsset:
    """The image of a function, built for its processor.

    Args:
        scope: Where to make the asset.
        construct_id: ID below `scope`.
        bundle: What goes into it.

    Raises:
        ConfigurationError: When its packages are to be built in another container, or the lock has credentials.
    """
    from aws_cdk import aws_ecr_assets as ecr_assets  # noqa: PLC0415 - loaded by those alone who build images

    if bundle.code.bundling != Bundling.wheels():
        raise ConfigurationError(
            "FunctionCode bundling must be omitted with ModelDelivery.image, got Bundling.docker: the Dockerfile installs the "
            "packages; bring one in the folder that builds them"
        )
    with tempfile.TemporaryDirectory() as scratch:
        context = Path(scratch)
        _lay_out(context, bundle)
        return ecr_assets.DockerImageAsset(
            scope,
            construct_id,
            directory=str(context),
            build_args={"PYTHON": bundle.code.python},
            # Without it the image is built for the machine that builds it.
            platform=ecr_assets.Platform.custom(bundle.target.architecture.value),
        )


def _lay_out(context: Path, bundle: Bundle) -> None:
    own = bundle.code.folder / DOCKERFILE
    lock = "" if bundle.packages is None else bundle.packages.lock
    if own.is_file():
        dockerfile = own.read_text(encoding="utf-8")
    else:
        _check_secrets(lock)
        dockerfile = _USUAL
    (context / DOCKERFILE).write_text(dockerfile, encoding="utf-8")
    (context / "requirements.txt").write_text(lock, encoding="utf-8")
    for name, path in (bundle.sources | dict(bundle.model)).items():
        if name != DOCKERFILE:
            copy = context / "function" / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)


def _check_secrets(lock: str) -> None:
    if _CREDENTIALS.search(_VARIABLE.sub("", lock)):
        raise ConfigurationError(
            "FunctionCode requirements must hold no credentials with ModelDelivery.image, got a URL with a user or a password: the "
            "lock stays in a layer of the image, for all who may pull it; bring a Dockerfile in the folder that takes them as a "
            "secret of the build"
        )
