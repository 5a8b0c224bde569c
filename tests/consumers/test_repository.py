"""What every file of the repository must be, so that a clone works anywhere."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from tests.consumers.conftest import ROOT

MOST_LINES = 399
# Written apart, or this file would name them itself.
REGISTRY_HOSTS = [
    "pypi" + ".org",
    "files.python" + "hosted.org",
    "registry.npm" + "js.org",
    "registry.yarn" + "pkg.com",
]
MACHINE_PATHS = re.compile(r"(?<![\w.$}-])/(?:home/[a-z]|Users/[A-Za-z]|root/|" + r"work/|private/var/)")


def listed() -> list[str]:
    """Every file that is tracked, or would be with `git add .`."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    finished = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    names = sorted({name for name in finished.stdout.split("\0") if name and (ROOT / name).is_file()})
    assert names
    return names


def texts() -> dict[str, str]:
    """The files that are text."""
    contents = {name: (ROOT / name).read_bytes() for name in listed()}
    return {name: content.decode() for name, content in contents.items() if b"\0" not in content}


def naming(pattern: re.Pattern[str]) -> list[str]:
    """The files that hold the pattern, with the first of its lines."""
    return [
        f"{name}: {line.strip()[:120]}"
        for name, text in texts().items()
        for line in text.splitlines()
        if pattern.search(line)
    ]


def test_no_file_names_a_package_registry() -> None:
    hosts = re.compile("|".join(re.escape(host) for host in REGISTRY_HOSTS))

    assert naming(hosts) == []


def test_no_file_names_a_path_of_a_machine() -> None:
    assert naming(MACHINE_PATHS) == []
    assert str(ROOT) not in "".join(texts().values())


@pytest.mark.parametrize("path", ["/home{}jane/model", 'open("{}root/.aws")', "at {}Users/Jane"])
def test_a_path_of_a_machine_would_be_seen(path: str) -> None:
    assert MACHINE_PATHS.search(path.format("/"))


def test_no_python_file_is_long() -> None:
    lengths = {name: text.count("\n") for name, text in texts().items() if name.endswith(".py")}

    assert lengths
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


@pytest.mark.parametrize("name", ["requirements/dev.txt", "requirements/local-aws.txt"])
def test_every_locked_requirement_has_hashes(name: str) -> None:
    text = (ROOT / name).read_text()
    requirements = re.split(r"^(?=[A-Za-z0-9])", text.replace("\\\n", " "), flags=re.MULTILINE)
    locked = [requirement for requirement in requirements if re.match(r"[A-Za-z0-9]", requirement)]

    assert locked
    for requirement in locked:
        assert re.match(r"[A-Za-z0-9._\[\],-]+==\S+", requirement), requirement
        assert "--hash=sha256:" in requirement, requirement
    assert not re.search(r"index-url|find-links|://|@ file", text)


def test_the_node_lock_names_no_place() -> None:
    text = (ROOT / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]

    assert "resolved" not in text
    assert all("integrity" in package for name, package in packages.items() if name)
