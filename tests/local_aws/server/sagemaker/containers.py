"""Runs a model's container as a local process with SageMaker's contract.

The process is started as ``docker run image serve`` would start it, with three variables that a real container does not
get, because there the values are fixed: SAGEMAKER_BASE_DIR (``/opt/ml`` on AWS), SAGEMAKER_BIND_TO_PORT (8080) and
SAGEMAKER_BIND_TO_HOST. Containers that share an instance get SAGEMAKER_SAFE_PORT_RANGE as on AWS. It has to answer GET /ping
before it gets traffic; a process that ends is started again.
"""

import http.client
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.local_aws.images import Image
from tests.local_aws.server.sagemaker import patience, ports

_SUPERVISOR = Path(__file__).with_name("supervise.py")
_GRACE_SECONDS = 30
_PING_INTERVAL_SECONDS = 0.05
_PING_TIMEOUT_SECONDS = 2.0
_LONGEST_RESTART_PAUSE_SECONDS = 30.0
_PASSED_ON = ("HOME", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")
_ML_FOLDER = "/opt/ml"
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# What the service calls a container that is alone.
PRIMARY = "primary"


class ContainerDownError(Exception):
    """The container did not answer: it ended, is being started again, or took too long."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a container answered.

    Args:
        status: The HTTP status; 0 when it did not answer, and the body says why.
        headers: The headers, in lower case.
        body: The body.
        container: The name of the container.
        seconds: How long it took.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    container: str = PRIMARY
    seconds: float = 0.0


def silence(why: str, container: str = PRIMARY, seconds: float = 0.0) -> Reply:
    """Return what stands for the answer that did not come."""
    return Reply(0, {}, why.encode(), container, seconds)


class Container:
    """One container process.

    Args:
        image: What to run.
        environment: The model's environment, on top of the image's.
        base: The folder that stands for ``/opt/ml``.
        log: The file that gets the container's output.
        name: What the service calls it: its hostname or place among several, and primary when it is alone.
        shares_instance: Whether other containers run beside it, so that it may not take any port it likes.
    """

    def __init__(
        self,
        image: Image,
        environment: Mapping[str, str],
        base: Path,
        log: Path,
        name: str = PRIMARY,
        *,
        shares_instance: bool = False,
    ) -> None:
        self.image = image
        self.base = base
        self.log = log
        self.name = name
        self._environment = dict(environment)
        self._shares_instance = shares_instance
        self._safe_ports = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._restarts = 0

    @property
    def generation(self) -> int:
        """How many times the process was started again: what it had in memory is gone each time."""
        return self._restarts

    def start(self) -> None:
        """Start the process; it answers once `wait_until_healthy` says so."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        (self.base / "model").mkdir(parents=True, exist_ok=True)
        if self._shares_instance:
            self._safe_ports = ports.safe_range()
        with self._lock:
            self._launch()

    def wait_until_healthy(self, seconds: float) -> bool:
        """Wait until GET /ping answers 200; give up when the time is over or the process ended."""
        begun = time.monotonic()
        while time.monotonic() - begun < min(seconds, patience.seconds()) and not self._stopping.is_set():
            if self._process is None or self._process.poll() is not None:
                return False
            if self.ping():
                threading.Thread(target=self._keep_alive, daemon=True, name=f"container-{self._port}").start()
                return True
            time.sleep(_PING_INTERVAL_SECONDS)
        return False

    def ping(self) -> bool:
        """Ask the container whether it is well."""
        try:
            return self.call("GET", "/ping", timeout=_PING_TIMEOUT_SECONDS).status == http.HTTPStatus.OK
        except ContainerDownError:
            return False

    def invoke(self, headers: Mapping[str, str], body: bytes, timeout: float, *, path: str = "/invocations") -> Reply:
        """Send a request to the container's /invocations; a reply of status 0 says that no answer came."""
        begun = time.perf_counter()
        try:
            return self.call("POST", path, body, headers, timeout=timeout)
        except ContainerDownError as error:
            return silence(str(error), self.name, time.perf_counter() - begun)

    def call(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None, *, timeout: float
    ) -> Reply:
        """Send any request to the container.

        Raises:
            ContainerDownError: It did not answer in time, or at all.
        """
        begun = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=timeout)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            told = {key.lower(): value for key, value in answer.getheaders()}
            return Reply(answer.status, told, answer.read(), self.name, time.perf_counter() - begun)
        except TimeoutError as error:
            raise ContainerDownError(f"no answer within {timeout:g} seconds") from error
        except (OSError, http.client.HTTPException) as error:
            reason = error or type(error).__name__
            raise ContainerDownError(f"the container does not answer ({reason})") from error
        finally:
            connection.close()

    def stay_down(self) -> None:
        """Do not start the process again when it ends."""
        self._stopping.set()

    def stop(self) -> None:
        """End the process: SIGTERM, then SIGKILL after 30 seconds. The folder of the model goes with it."""
        self.stay_down()
        with self._lock:
            process = self._process
        if process is not None:
            _tell_to_stop(process)
            process.wait()
        if self._safe_ports:
            ports.give_back(self._safe_ports)
        shutil.rmtree(self.base, ignore_errors=True)

    def _launch(self) -> None:
        self._port = ports.free_port()
        argv = self.image.argv(["serve"])
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-S", "-E", str(_SUPERVISOR), str(_GRACE_SECONDS), "--", *argv],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.image.local_workdir,
                env=self._variables(),
                start_new_session=True,
            )

    def _keep_alive(self) -> None:
        """Start the process again whenever it ends by itself, ever more slowly."""
        while True:
            process = self._process
            if process is None:
                return
            process.wait()
            if self._stopping.wait(min(0.2 * 2**self._restarts, _LONGEST_RESTART_PAUSE_SECONDS)):
                return
            with self._lock:
                if self._stopping.is_set():
                    return
                self._restarts += 1
                self._launch()

    def _localized(self, value: str) -> str:
        if value == _ML_FOLDER or value.startswith(f"{_ML_FOLDER}/"):
            return f"{self.base}{value.removeprefix(_ML_FOLDER)}"
        return self.image.localized(value)

    def _variables(self) -> dict[str, str]:
        image = {name: self._localized(value) for name, value in self.image.environment.items()}
        path = os.pathsep.join([f"{self.image.interpreter}/bin", image.pop("PATH", _SYSTEM_PATH)])
        return {
            **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            "PYTHONUNBUFFERED": "1",
            **image,
            **{name: self._localized(value) for name, value in self._environment.items()},
            "PATH": path,
            "SAGEMAKER_BASE_DIR": str(self.base),
            "SAGEMAKER_BIND_TO_HOST": "127.0.0.1",
            "SAGEMAKER_BIND_TO_PORT": str(self._port),
            **({"SAGEMAKER_SAFE_PORT_RANGE": self._safe_ports} if self._safe_ports else {}),
        }


def _tell_to_stop(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        try:
            process.stdin.write(b"stop\n")
            process.stdin.close()
        except OSError:
            process.stdin = None  # it ended by itself meanwhile
