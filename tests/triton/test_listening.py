"""Who can reach the server of the tests: nobody from outside."""

from contextlib import suppress
from pathlib import Path

from cdk_model_hosting import TritonRepository
from tests.local_aws.runtime.triton_processes import is_loopback, listening
from tests.triton.conftest import Run
from tests.triton.repositories import scaling


def test_the_server_listens_on_one_port_of_the_loopback_interface(run: Run, tmp_path: Path) -> None:
    folder = TritonRepository([scaling("scale")]).write(tmp_path / "model")
    with run(folder, "--load-model=scale") as server:
        processes = [server.process.pid, *_children(server.process.pid)]
        addresses = listening(processes)
    # The server, and the program of its Python model, which inherits what is open.
    assert len(processes) > 1
    assert len(addresses) == 1
    assert all(map(is_loopback, addresses))


def _children(parent: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            # After the program's name, which may hold anything: the state, and the parent.
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(folder.name))
    return found
