"""Functions that are images: the folder that was built in place of the image, run by this machine's Python.

A function keeps the image that its name meant when it was created or updated, as on AWS, by its digest. The packages of the image
lie in it or in the virtual environment beside it; nothing of its base image is there.
"""

import http
import io
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from tests.local_aws import base_images, images
from tests.local_aws.images import Image
from tests.local_aws.server.sagemaker import cloud

Document = dict[str, Any]

_ROOT = "LOCAL_AWS_TASK_ROOT"
_WORKDIR = "LOCAL_AWS_WORKDIR"
_SITE = "LOCAL_AWS_SITE_PACKAGES"
_RUNTIME_INTERFACE = "awslambdaric"
_NOT_PASSED_ON = ("PATH", base_images.TASK_ROOT, "LAMBDA_RUNTIME_DIR")

# Where ministack's program for a Python function learns where its code is.
_CODE_FOLDER = '    code_dir = init["code_dir"]\n'
_IMAGE_FOLDER = f"""\
    code_dir = init["env"].pop({_ROOT!r}, init["code_dir"])
    if code_dir != init["code_dir"]:
        del os.environ[{_ROOT!r}]
        os.environ[{base_images.TASK_ROOT!r}] = code_dir
        os.chdir(os.environ.pop({_WORKDIR!r}))
        sys.path.append(os.environ.pop({_SITE!r}))
        del init["env"][{_WORKDIR!r}], init["env"][{_SITE!r}]
"""


class UnplayableError(Exception):
    """An image that cannot be run here."""


def install() -> None:
    """Run images. To be called before the server takes requests."""
    run_container = lambda_svc._execute_function_docker
    provision = lambda_svc._snapstart_provision_version_async
    known = lambda_runtime._detect_runtime_binary

    def execute(function: Document, event: Any, request_id: str) -> Document:
        config = function.get("config") or function
        if config.get("PackageType") != "Image":
            return dict(run_container(function, event, request_id))
        try:
            as_archive(config)
        except UnplayableError as error:
            return _failed(str(error))
        return dict(lambda_svc._execute_function_warm({**function, "code_zip": _no_files()}, event, request_id))

    def provision_image(name: str, version: Document) -> None:
        if version["config"].get("PackageType") == "Image":
            _begin(version["config"])
        else:
            provision(name, version)

    def detect(runtime: str) -> tuple[str, str]:
        binary, script = known(runtime)
        if not runtime.startswith("python"):
            return binary, script
        if script.count(_CODE_FOLDER) != 1:
            raise RuntimeError("ministack's program for Python functions finds its code elsewhere")
        return binary, script.replace(_CODE_FOLDER, _IMAGE_FOLDER)

    lambda_svc._execute_function_docker = execute
    lambda_svc._snapstart_provision_version_async = provision_image
    lambda_runtime._detect_runtime_binary = detect
    lambda_svc._create_function = _pinning(lambda_svc._create_function)
    lambda_svc._update_code = _pinning(lambda_svc._update_code)


def pin(config: Document) -> None:
    """Note which image a function's name of one means now. One that is not known here may still come."""
    image = images.find(cloud.scratch(), config.get("ImageUri", ""))
    # As on AWS, where the sum of an image is the one of its manifest.
    config["CodeSha256"] = image.digest.removeprefix("sha256:") if image is not None else ""


def as_archive(config: Document) -> Document:
    """Return the configuration that a function of an archive would have, for the same code.

    Raises:
        UnplayableError: The image was not built here, or begins with something that no function begins with.
    """
    image = _image(config)
    given = config.get("ImageConfigResponse", {}).get("ImageConfig", {})
    entrypoint = given.get("EntryPoint") or image.entrypoint
    command = given.get("Command") or image.command
    workdir = given.get("WorkingDirectory") or image.workdir
    root = image.environment.get(base_images.TASK_ROOT)
    if _RUNTIME_INTERFACE in entrypoint:
        command = [*entrypoint[entrypoint.index(_RUNTIME_INTERFACE) + 1 :], *command]
        root = root or workdir
    elif entrypoint or root is None:
        raise UnplayableError(
            f"image {config['ImageUri']} begins with {entrypoint}: the local AWS runs images of Lambda's Python base images, "
            f"and those whose entry point is {_RUNTIME_INTERFACE}"
        )
    if not command or "." not in command[0]:
        raise UnplayableError(f"image {config['ImageUri']} must name its handler in CMD, got {command}")
    variables = {
        name: image.localized(value) for name, value in image.environment.items() if name not in _NOT_PASSED_ON
    }
    own = config.get("Environment", {}).get("Variables", {})
    variables |= {name: image.localized(value) for name, value in own.items()}
    (site,) = Path(image.interpreter, "lib").glob("python*/site-packages")
    places = {_ROOT: _inside(image, root), _WORKDIR: _inside(image, workdir), _SITE: str(site)}
    return {
        **config,
        "Runtime": f"python{sys.version_info.major}.{sys.version_info.minor}",
        "Handler": command[0],
        "Environment": {"Variables": {**variables, **places}},
    }


def _image(config: Document) -> Image:
    digest = config.get("CodeSha256")
    image = images.find(cloud.scratch(), f"sha256:{digest}" if digest else config["ImageUri"])
    if image is None:
        raise UnplayableError(
            f"image {config['ImageUri']} was not built here: the local AWS runs only images built from a folder"
        )
    return image


def _inside(image: Image, path: str) -> str:
    return str(Path(image.root, path.lstrip("/")))


def _begin(config: Document) -> None:
    """Start the process of a version whose snapshot is made, which is active once that has begun, or has failed."""

    def start() -> None:
        outcome = {"State": "Active", "StateReason": "", "StateReasonCode": "", "LastUpdateStatus": "Successful"}
        try:
            as_archive(config)
            worker, _why = lambda_runtime.acquire_worker(
                config["FunctionName"], config, _no_files(), qualifier=config["Version"]
            )
            try:
                lambda_runtime.ensure_spawned(worker)
            finally:
                lambda_runtime.release_worker(worker)
        except (UnplayableError, RuntimeError) as error:
            outcome = {"State": "Failed", "StateReason": str(error), "StateReasonCode": "FunctionError"}
        config.update(outcome)

    cloud.in_background(start, name="snapshot")


def _pinning(change: Any) -> Any:
    """Note the image after a change of a function's code, and answer what was noted."""

    def pinned(*arguments: Any) -> Any:
        status, headers, body = change(*arguments)
        data = arguments[-1]
        uri = data.get("ImageUri") or data.get("Code", {}).get("ImageUri")
        if status >= http.HTTPStatus.BAD_REQUEST or not uri:
            return status, headers, body
        function = lambda_svc._functions[arguments[0] if len(arguments) > 1 else data["FunctionName"]]
        answer = json.loads(body)
        latest = [function["config"], *(version["config"] for version in function["versions"].values())]
        for config in latest:
            if config["Version"] in {"$LATEST", answer["Version"]}:
                pin(config)
        return status, headers, json.dumps({**answer, "CodeSha256": function["config"]["CodeSha256"]}).encode()

    return pinned


def _failed(why: str) -> Document:
    return {"body": {"errorMessage": why, "errorType": "Runtime.InvalidEntrypoint"}, "error": True, "log": why}


def _no_files() -> bytes:
    """An archive of nothing, since ministack runs no function without one."""
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    return empty.getvalue()
