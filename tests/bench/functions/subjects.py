"""The fraud model in each of the ways in which a function gets one, laid out on this machine as Lambda lays them out."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting import FunctionCode
from cdk_model_hosting.functions.bundle import Bundle
from cdk_model_hosting.functions.code import MODEL_FOLDER
from cdk_model_hosting.functions.files import files_below, write_tar
from cdk_model_hosting.functions.target import Target
from cdk_model_hosting.handlers.model_function.contract import Delivery, Variable
from tests.local_aws import paths
from tests.local_aws.function_packages import ARCHITECTURE, PYTHON, for_this_machine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.local_aws.lifecycle import LocalAws

FUNCTION = paths.REPOSITORY / "examples/fraud/function"
PROXY = paths.REPOSITORY / "examples/fraud/proxy"
MODEL = paths.REPOSITORY / "examples/fraud/model"
BUCKET = "bench-models"
MEMORY_MB = 1769
PROXY_MEMORY_MB = 512

_MB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What of a function is uploaded.

    Args:
        archive_mb: Code and packages, compressed.
        unzipped_mb: What that is on its disk.
    """

    archive_mb: float
    unzipped_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One function.

    Args:
        name: How its model comes to it.
        root: Its code, with packages.
        variables: Its environment variables.
        sizes: What is uploaded of it.
        model_mb: Its model, where that lies elsewhere.
        memory_mb: Its memory on AWS.
        image: Whether all of it is an image.
        from_bucket: Whether its model is downloaded.
        file_system: Whether the model lies in a file system.
        instances: Instances of an endpoint behind it.
    """

    name: str
    root: Path
    variables: Mapping[str, str]
    sizes: Sizes
    model_mb: float = 0.0
    memory_mb: int = MEMORY_MB
    image: bool = False
    file_system: bool = False
    instances: int = 0
    from_bucket: bool = False


def subjects(scratch: Path, local: LocalAws, endpoint: str) -> list[Subject]:
    """Lay all of them out.

    Args:
        scratch: Where to.
        local: Where the bucket and the endpoint are.
        endpoint: Name of an endpoint with the model.
    """
    files = {f"{MODEL_FOLDER}/{name}": path for name, path in files_below("the model", MODEL).items()}
    model_mb = sum(path.stat().st_size for path in files.values()) / _MB
    whole, bare = _bundle(FUNCTION, "requirements.txt", files), _bundle(FUNCTION, "requirements.txt", {})
    with_model, without = _unzip(whole, scratch / "whole"), _unzip(bare, scratch / "bare")
    apart = scratch / "apart"
    for name, path in files.items():
        (apart / name).parent.mkdir(parents=True, exist_ok=True)
        (apart / name).write_bytes(path.read_bytes())
    all_sizes, own_sizes = _sizes(whole), _sizes(bare)
    return [
        Subject(name="bundled", root=with_model, variables=_at(Delivery.BUNDLED, MODEL_FOLDER), sizes=all_sizes),
        Subject(
            name="layer",
            root=without,
            variables=_at(Delivery.LAYER, apart / MODEL_FOLDER),
            sizes=own_sizes,
            model_mb=model_mb,
        ),
        Subject(
            name="image", root=with_model, variables=_at(Delivery.IMAGE, MODEL_FOLDER), image=True, sizes=all_sizes
        ),
        Subject(
            name="bucket",
            root=without,
            variables=_uploaded(local, scratch),
            from_bucket=True,
            sizes=own_sizes,
            model_mb=model_mb,
        ),
        Subject(
            name="file system",
            root=without,
            variables=_at(Delivery.FILE_SYSTEM, apart / MODEL_FOLDER),
            file_system=True,
            sizes=own_sizes,
            model_mb=model_mb,
        ),
        _proxy(scratch, endpoint),
    ]


def _bundle(folder: Path, requirements: str | None, model: Mapping[str, Path]) -> Bundle:
    code = FunctionCode.from_folder(folder, requirements=requirements, python=PYTHON)
    with for_this_machine():
        bundle = Bundle(code=code, target=Target(python=PYTHON, architecture=ARCHITECTURE), model=model)
        bundle.archive()
        return bundle


def _unzip(bundle: Bundle, folder: Path) -> Path:
    with for_this_machine(), zipfile.ZipFile(bundle.archive()) as archive:
        archive.extractall(folder)
    return folder


def _sizes(bundle: Bundle) -> Sizes:
    with for_this_machine():
        return Sizes(archive_mb=bundle.archive().stat().st_size / _MB, unzipped_mb=bundle.unzipped_megabytes())


def _at(delivery: Delivery, path: Path | str) -> dict[str, str]:
    return {
        Variable.ENTRY: "predictor:predict",
        Variable.SAMPLE: "sample.json",
        Variable.DELIVERY: delivery,
        Variable.PATH: str(path),
    }


def _uploaded(local: LocalAws, scratch: Path) -> dict[str, str]:
    archive = scratch / "model.tar"
    write_tar(archive, files_below("the model", MODEL))
    content = archive.read_bytes()
    s3 = local.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=archive.name, Body=content)
    return {
        Variable.ENTRY: "predictor:predict",
        Variable.SAMPLE: "sample.json",
        Variable.DELIVERY: Delivery.BUCKET,
        Variable.BUCKET: BUCKET,
        Variable.KEY: archive.name,
        Variable.SHA256: hashlib.sha256(content).hexdigest(),
    }


def _proxy(scratch: Path, endpoint: str) -> Subject:
    bundle = _bundle(PROXY, None, {})
    return Subject(
        name="proxy",
        root=_unzip(bundle, scratch / "proxy"),
        variables={
            Variable.ENTRY: "predictor:predict",
            Variable.DELIVERY: Delivery.ENDPOINT,
            Variable.ENDPOINT: endpoint,
        },
        memory_mb=PROXY_MEMORY_MB,
        instances=1,
        sizes=_sizes(bundle),
    )
