"""Starting, stopping, and what a local AWS keeps to itself."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.local_aws import environment, paths
from tests.local_aws.lifecycle import LocalAws, LocalAwsError
from tests.local_aws.runtime.hosting import is_alive

SECONDS_TO_VANISH = 120.0


def vanished(is_gone: Callable[[], bool]) -> bool:
    """Return whether something is gone before long."""
    deadline = time.monotonic() + SECONDS_TO_VANISH
    while not is_gone() and time.monotonic() < deadline:
        time.sleep(0.05)
    return is_gone()


def test_listens_on_the_loopback_address_and_on_no_other(local_aws: LocalAws) -> None:
    with socket.create_connection(("127.0.0.1", local_aws.port), timeout=60):
        pass
    # A server on every interface would answer here too.
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.2", local_aws.port), timeout=60):
        pass


def test_the_account_is_the_access_key(local_aws: LocalAws) -> None:
    assert local_aws.client("sts").get_caller_identity()["Account"] == local_aws.account


def test_clients_ignore_what_the_environment_says_about_aws(
    local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "of-nobody")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "999999999999")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert local_aws.client("sts").get_caller_identity()["Account"] == local_aws.account


def test_the_environment_carries_no_credential_profile_or_proxy(
    local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    given = local_aws.environment()
    assert {"AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTPS_PROXY"}.isdisjoint(given)
    assert given["AWS_ENDPOINT_URL"] == local_aws.endpoint
    assert Path(given["AWS_SHARED_CREDENTIALS_FILE"]).read_text() == ""
    assert os.access(given["CDK_DOCKER"], os.X_OK)


def test_keeps_a_users_choices_about_synthesis() -> None:
    assert environment.leaks({"CDK_VALIDATION": "false", "CDK_OUTDIR": "x", "PATH": "y"}) == ["CDK_OUTDIR"]


def test_fails_with_the_end_of_the_log_when_the_server_cannot_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # This environment's Python has no ministack.
    monkeypatch.setattr(paths, "SERVER_PYTHON", Path(sys.executable))
    with pytest.raises(LocalAwsError, match=r"ended with status 1 while it started(?s:.*)ModuleNotFoundError"):
        LocalAws.start(tmp_path)


def test_fails_with_a_hint_when_it_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "SERVER_PYTHON", tmp_path / "python")
    with pytest.raises(LocalAwsError, match="run `make install` first"):
        LocalAws.start(tmp_path)


def test_stops_when_the_process_that_started_it_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from tests.local_aws.lifecycle import LocalAws\n"
        f"print(LocalAws.start(Path({str(tmp_path)!r})).pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=paths.REPOSITORY, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        server = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    assert vanished(lambda: not is_alive(server))
    assert "the process that started it is gone" in (tmp_path / "server.log").read_text()


def test_stops_when_its_lifetime_is_over(tmp_path: Path) -> None:
    # On a busy machine it is over before anybody has seen the server.
    with contextlib.suppress(LocalAwsError):
        local = LocalAws.start(tmp_path, lifetime=1.0)
        assert vanished(lambda: not local.answers())
        local.stop()
    assert "its lifetime of 1 seconds is over" in (tmp_path / "server.log").read_text()


def command_line(scratch: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run the command line as a person does."""
    return subprocess.run(
        [sys.executable, "-m", "tests.local_aws", "--scratch", str(scratch), *words],
        cwd=paths.REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_line_starts_finds_and_stops_one(tmp_path: Path) -> None:
    nothing = command_line(tmp_path, "status")
    assert (nothing.returncode, nothing.stdout) == (1, "")
    assert "no local AWS runs in" in nothing.stderr

    started = command_line(tmp_path, "start")
    running = LocalAws.running(tmp_path)
    try:
        assert started.returncode == 0
        assert running is not None
        assert started.stdout.startswith(running.endpoint)
        assert command_line(tmp_path, "start").stdout == started.stdout
        assert f"export AWS_ENDPOINT_URL={running.endpoint}" in command_line(tmp_path, "env").stdout
        ran = command_line(tmp_path, "run", "--", "sh", "-c", "echo $AWS_REGION; exit 3")
        assert (ran.returncode, ran.stdout) == (3, "us-east-1\n")
    finally:
        stopped = command_line(tmp_path, "stop")
    assert stopped.returncode == 0
    assert not running.answers()
    assert LocalAws.running(tmp_path) is None
