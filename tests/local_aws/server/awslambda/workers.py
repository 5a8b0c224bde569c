"""The processes of functions get what their configurations ask for beside code: an image, a file system, a hint how they begin."""

import os
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime

from tests.local_aws.lambda_runtime import JAVASCRIPT
from tests.local_aws.server.awslambda import file_systems, image_functions, provisioned

Document = dict[str, Any]


def install() -> None:
    """Put the preparation before the start of a process."""
    spawn = lambda_runtime.Worker._spawn
    given = "configuration_of_the_function"

    def prepared(worker: Any) -> None:
        # A process that is started again begins with what the function says, and not with what was made of it.
        config: Document = vars(worker).setdefault(given, worker.config)
        worker.config = _prepared(config)
        spawn(worker)

    lambda_runtime.Worker._spawn = prepared


def _prepared(config: Document) -> Document:
    if config.get("PackageType") == "Image":
        config = image_functions.as_archive(config)
    variables = dict(config.get("Environment", {}).get("Variables", {}))
    variables = file_systems.localized(variables, config)
    variables["AWS_LAMBDA_INITIALIZATION_TYPE"] = provisioned.initialization_type(config)
    if str(config.get("Runtime", "")).startswith("nodejs"):
        variables.setdefault("NODE_PATH", str(Path(os.environ["LOCAL_AWS_LAMBDA_RUNTIME"], JAVASCRIPT)))
    return {**config, "Environment": {"Variables": variables}}
