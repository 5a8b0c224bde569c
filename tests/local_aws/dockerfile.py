"""Plays a Dockerfile without a Docker engine, as far as a Python program in an image needs it.

WORKDIR and COPY fill a folder that stands for the container's file system; ENV, ENTRYPOINT, CMD and LABEL are recorded;
``RUN pip install -r file`` becomes a virtual environment, and with ``--target`` the packages of a function in that folder. What
the base image brings is known for Lambda's alone. What has no meaning for a local process (EXPOSE, USER, other
RUN commands ...) is reported as skipped, and what cannot be played is an error that names it.
"""

import hashlib
import io
import json
import re
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from dockerfile_parse import DockerfileParser
from dockerfile_parse.util import WordSplitter

from tests.local_aws import base_images, interpreters
from tests.local_aws.images import Image

_WITHOUT_EFFECT = frozenset({"EXPOSE", "USER", "STOPSIGNAL", "HEALTHCHECK", "MAINTAINER", "VOLUME"})
_READ_BY_THE_PARSER = frozenset({"COMMENT", "ARG", "ENV", "LABEL"})
_SHELL = ["/bin/sh", "-c"]
_BASE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class DockerfileError(Exception):
    """A Dockerfile, or its context, that cannot be played."""


@dataclass
class _Build:
    """What the instructions so far have made."""

    context: Path
    root: Path
    workdir: PurePosixPath = field(default_factory=lambda: PurePosixPath("/"))
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    requirements: list[Path] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    stages: int = 0


def build(context: Path, dockerfile: Path, build_args: dict[str, str], folder: Path) -> Image:
    """Play a Dockerfile.

    Args:
        context: The folder that COPY reads.
        dockerfile: The Dockerfile.
        build_args: The values of ``--build-arg``.
        folder: Where images are put, each under its hash; one that is there is not built again.

    Raises:
        DockerfileError: An instruction cannot be played, or a file is missing.
        InstallError: pip refused the requirements.
    """
    digest = _digest(context, dockerfile, build_args)
    folder.mkdir(parents=True, exist_ok=True)
    base = base_images.of(dockerfile.read_text())
    state = _Build(
        context.resolve(),
        Path(tempfile.mkdtemp(prefix=".building-", dir=folder)),
        workdir=PurePosixPath(base.workdir),
    )
    _inside(state, state.workdir).mkdir(parents=True, exist_ok=True)
    parser = DockerfileParser(
        fileobj=io.BytesIO(dockerfile.read_bytes()),
        build_args=build_args,
        parent_env={"PATH": _BASE_PATH, **base.environment},
    )
    environment: dict[str, str] = {}
    labels: dict[str, str] = {}
    for instruction, known in zip(parser.structure, parser.context_structure, strict=True):
        _play(state, instruction["instruction"], instruction["value"], known)
        environment, labels = known.envs, known.labels
    if state.stages == 0:
        raise DockerfileError(f"{dockerfile} has no FROM instruction")
    state.root.joinpath(*state.workdir.parts[1:]).mkdir(parents=True, exist_ok=True)
    interpreter = interpreters.environment_for(state.requirements)
    return Image(
        digest=f"sha256:{digest}",
        root=str(_keep(state.root, folder / digest[:24])),
        interpreter=str(interpreter),
        workdir=str(state.workdir),
        environment=environment,
        entrypoint=state.entrypoint,
        command=state.command,
        labels=labels,
        skipped=state.skipped,
    )


def _keep(built: Path, root: Path) -> Path:
    """Put a folder where the hash says, unless the same was built before: containers may be running there."""
    try:
        built.rename(root)
    except OSError:
        shutil.rmtree(built)
    return root


def _play(state: _Build, name: str, value: str, known: Any) -> None:
    if name in _READ_BY_THE_PARSER:
        return
    if name in _WITHOUT_EFFECT:
        state.skipped.append(f"{name} {value}")
        return
    player = _PLAYERS.get(name)
    if player is None:
        raise DockerfileError(f"the instruction {name} cannot be played without a Docker engine: {name} {value}")
    player(state, value, known)


def _play_from(state: _Build, value: str, _known: Any) -> None:
    state.stages += 1
    if state.stages > 1:
        raise DockerfileError(f"a second stage cannot be played without a Docker engine: FROM {value}")


def _play_workdir(state: _Build, value: str, known: Any) -> None:
    state.workdir = state.workdir / "".join(_words(value, known, keep_whole=True))
    _inside(state, state.workdir).mkdir(parents=True, exist_ok=True)


