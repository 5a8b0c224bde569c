"""A worker of a batch job: it decides about the transactions of its shard, and ends.

What to read and where to write stands in the environment, as `GpuBatchJob` of cdk_model_hosting says it. Addresses of files
(`file:///input/`) do as well as those of S3, so that a worker can be tried without either. Each object with a transaction
on a line becomes an object with a decision on a line. A second try writes the same once more.
"""

import json
import os
import sys
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import onnxruntime  # type: ignore[import-untyped]
from predictor import decide  # type: ignore[import-not-found] # it lies beside this file in the image

UNREADABLE = 65
"""Exit code for records that no further try makes readable: one of the job's `final_exit_codes`."""

# A GPU where the image has its libraries, a processor everywhere.
_PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")
_ROWS_AT_ONCE = 4096


class Model(onnxruntime.InferenceSession):  # type: ignore[misc]
    """The model of a folder, on the best device that the image can use."""

    def __init__(self, folder: Path) -> None:
        usable = onnxruntime.get_available_providers()
        super().__init__(str(folder / "model.onnx"), providers=[each for each in _PROVIDERS if each in usable])
        self.folder = folder


class Bucket:
    """Objects of a bucket in S3, by their key."""

    def __init__(self, name: str) -> None:
        self._objects = boto3.resource("s3").Bucket(name)

    def below(self, key: str) -> Iterator[str]:
        """The keys below a prefix."""
        return (each.key for each in self._objects.objects.filter(Prefix=key) if not each.key.endswith("/"))

    def read(self, key: str) -> str:
        """An object's text."""
        return str(self._objects.Object(key).get()["Body"].read().decode())

    def write(self, key: str, text: str) -> None:
        """Write an object: all of it, or nothing."""
        self._objects.put_object(Key=key, Body=text.encode())


class Folder:
    """Files, by their path from the root, as if they were in a bucket."""

    def below(self, key: str) -> Iterator[str]:
        """The files below a folder."""
        root = Path("/")
        return (str(each.relative_to(root)) for each in sorted((root / key).rglob("*")) if each.is_file())

    def read(self, key: str) -> str:
        """A file's text."""
        return (Path("/") / key).read_text(encoding="utf-8")

    def write(self, key: str, text: str) -> None:
        """Write a file: all of it, or nothing."""
        path = Path("/") / key
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)


def work(environment: Mapping[str, str], model: Any) -> int:
    """Decide about a shard.

    Args:
        environment: What the job says.
        model: A session of onnxruntime's, with the folder that it came from.

    Returns:
        Number of decisions.

    Raises:
        ValueError: When a record is none. What was read before it is written.
    """
    source, shard = _place(environment["SHARD_URI"])
    target, output = _place(environment["OUTPUT_URI"])
    decided = 0
    for key in _mine(environment, source, shard):
        lines = [line for line in source.read(key).splitlines() if line.strip()]
        decisions: list[dict[str, Any]] = []
        for start in range(0, len(lines), _ROWS_AT_ONCE):
            try:
                decisions += decide(model, [json.loads(line) for line in lines[start : start + _ROWS_AT_ONCE]])
            except ValueError as error:
                raise ValueError(f"{key}: {error}") from error
        target.write(f"{output}{key}.out", "".join(f"{json.dumps(each)}\n" for each in decisions))
        decided += len(decisions)
    return decided


def _mine(environment: Mapping[str, str], source: Bucket | Folder, shard: str) -> Iterator[str]:
    """The keys that are this worker's."""
    if not shard.endswith("/"):
        yield shard
        return
    shared = environment["SHARD_PART"] == "modulo"
    index, count = int(environment["SHARD_INDEX"]), int(environment["SHARD_COUNT"])
    for key in source.below(shard):
        if not shared or zlib.crc32(key.encode()) % count == index:
            yield key


def _place(uri: str) -> tuple[Bucket | Folder, str]:
    """Where an address lies, and its key there."""
    parts = urlsplit(uri, allow_fragments=False)
    key = parts.path.removeprefix("/")
    return (Folder() if parts.scheme == "file" else Bucket(parts.netloc)), key


def main() -> int:
    """Run as a process: the exit code says whether another try could help."""
    model = Model(Path(os.environ.get("MODEL_DIR", "/opt/model")))
    try:
        decided = work(os.environ, model)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return UNREADABLE
    shard, count = os.environ["SHARD_INDEX"], os.environ["SHARD_COUNT"]
    sys.stdout.write(f"{decided} decisions of shard {shard} of {count}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
