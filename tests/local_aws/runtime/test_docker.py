"""The stand-in for docker plays what a container of a Python program needs, and names what it cannot play."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.local_aws import images, paths
from tests.local_aws.runtime.hosting import ECHO_CONTAINER, REPOSITORY_NAME, Hosting, unique

Finished = subprocess.CompletedProcess[str]


def docker(scratch: Path, *words: str, context: Path | None = None) -> Finished:
    command = [sys.executable, str(paths.DOCKER_STAND_IN), *words]
    environment = {**os.environ, "LOCAL_AWS_SCRATCH": str(scratch)}
    return subprocess.run(
        command, env=environment, cwd=context, capture_output=True, text=True, check=False, input="password"
    )


def context_of(tmp_path: Path, dockerfile: str, **files: str) -> Path:
    context = tmp_path / "context"
    context.mkdir()
    (context / "Dockerfile").write_text(dockerfile)
    for name, content in files.items():
        (context / name).write_text(content)
    return context


def built(tmp_path: Path, dockerfile: str, *options: str, **files: str) -> images.Image:
    context = context_of(tmp_path, dockerfile, **files)
    finished = docker(tmp_path, "build", "--tag", "built", *options, ".", context=context)
    assert finished.returncode == 0, finished.stderr
    image = images.find(tmp_path, "built")
    assert image is not None
    return image


def test_the_calls_that_the_cdk_cli_makes(hosting: Hosting) -> None:
    local_name = f"cdkasset-{unique('x')}"
    target = hosting.image.replace(":echo", f":{unique('tag')}")

    assert hosting.docker("inspect", local_name, check=False).returncode == 1
    assert "Login Succeeded" in hosting.docker("login", "--username", "AWS", "--password-stdin", "host").stdout
    hosting.docker(
        "build", "--build-arg", "FLAVOUR=sweet", "--tag", local_name, "--platform", "linux/amd64", str(ECHO_CONTAINER)
    )
    hosting.docker("tag", local_name, target)
    assert hosting.docker("images", "--filter", f"reference=*/*:{target.rpartition(':')[2]}").stdout == f"{target}\n"
    hosting.docker("push", target)

    described = json.loads(hosting.docker("image", "inspect", target).stdout)[0]
    assert "ECHO_FLAVOUR=sweet" in described["Config"]["Env"]
    pushed = hosting.local.client("ecr").describe_images(
        repositoryName=REPOSITORY_NAME, imageIds=[{"imageTag": target.rpartition(":")[2]}]
    )["imageDetails"]
    assert len(pushed) == 1


def test_a_dockerfile_is_played(tmp_path: Path) -> None:
    image = built(
        tmp_path,
        "FROM python:3.13\nARG NAME=me\nENV WHO=$NAME HOME_OF=/srv/code\nLABEL a=b\nWORKDIR /srv\nWORKDIR code\n"
        'COPY *.py requirements.txt ./\nCOPY ["one.py", "/etc/other.py"]\n'
        "RUN pip install -r requirements.txt && apt-get update\nUSER nobody\n"
        'ENTRYPOINT ["python", "/srv/code/one.py"]\nCMD ["by", "default"]\n',
        "--build-arg",
        "NAME=you",
        **{"one.py": "print(1)", "two.py": "print(2)", "requirements.txt": ""},
    )

    root = Path(image.root)
    assert sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()) == [
        "etc/other.py",
        "srv/code/one.py",
        "srv/code/requirements.txt",
        "srv/code/two.py",
    ]
    assert image.environment["WHO"] == "you"
    assert image.labels == {"a": "b"}
    assert image.workdir == "/srv/code"
    assert image.local_workdir == root / "srv/code"
    assert image.argv([]) == ["python", f"{root}/srv/code/one.py", "by", "default"]
    assert image.argv(["serve"]) == ["python", f"{root}/srv/code/one.py", "serve"]
    assert image.localized("/srv/code:/opt/ml") == f"{root}/srv/code:/opt/ml"
    assert image.skipped == ["RUN apt-get update", "USER nobody"]


def test_the_same_context_is_the_same_image_and_another_is_not(tmp_path: Path) -> None:
    context = context_of(tmp_path, "FROM x\nCOPY code.py /code.py\n", **{"code.py": "1"})
    digests = []
    for content in ("1", "1", "2"):
        (context / "code.py").write_text(content)
        docker(tmp_path, "build", "--tag", "it", str(context))
        image = images.find(tmp_path, "it")
        assert image is not None
        assert (Path(image.root) / "code.py").read_text() == content
        digests.append(image.digest)

    assert digests[0] == digests[1] != digests[2]
    assert len([path for path in (tmp_path / "images").iterdir() if not path.name.startswith(".")]) == 2


@pytest.mark.parametrize(
    ("dockerfile", "message"),
    [
        ("FROM x\nADD https://host/file /file", "the instruction ADD cannot be played without a Docker engine"),
        ("FROM x AS a\nFROM y", "a second stage cannot be played"),
        ("FROM x\nCOPY --from=a /x /y", "COPY --from=a cannot be played"),
        ("FROM x\nCOPY missing.txt /", "COPY missing.txt: not found in the build context"),
        ("FROM x\nCOPY ../../etc/passwd /", "not found in the build context"),
        ("FROM x\nCOPY code.py ../../../../outside/", "leaves the image"),
        ("FROM x\nRUN pip install -r requirements.txt", "no file requirements.txt was copied to / before"),
        ("ENV A=b", "has no FROM instruction"),
    ],
)
def test_what_cannot_be_played_is_named(tmp_path: Path, dockerfile: str, message: str) -> None:
    context = context_of(tmp_path, dockerfile, **{"code.py": ""})

    finished = docker(tmp_path, "build", "--tag", "it", ".", context=context)

    assert finished.returncode == 1
    assert message in finished.stderr
    assert images.find(tmp_path, "it") is None


@pytest.mark.parametrize("option", ["", " --target /var/task"], ids=["interpreter", "folder"])
def test_requirements_must_be_pinned_by_hash(tmp_path: Path, option: str) -> None:
    dockerfile = f"FROM x\nCOPY requirements.txt .\nRUN python -m pip install{option} --requirement=requirements.txt"
    context = context_of(tmp_path, dockerfile, **{"requirements.txt": "six==1.17.0\n"})

    finished = docker(tmp_path, "build", "--tag", "it", ".", context=context)

    assert finished.returncode == 1
    assert "hash" in finished.stderr.lower()


@pytest.mark.parametrize(
    "words",
    [("run", "image"), ("build", "--tag", "x", "--secret", "id=a", "."), ("push", "unknown"), ("tag", "a", "b")],
)
def test_other_commands_are_refused(tmp_path: Path, words: tuple[str, ...]) -> None:
    finished = docker(tmp_path, *words)

    assert finished.returncode != 0
    assert "docker (local AWS): " in finished.stderr