def _play_copy(state: _Build, value: str, known: Any) -> None:
    words = _json_words(value) or list(_words(value, known))
    flags = [word for word in words if word.startswith("--")]
    unplayable = [flag for flag in flags if flag.split("=")[0] not in {"--chown", "--chmod", "--link"}]
    if unplayable:
        raise DockerfileError(f"COPY {unplayable[0]} cannot be played without a Docker engine: COPY {value}")
    *patterns, destination = [word for word in words if not word.startswith("--")]
    sources = [source for pattern in patterns for source in _matches(state.context, pattern)]
    if not sources:
        raise DockerfileError(f"COPY needs a source and a destination: COPY {value}")
    target = _inside(state, state.workdir / destination)
    into_folder = destination.endswith("/") or destination == "." or target.is_dir() or len(sources) > 1
    for source in sources:
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            file = target / source.name if into_folder else target
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, file)


def _play_run(state: _Build, value: str, known: Any) -> None:
    command = shlex.join(_json_words(value)) if _json_words(value) else value
    for part in re.split(r"&&|;|\|\|", command):
        words = _without_flags(shlex.split(part))
        files = [_requirements(state, part, file) for file in _requirements_files(words)]
        target = _target_folder(words)
        if target is None:
            state.requirements.extend(files)
        for file in files if target is not None else []:
            interpreters.install_into(_inside(state, state.workdir / "".join(_words(str(target), known))), file)
        if not files and words:
            state.skipped.append(f"RUN {part.strip()}")


def _requirements(state: _Build, command: str, file: str) -> Path:
    found = _inside(state, state.workdir / file)
    if not found.is_file():
        raise DockerfileError(f"RUN {command.strip()}: no file {file} was copied to {state.workdir} before")
    return found


def _play_entrypoint(state: _Build, value: str, _known: Any) -> None:
    state.entrypoint, state.command = _json_words(value) or [*_SHELL, value], []


def _play_command(state: _Build, value: str, _known: Any) -> None:
    state.command = _json_words(value) or [*_SHELL, value]


_PLAYERS: dict[str, Callable[[_Build, str, Any], None]] = {
    "FROM": _play_from,
    "WORKDIR": _play_workdir,
    "COPY": _play_copy,
    "RUN": _play_run,
    "ENTRYPOINT": _play_entrypoint,
    "CMD": _play_command,
}


def _requirements_files(words: list[str]) -> list[str]:
    """List the requirements files of a pip install; none when the command is something else."""
    if words[:2] == ["python", "-m"] or words[:2] == ["python3", "-m"]:
        words = words[2:]
    if words[:2] not in (["pip", "install"], ["pip3", "install"]):
        return []
    files = []
    for before, word in zip(words, [*words[1:], ""], strict=True):
        if before in {"-r", "--requirement"}:
            files.append(word)
        elif before.startswith("--requirement="):
            files.append(before.removeprefix("--requirement="))
        elif before.startswith("-r") and not before.startswith("--"):
            files.append(before.removeprefix("-r"))
    return files


def _target_folder(words: list[str]) -> str | None:
    """Return the folder that pip installs into, or None where it is the interpreter's own."""
    for before, word in zip(words, [*words[1:], ""], strict=True):
        if before in {"-t", "--target"}:
            return word
        if before.startswith("--target="):
            return before.removeprefix("--target=")
    return None


def _without_flags(words: list[str]) -> list[str]:
    while words and words[0].startswith("--"):
        words = words[1:]
    return words


def _words(value: str, known: Any, *, keep_whole: bool = False) -> Iterator[str]:
    splitter = WordSplitter(value, args=known.args, envs=known.envs)
    yield from splitter.split(maxsplit=0) if keep_whole else splitter.split()


def _json_words(value: str) -> list[str]:
    """Return the words of an instruction in exec form, or nothing when it is in shell form."""
    if not value.lstrip().startswith("["):
        return []
    try:
        words = json.loads(value)
    except json.JSONDecodeError:
        return []
    return [str(word) for word in words] if isinstance(words, list) else []


def _matches(context: Path, pattern: str) -> list[Path]:
    relative = pattern.lstrip("/").removeprefix("./")
    found = [context] if relative in {"", "."} else sorted(context.glob(relative))
    if not found or not all(path.resolve().is_relative_to(context) for path in found):
        raise DockerfileError(f"COPY {pattern}: not found in the build context {context}")
    return found


def _inside(state: _Build, path: PurePosixPath) -> Path:
    local = (state.root / str(path).lstrip("/")).resolve()
    if not local.is_relative_to(state.root.resolve()):
        raise DockerfileError(f"the path {path} leaves the image")
    return local


def _digest(context: Path, dockerfile: Path, build_args: dict[str, str]) -> str:
    digest = hashlib.sha256(json.dumps(sorted(build_args.items())).encode())
    digest.update(dockerfile.read_bytes())
    for path in sorted(context.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.relative_to(context)} {path.stat().st_mode & 0o111} {content}\n".encode())
    return digest.hexdigest()
