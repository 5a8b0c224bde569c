"""Environment variables of a function."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import FUNCTION_ENVIRONMENT_BYTES
from cdk_model_hosting.tokens import is_token

_WHAT = "FunctionCode environment"
_OURS = "MODEL_FUNCTION_"
_NAME = re.compile(r"[a-zA-Z]\w+", re.ASCII)
# See: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
_RESERVED = frozenset(
    {
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_MAX_CONCURRENCY",
        "AWS_LAMBDA_METADATA_API",
        "AWS_LAMBDA_METADATA_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)


def check_names(given: Mapping[str, str]) -> None:
    """Refuse variables that a user cannot set.

    Args:
        given: The user's.

    Raises:
        ConfigurationError: When one is reserved, or no text.
    """
    require(_WHAT, given, Mapping)
    for name, value in given.items():
        require(f"{_WHAT} name", name, str)
        require(f"{_WHAT} {name}", value, str)
        if name in _RESERVED or name.startswith(_OURS) or not _NAME.fullmatch(name):
            raise ConfigurationError(
                f"{_WHAT} name must be two or more letters, digits and underscores, the first a letter, and not be Lambda's own or begin "
                f"with {_OURS}, got {name!r}: the function reads it as something else"
            )


def together_with(given: Mapping[str, str], ours: Mapping[str, str]) -> dict[str, str]:
    """All variables of a function.

    Args:
        given: The user's.
        ours: This library's.

    Raises:
        ConfigurationError: When all together are too long.
    """
    together = {**given, **ours}
    known = sum(
        len(name.encode()) + (0 if is_token(value) else len(value.encode())) for name, value in together.items()
    )
    FUNCTION_ENVIRONMENT_BYTES.check(f"{_WHAT} names and values", known)
    return together
