"""What base images bring that a Dockerfile counts on. Nothing is pulled, so it is written down here.

See: https://docs.aws.amazon.com/lambda/latest/dg/python-image.html
"""

import re
from dataclasses import dataclass, field

# Lambda's own, from either registry, or a mirror of them.
_LAMBDA = re.compile(r"(lambda/python|aws-lambda-python)([:@].*)?")
_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)", re.IGNORECASE | re.MULTILINE)

TASK_ROOT = "LAMBDA_TASK_ROOT"
"""The variable by which Lambda's images name the folder of the code."""


@dataclass(frozen=True, slots=True)
class Base:
    """What an image has before the first instruction.

    Args:
        environment: Its variables.
        workdir: Its working directory.
    """

    environment: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"


def of(dockerfile: str) -> Base:
    """Return what the base image of a Dockerfile brings, as far as it is known.

    Args:
        dockerfile: The text of the Dockerfile.
    """
    named = _FROM.search(dockerfile)
    if named is None or _LAMBDA.search(named[1]) is None:
        return Base()
    return Base({TASK_ROOT: "/var/task", "LAMBDA_RUNTIME_DIR": "/var/runtime"}, "/var/task")
