"""Names and numbers as texts, which Kubernetes often wants them to be."""

from __future__ import annotations

import re

import aws_cdk as cdk

from cdk_model_hosting.tokens import is_token


def kebab(construct_id: str) -> str:
    """A construct ID as a name: ``GpuRanker`` is ``gpu-ranker``.

    Args:
        construct_id: The ID.
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", construct_id)
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def number_text(number: float) -> str:
    """A number as text, also one that is known only at deploy time.

    Args:
        number: The number.
    """
    return cdk.Tokenization.stringify_number(number) if is_token(number) else f"{number}"
