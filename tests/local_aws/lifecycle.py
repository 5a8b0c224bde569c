"""Starting and stopping a local AWS. Runs in the caller's environment, on the standard library and boto3."""

import contextlib
import functools
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import botocore.loaders
import botocore.session
from botocore.config import Config

from tests.local_aws import environment, lambda_runtime, paths

ACCOUNT = "123456789012"
REGION = "us-east-1"
HOST = "127.0.0.1"
READY_PATH = "/_local_aws/ready"
TIME_FACTOR_PATH = "/_local_aws/time-factor"

SECONDS_TO_START = 90.0
SECONDS_TO_STOP = 15.0
SECONDS_TO_ANSWER = 60.0
LIFETIME_SECONDS = 3600.0
LOG_LINES_ON_FAILURE = 40


class LocalAwsError(RuntimeError):
    """The local AWS did not start, or is not there."""


@dataclass(kw_only=True)
class LocalAws:
    """A local AWS that runs.

    Args:
        scratch: The folder that holds everything it writes, its log ``server.log`` among it.
        port: Its port on 127.0.0.1.
        pid: The server's process, which leads a process group of its own.
        account: The account that its access key names.
        region: Its region.
    """

    scratch: Path
    port: int
    pid: int
    account: str = ACCOUNT
    region: str = REGION
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)
    _lifeline: int | None = field(default=None, repr=False)
    _clients: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def start(
        cls, scratch: Path, port: int | None = None, *, lifetime: float = LIFETIME_SECONDS, detached: bool = False
    ) -> Self:
        """Start a server and wait until it is ready.

        Args:
            scratch: The folder for its state; it is created.
            port: A free one is taken when omitted.
            lifetime: The seconds after which it stops by itself.
            detached: Whether it outlives this process; otherwise it stops when this process ends, however that ends.

        Raises:
            LocalAwsError: When it is not set up, ends at once, or is not ready in time; with the end of its log.
        """
        if not paths.SERVER_PYTHON.exists():
            raise LocalAwsError(f"{paths.SERVER_PYTHON} does not exist: run `make install` first")
        scratch = scratch.resolve()
        for folder in (scratch / "tmp", scratch / "s3", scratch / "state", scratch / "bin"):
            folder.mkdir(parents=True, exist_ok=True)
        (scratch / "empty-aws-config").touch()
        lambda_runtime.lay_out(scratch / "lambda-runtime")
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((HOST, port or 0))
            bound: int = listener.getsockname()[1]
            process, lifeline = _launch(scratch, listener, lifetime=lifetime, detached=detached)
        local = cls(scratch=scratch, port=bound, pid=process.pid, _process=process, _lifeline=lifeline)
        try:
            local._wait_until_ready(process)
        except BaseException:
            local.stop()
            raise
        return local

    @classmethod
    def running(cls, scratch: Path) -> Self | None:
        """Return the local AWS that was started detached in ``scratch``, or None when there is none any more."""
        try:
            local = cls(scratch=scratch, **json.loads((scratch / "server.json").read_text()))
        except FileNotFoundError:
            return None
        # A process ID may have passed to another process since: the server itself says which one it is.
        return local if local.answers() else None

    def remember(self) -> None:
        """Write down what ``running`` needs."""
        record = {"port": self.port, "pid": self.pid, "account": self.account, "region": self.region}
        self._record.write_text(json.dumps(record))

    @property
    def endpoint(self) -> str:
        """The address of every service."""
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.scratch / "server.log"

    def log_tail(self, lines: int = LOG_LINES_ON_FAILURE) -> str:
        """Return the last lines of the server's log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def variables(self) -> dict[str, str]:
        """Return the variables that point a CLI or an SDK here."""
        return environment.client_variables(
            endpoint=self.endpoint,
            account=self.account,
            region=self.region,
            scratch=self.scratch,
            docker=self._docker(),
        )

    def environment(self) -> dict[str, str]:
        """Return a whole environment: this process's, without what leads to a real account, and the variables."""
        return environment.clean() | self.variables()

    def client(self, service: str) -> Any:
        """Return the boto3 client of ``service`` that can reach nothing but this local AWS.

        It is made once: to make one takes as long as several requests.
        """
        if service not in self._clients:
            self._clients[service] = self._new_client(service)
        return self._clients[service]

    def _new_client(self, service: str) -> Any:
        nothing = str(self.scratch / "empty-aws-config")
        session = botocore.session.Session(
            session_vars={
                "profile": (None, None, None, None),
                "config_file": (None, None, nothing, None),
                "credentials_file": (None, None, nothing, None),
            }
        )
        session.register_component("data_loader", _models())
        session.set_credentials(self.account, "local")
        return session.create_client(
            service,
            region_name=self.region,
            endpoint_url=self.endpoint,
            config=Config(proxies={}, retries={"total_max_attempts": 1}),
        )

    def answers(self) -> bool:
        """Return whether the server answers, and is the process that was started."""
        try:
            return bool(self._ask("GET", READY_PATH)["pid"] == self.pid)
        except (OSError, ValueError, KeyError):
            return False

    @contextlib.contextmanager
    def time_factor(self, factor: float) -> Iterator[None]:
        """Let rollouts and alarms take this part of the time that they take on AWS, until the block is left.

        Args:
            factor: 0 to 1. With 0, which is what a server starts with, nothing is waited for. What is being waited for goes on
                with the new factor: a stage that begins with 1 lasts until the block is left.
        """
        before = self._ask("PUT", TIME_FACTOR_PATH, str(factor).encode())
        try:
            yield
        finally:
            self._ask("PUT", TIME_FACTOR_PATH, str(before).encode())

    def stop(self) -> None:
        """Stop the server and everything that it started; its scratch folder stays."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + SECONDS_TO_STOP
        while self._alive() and time.monotonic() < deadline:
            time.sleep(0.05)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        if self._process is not None:
            self._process.wait(timeout=SECONDS_TO_STOP)
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None
        self._record.unlink(missing_ok=True)

    @property
    def _record(self) -> Path:
        return self.scratch / "server.json"

    def _alive(self) -> bool:
        if self._process is not None:
            return self._process.poll() is None
        return self.answers()

    def _ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        """Ask for something that is none of AWS's business."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        request = urllib.request.Request(f"{self.endpoint}{path}", body, method=method)  # noqa: S310 - it is HTTP
        with opener.open(request, timeout=SECONDS_TO_ANSWER) as response:
            return json.load(response)

    def _docker(self) -> Path:
        """Return a command that the CDK CLI can run for ``docker``: it takes a path, not a command line."""
        command = self.scratch / "bin" / "docker"
        command.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, str(paths.DOCKER_STAND_IN)])} "$@"\n')
        command.chmod(0o755)
        return command

    def _wait_until_ready(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while not self.answers():
            if process.poll() is not None:
                raise LocalAwsError(
                    f"the local AWS ended with status {process.returncode} while it started; the end of {self.log}:\n"
                    f"{self.log_tail()}"
                )
            if time.monotonic() > deadline:
                raise LocalAwsError(
                    f"the local AWS was not ready after {SECONDS_TO_START:.0f} seconds; the end of {self.log}:\n"
                    f"{self.log_tail()}"
                )
            time.sleep(0.05)


@functools.cache
def _models() -> botocore.loaders.Loader:
    """Return what reads the SDK's service models, and reads each but once: SageMaker's alone takes a tenth of a second."""
    return botocore.loaders.create_loader()


def _launch(
    scratch: Path, listener: socket.socket, *, lifetime: float, detached: bool
) -> "tuple[subprocess.Popen[bytes], int | None]":
    """Start the server process and hand it the socket; return it and our end of its lifeline.

    The server stops when the lifeline closes, which the operating system does whenever this process ends.
    """
    command = [str(paths.SERVER_PYTHON), "-m", "tests.local_aws.server"]
    command += ["--socket", str(listener.fileno()), "--lifetime", str(lifetime)]
    server_end, our_end = os.pipe()
    handed_over = [listener.fileno()]
    if not detached:
        command += ["--lifeline", str(server_end)]
        handed_over.append(server_end)
    variables = environment.server_variables(
        port=listener.getsockname()[1],
        account=ACCOUNT,
        region=REGION,
        scratch=scratch,
        serving_python=sys.executable,
    )
    try:
        with (scratch / "server.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=paths.REPOSITORY,
                env=environment.clean() | variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=handed_over,
                start_new_session=True,
            )
    except BaseException:
        os.close(our_end)
        raise
    finally:
        os.close(server_end)
    if detached:
        os.close(our_end)
        return process, None
    return process, our_end
