"""What a Lambda function does with the fraud model behind a queue: transactions in, their decisions into a table."""

import os
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

import boto3
from predictor import decide  # type: ignore[import-not-found] # it lies beside this file in the function


def score(model: Any, requests: list[Any]) -> list[dict[str, Any]]:
    """Decide about transactions, and write down what was decided.

    A message may come twice. That is no harm: it is written under the transaction's name, which is the same then.

    Args:
        model: A session of onnxruntime's, with the folder that it came from.
        requests: The transactions, each with its name and every feature that model.json names.

    Raises:
        ValueError: When one of them is none. Nothing is written then, and they are tried again in halves.
    """
    names = [_name(request) for request in requests]
    decisions = [{"transaction": name, **each} for name, each in zip(names, decide(model, requests), strict=True)]
    with _table().batch_writer(overwrite_by_pkeys=["transaction"]) as batch:
        for each in decisions:
            batch.put_item(Item={**each, "probability": Decimal(str(each["probability"]))})
    return decisions


def _name(request: Any) -> str:
    name = request.get("transaction") if isinstance(request, Mapping) else None
    if not isinstance(name, str) or not name:
        raise ValueError("a transaction must have a name in the field transaction, got none")
    return name


@lru_cache(maxsize=1)
def _table() -> Any:
    return boto3.resource("dynamodb").Table(os.environ["DECISIONS_TABLE"])
