"""What the processes of an endpoint's Triton servers are, and where they listen."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.local_aws.lifecycle import LocalAws

_LISTENING = "0A"
_LOOPBACK = "0100007F"
_SHARED = "/triton_python_backend_shm_region"


def processes(local: LocalAws, endpoint: str) -> dict[int, str]:
    """The processes of an endpoint's containers: what each of them runs, by its number."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            variables = (folder / "environ").read_bytes().split(b"\0")
            base = next((each for each in variables if each.startswith(b"SAGEMAKER_BASE_DIR=")), b"")
            # Another local AWS may have an endpoint of that name.
            if str(local.scratch).encode() in base and f"/{endpoint}/".encode() in base:
                found[int(folder.name)] = (folder / "comm").read_text().strip()
    return found


def listening(pids: list[int]) -> list[str]:
    """The addresses that processes listen on for TCP, as the kernel writes them, without the port."""
    inodes = {inode for pid in pids for inode in _sockets(pid)}
    addresses = []
    for table in ("tcp", "tcp6"):
        rows = [line.split() for line in Path("/proc/net", table).read_text().splitlines()[1:]]
        addresses += [
            row[1].partition(":")[0] for row in rows if row[3] == _LISTENING and f"socket:[{row[9]}]" in inodes
        ]
    return addresses


def is_loopback(address: str) -> bool:
    """Whether an address that the kernel writes is 127.0.0.1."""
    return address == _LOOPBACK


def _sockets(pid: int) -> list[str]:
    links = []
    with suppress(OSError):
        for each in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                links.append(str(each.readlink()))
    return [link for link in links if link.startswith("socket:")]


def end(pid: int) -> None:
    """End a Triton server as a crash would, but for the shared memory that it would leave behind."""
    mapped = {line.split()[-1] for line in Path(f"/proc/{pid}/maps").read_text().splitlines()}
    os.kill(pid, signal.SIGKILL)
    for file in mapped:
        if _SHARED in file:
            Path(file).unlink(missing_ok=True)
