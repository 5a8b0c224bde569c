"""Names and numbers as texts, which Kubernetes often wants them to be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from cdk_model_hosting.limits.kinds import TextLimit


def kebab(construct_id: str) -> str:
    """A construct ID as a name: ``GpuRanker`` is ``gpu-ranker``.

    Args:
        construct_id: The ID.
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", construct_id)
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def name_of(limit: TextLimit, what: str, name: str | None, *, construct_id: str) -> str:
    """A name that was given, or the one that is made from the construct's ID.

    Args:
        limit: What such names are like.
        what: The construct as the user typed it.
        name: The name; None when none was given.
        construct_id: The ID.

    Raises:
        ConfigurationError: When it is no such name.
    """
    if name is not None:
        limit.check(f"{what} name", name, optional=False)
        return name
    made = kebab(construct_id)
    limit.check(f"{what} name, made from construct_id {construct_id!r} where none is given,", made, optional=False)
    return made


def number_text(number: float) -> str:
    """A number as text, also one that is known only at deploy time.

    Args:
        number: The number.
    """
    return cdk.Tokenization.stringify_number(number) if is_token(number) else f"{number}"
