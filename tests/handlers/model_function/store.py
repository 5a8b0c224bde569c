"""A bucket of moto's with a model, and what becomes of downloading it."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cdk_model_hosting.handlers.model_function.bucket import BucketModel
from cdk_model_hosting.handlers.model_function.download import fetch
from cdk_model_hosting.handlers.model_function.failures import StartError

if TYPE_CHECKING:
    from collections.abc import Callable

BUCKET = "models"
CONTENT = b"weights" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Store:
    """S3 with a versioned bucket, and a record of what is asked of it."""

    def __init__(self, client: Any) -> None:
        self.s3 = client
        self.calls: list[str] = []
        self.before: dict[str, Callable[[], None]] = {}
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        client.meta.events.register("provide-client-params.s3.*", self._called)

    def put(self, content: bytes, key: str = "fraud.onnx") -> Any:
        answer = self.s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        self.calls.clear()
        return answer

    def _called(self, model: Any, **_: Any) -> None:
        self.calls.append(model.name)
        self.before.get(model.name, lambda: None)()


def model(key: str = "fraud.onnx", **checks: str) -> BucketModel:
    return BucketModel(bucket=BUCKET, key=key, **(checks or {"sha256": SHA256}))


def failure(wanted: BucketModel, store: Store, cache: Path) -> str:
    """Why a model cannot be had. Nothing is left of it, that could be taken for one or takes room."""
    with pytest.raises(StartError) as raised:
        fetch(wanted, s3=store.s3, cache=cache)
    assert {each.suffix for each in cache.iterdir()} <= {".lock"}
    return str(raised.value)
