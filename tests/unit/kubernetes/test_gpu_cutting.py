"""What a node does with its GPUs when it starts: the script runs here, with an `nvidia-smi` that is none."""

from __future__ import annotations

import email
import os
import shutil
import subprocess
import tomllib
from typing import TYPE_CHECKING

import pytest

from cdk_model_hosting.kubernetes.accelerators import NodeType
from cdk_model_hosting.kubernetes.chips import MIG
from cdk_model_hosting.kubernetes.gpu_cutting import CUTTER, cutting_user_data
from cdk_model_hosting.kubernetes.gpu_parts import BOTTLEROCKET_MODELS, GpuParts
from cdk_model_hosting.kubernetes.node_image import NodeImage

if TYPE_CHECKING:
    from pathlib import Path

PARTS = GpuParts(name="1g.10gb", of_gpu=7)
ONE = "1g.10gb," * 6 + "1g.10gb"
# Two GPUs, whose mode and parts are files; it forgets what it is told to forget.
SMI = """#!/bin/bash
cd "$STATE" && echo "$*" >> calls
case "$*" in
  -L)
    [[ -e driver ]] || exit 9
    for gpu in 0 1; do
      echo "GPU $gpu: NVIDIA H100 80GB HBM3 (UUID: GPU-$gpu)"
      index=0
      for part in $(cat parts); do
        printf '  MIG %-12sDevice %2d: (UUID: MIG-%s)\\n' "$part" "$index" "$gpu-$index"
        index=$((index + 1))
      done
    done ;;
  --query-gpu=mig.mode.current*) cat mode mode ;;
  "-mig 1") if [[ -s busy ]]; then sed -i 1d busy; exit 1; fi; [[ -e deaf ]] || echo Enabled > mode ;;
  "mig -dci" | "mig -dgi") true > parts ;;
  "mig -cgi "*) [[ $(cat mode) == Enabled && ! -s parts ]] || exit 3; [[ ! -e stubborn ]] || exit 6; tr , '\\n' <<< "$3" > parts ;;
  "mig -lgip" | "-pm 1") ;;
  *) exit 2 ;;
esac
"""
QUIET = '#!/bin/bash\necho "$(basename "$0") $*" >> "$STATE/calls"\n'


class Node:
    """A machine of which nothing is real but the script."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        tools = folder / "bin"
        tools.mkdir()
        self.state.mkdir()
        for name, text in {"nvidia-smi": SMI, "systemctl": QUIET, "sleep": QUIET, "cut-gpus": CUTTER}.items():
            (tools / name).write_text(text)
            (tools / name).chmod(0o755)
        self._script = tools / "cut-gpus"
        self._path = f"{tools}:{os.environ['PATH']}"
        for name, text in {"mode": "Disabled\n", "parts": "", "driver": "", "calls": ""}.items():
            (self.state / name).write_text(text)

    def start(self, part: str = PARTS.name, of_gpu: int = PARTS.of_gpu) -> bool:
        """Whether kubelet may start."""
        (self.state / "calls").write_text("")
        environment = {"PATH": self._path, "STATE": str(self.state), "STATE_DIRECTORY": str(self.state)}
        bash = shutil.which("bash") or "bash"
        done = subprocess.run([bash, str(self._script), part, str(of_gpu)], env=environment, check=False, timeout=30)
        return done.returncode == 0

    @property
    def calls(self) -> list[str]:
        return (self.state / "calls").read_text().splitlines()

    @property
    def parts(self) -> list[str]:
        return (self.state / "parts").read_text().split()


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def test_gpus_are_cut_and_stay_cut(node: Node) -> None:
    assert node.start()
    assert node.parts == ["1g.10gb"] * 7
    assert f"mig -cgi {ONE} -C" in node.calls
    assert node.calls.index("-pm 1") < node.calls.index("-mig 1")
    assert "systemctl reboot" not in node.calls
    assert node.start()
    assert not any(each.startswith(("-mig", "mig ")) for each in node.calls)


@pytest.mark.parametrize("before", ["1g.10gb", "1g.10gb 2g.20gb 3g.40gb", " ".join(["1g.10gb+me", *["1g.10gb"] * 6])])
def test_other_parts_are_put_together_first(node: Node, before: str) -> None:
    (node.state / "mode").write_text("Enabled\n")
    (node.state / "parts").write_text(before)
    assert node.start()
    assert node.parts == ["1g.10gb"] * 7
    assert node.calls.index("mig -dci") < node.calls.index("mig -dgi") < node.calls.index(f"mig -cgi {ONE} -C")


def test_a_gpu_that_must_be_reset_is_cut_after_one_restart(node: Node) -> None:
    (node.state / "deaf").touch()
    assert not node.start()
    assert node.calls[-1] == "systemctl reboot"
    assert node.parts == []
    (node.state / "mode").write_text("Enabled\n")
    assert node.start()
    assert node.parts == ["1g.10gb"] * 7


def test_it_restarts_no_more_than_once(node: Node) -> None:
    (node.state / "deaf").touch()
    assert not node.start()
    assert not node.start()
    assert "systemctl reboot" not in node.calls


def test_a_gpu_that_somebody_looks_at_is_asked_again_and_the_node_does_not_restart(node: Node) -> None:
    (node.state / "busy").write_text("1\n2\n")
    assert node.start()
    assert node.calls.count("-mig 1") == 3
    assert "systemctl reboot" not in node.calls


def test_on_another_machine_it_restarts_once_more(node: Node) -> None:
    """EC2 may move an instance to other hardware, whose GPUs were never cut."""
    (node.state / "deaf").touch()
    assert not node.start()
    (node.state / "mode").write_text("Enabled\n")
    assert node.start()
    (node.state / "mode").write_text("Disabled\n")
    assert not node.start()
    assert node.calls[-1] == "systemctl reboot"


def test_without_a_driver_the_node_does_not_join(node: Node) -> None:
    (node.state / "driver").unlink()
    assert not node.start()
    assert node.calls.count("sleep 2") == 150
    assert "systemctl reboot" not in node.calls


def test_a_node_whose_gpus_stay_whole_does_not_join(node: Node) -> None:
    (node.state / "stubborn").touch()
    assert not node.start()
    # The journal then names the parts that there are.
    assert node.calls.index("mig -lgip") == node.calls.index(f"mig -cgi {ONE} -C") + 1


# What brings the script to the node


KUBELET = "/etc/systemd/system/kubelet.service.d/cut-gpus.conf"


def install(folder: Path) -> bool:
    """Run what the user data brings, as if a node's files lay in a folder."""
    told = cutting_user_data(PARTS, [NodeType.parse("p5.48xlarge")], NodeImage.amazon_linux())
    assert told.isascii()
    _, part = email.message_from_string(told).walk()
    assert part.get_content_type() == "text/x-shellscript"
    script = part.get_payload()
    assert isinstance(script, str)
    for each in ("/etc/", "/usr/"):
        script = script.replace(f" {each}", f" {folder}{each}")
    tools = folder / "bin"
    tools.mkdir()
    (tools / "systemctl").write_text("#!/bin/bash\n[[ $* == daemon-reload ]]\n")
    (tools / "systemctl").chmod(0o755)
    (folder / "etc/systemd/system").mkdir(parents=True)
    bash = shutil.which("bash") or "bash"
    done = subprocess.run([bash, "-c", script], env={"PATH": f"{tools}:{os.environ['PATH']}"}, check=False)
    shutil.rmtree(tools)
    return done.returncode == 0


