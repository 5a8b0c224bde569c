"""The stand-in for the ``docker`` command, which the CDK CLI runs by the name that CDK_DOCKER gives.

The local AWS always uses it, also where a Docker engine is at hand: its runtime plane starts containers as local
processes, and needs to know the folder that an image was built from. It knows the commands that the CLI uses for an image
asset: inspect, build, tag, login, push and images. What it builds is recorded in the scratch folder of the local AWS, and
a push makes the image known to the local ECR, so that the next deploy finds it there.

    python tests/local_aws/docker.py build --tag name --platform linux/amd64 .
"""

import argparse
import importlib.util
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # Run by path, Python looks for modules beside this file: let it look in the repository.
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from tests.local_aws import images, interpreters, paths

_UNKNOWN_IMAGE = 1
_USAGE = 125
_ECR_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/(?P<repository>[^:]+):(?P<tag>.+)"
)
_MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"


class CommandError(Exception):
    """A command that failed, with its exit status."""

    def __init__(self, message: str, status: int = _USAGE) -> None:
        super().__init__(message)
        self.status = status


def main(argv: list[str]) -> int:
    """Run one docker command and return its exit status."""
    options = argparse.ArgumentParser(prog="docker", add_help=False)
    options.add_argument("--config")
    options.add_argument("words", nargs=argparse.REMAINDER)
    words = options.parse_args(argv).words
    if words[:1] == ["image"]:
        words = words[1:]
    command = _COMMANDS.get(words[0] if words else "", _unknown)
    try:
        command(words[1:])
    except CommandError as error:
        sys.stderr.write(f"docker (local AWS): {error}\n")
        return error.status
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _unknown(words: list[str]) -> None:
    raise CommandError(f"this command is not played by the local AWS, only {', '.join(_COMMANDS)}; got {words}")


def _inspect(words: list[str]) -> None:
    image = _known(words[-1])
    config = {"Env": [f"{k}={v}" for k, v in image.environment.items()], "Labels": image.labels}
    _say(json.dumps([{"Id": image.digest, "RepoTags": [words[-1]], "Config": config}], indent=4))


def _build(words: list[str]) -> None:
    from tests.local_aws import dockerfile  # noqa: PLC0415 - the parser is in one of the environments only

    parser = argparse.ArgumentParser(prog="docker build", add_help=False, exit_on_error=False)
    parser.add_argument("--tag", "-t", required=True)
    parser.add_argument("--file", "-f")
    parser.add_argument("--build-arg", action="append", default=[])
    for ignored in ("--platform", "--network", "--cache-from", "--cache-to", "--output"):
        parser.add_argument(ignored, action="append")
    parser.add_argument("--no-cache", action="store_true")
    parser.add_argument("context")
    try:
        options, unplayable = parser.parse_known_args(words)
    except argparse.ArgumentError as error:
        raise CommandError(f"docker build: {error}") from error
    if unplayable:
        raise CommandError(f"docker build {' '.join(unplayable)} cannot be played without a Docker engine")
    context = Path(options.context)
    build_args = dict(argument.partition("=")[::2] for argument in options.build_arg)
    file = context / (options.file or "Dockerfile")
    try:
        image = dockerfile.build(context, file, build_args, images.scratch_folder() / "images")
    except (dockerfile.DockerfileError, interpreters.InstallError, OSError) as error:
        raise CommandError(f"building {file}: {error}", status=1) from error
    for instruction in image.skipped:
        sys.stderr.write(f"docker (local AWS): skipped, has no effect here: {instruction}\n")
    images.put(images.scratch_folder(), options.tag, image)


def _tag(words: list[str]) -> None:
    source, target = words
    images.put(images.scratch_folder(), target, _known(source))


def _login(_words: list[str]) -> None:
    sys.stdin.read()
    _say("Login Succeeded")


def _push(words: list[str]) -> None:
    name = words[-1]
    image = _known(name)
    place = _ECR_IMAGE.fullmatch(name)
    if place is None:
        raise CommandError(f"push: {name} is no image of an ECR repository", status=1)
    import botocore.session  # noqa: PLC0415 - takes a fifth of a second, which the other commands do not pay

    client: Any = botocore.session.Session().create_client(
        "ecr",
        region_name=place["region"],
        endpoint_url=os.environ["AWS_ENDPOINT_URL"],
        aws_access_key_id=place["account"],
        aws_secret_access_key="local",  # noqa: S106 - the local AWS takes any
    )
    manifest = {"schemaVersion": 2, "mediaType": _MANIFEST_TYPE, "config": {"digest": image.digest}, "layers": []}
    client.put_image(
        repositoryName=place["repository"],
        imageTag=place["tag"],
        imageManifest=json.dumps(manifest),
        imageManifestMediaType=_MANIFEST_TYPE,
    )
    _say(f"{place['tag']}: digest: {image.digest}")


def _images(words: list[str]) -> None:
    """List the names whose tag is the one that ``--filter reference=*/*:tag`` asks for."""
    tags = [word.rpartition(":")[2] for word in words if word.startswith("reference=")]
    for name in images.names(images.scratch_folder()):
        if not tags or name.rpartition(":")[2] in tags:
            _say(name)


_COMMANDS = {
    "inspect": _inspect,
    "build": _build,
    "tag": _tag,
    "login": _login,
    "push": _push,
    "images": _images,
}


def _known(name: str) -> images.Image:
    image = images.find(images.scratch_folder(), name)
    if image is None:
        raise CommandError(f"no such image: {name}", status=_UNKNOWN_IMAGE)
    return image


def _in_the_environment_of_the_server() -> None:
    """Start again in the virtual environment that has the Dockerfile parser, unless this is it."""
    if importlib.util.find_spec("dockerfile_parse") is None:
        # This one has the library, which knows how a function's packages are installed.
        os.environ.setdefault(interpreters.LIBRARY_PYTHON, sys.executable)
        os.execv(paths.SERVER_PYTHON, [str(paths.SERVER_PYTHON), __file__, *sys.argv[1:]])  # noqa: S606 - no shell


if __name__ == "__main__":
    _in_the_environment_of_the_server()
    sys.exit(main(sys.argv[1:]))
