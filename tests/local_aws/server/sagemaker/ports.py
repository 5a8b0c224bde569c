"""Ports of this machine for containers to listen on."""

import contextlib
import socket
import threading

# Below the ports that Linux hands out by itself.
_LOWEST, _HIGHEST = 20_000, 32_000
_SIZE = 10
_taken: set[int] = set()
_lock = threading.Lock()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def safe_range() -> str:
    """Return a range of ports that no other container of this server is given, as ``first-last``.

    Containers that share an instance find it in SAGEMAKER_SAFE_PORT_RANGE, for the ports that they need besides the one
    that they are told to listen on.

    Raises:
        OSError: There is none left.
    """
    with _lock:
        for first in range(_LOWEST, _HIGHEST, _SIZE):
            if first not in _taken and all(map(_is_free, range(first, first + _SIZE))):
                _taken.add(first)
                return f"{first}-{first + _SIZE - 1}"
    raise OSError(f"no {_SIZE} free ports in a row between {_LOWEST} and {_HIGHEST}")


def give_back(ports: str) -> None:
    """Let a range be given to another container."""
    with _lock:
        _taken.discard(int(ports.partition("-")[0]))


def _is_free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.bind(("127.0.0.1", port))
        return True
    return False