def files(folder: Path) -> dict[str, str]:
    """What lies in it, by path."""
    return {f"/{each.relative_to(folder)}": each.read_text() for each in folder.rglob("*") if each.is_file()}


def test_kubelet_waits_until_they_are_cut(tmp_path: Path) -> None:
    (tmp_path / "usr/local/sbin").mkdir(parents=True)
    assert install(tmp_path)
    assert os.access(tmp_path / "usr/local/sbin/cut-gpus", os.X_OK)
    found = files(tmp_path)
    unit = found["/etc/systemd/system/cut-gpus.service"].splitlines()
    assert found["/usr/local/sbin/cut-gpus"] == CUTTER
    assert {"Type=oneshot", "RemainAfterExit=yes", "StateDirectory=cut-gpus", "StandardOutput=journal+console"} <= set(
        unit
    )
    assert "ExecStart=/usr/local/sbin/cut-gpus 1g.10gb 7" in unit
    after = [name for line in unit if line.startswith("After=") for name in line.removeprefix("After=").split()]
    assert after == [
        "nvidia-kmod-load.service",
        "nvidia-setup.service",
        "nvidia-persistenced.service",
        "nvidia-fabricmanager.service",
        "set-nvidia-clocks.service",
    ]
    kubelet = found[KUBELET].splitlines()
    assert kubelet == ["[Unit]", "Requires=cut-gpus.service", "After=cut-gpus.service"]
    assert len(found) == 3


def test_kubelet_waits_also_for_what_could_not_be_written(tmp_path: Path) -> None:
    assert not install(tmp_path)
    assert list(files(tmp_path)) == [KUBELET]


def test_bottlerocket_cuts_by_its_settings() -> None:
    types = [NodeType.parse(each) for each in ("p5e.48xlarge", "p5en.48xlarge")]
    told = cutting_user_data(GpuParts(name="2g.35gb", of_gpu=3), types, NodeImage.bottlerocket())
    assert tomllib.loads(told)["settings"] == {
        "kubelet-device-plugins": {
            "nvidia": {"device-partitioning-strategy": "mig", "mig": {"profile": {"h200.141gb": "2g.35gb"}}}
        }
    }


def test_bottlerocket_takes_every_name() -> None:
    """Names have the form that its settings ask for, and are of GPUs that can be cut."""
    for family, model in BOTTLEROCKET_MODELS.items():
        assert family in MIG
        name, memory = model.split(".")
        assert name[0].isalpha()
        assert name[1:].isdigit()
        assert memory.removesuffix("gb").isdigit()
