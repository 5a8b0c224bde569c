"""How a node cuts its GPUs: by itself, whenever it starts, before Kubernetes knows of it.

No pod of an operator does it later: NVIDIA's MIG manager would have to stop what already holds the GPUs, restarts kubelet, and knows of no
device plugin but its own. So a node joins with its parts, or not at all.

See: https://github.com/NVIDIA/gpu-operator/issues/2415
See: https://github.com/awslabs/amazon-eks-ami/blob/main/templates/al2023/runtime/rootfs/etc/systemd/system/nodeadm-run.service
See: https://github.com/awslabs/amazon-eks-ami/tree/main/templates/al2023/runtime/gpu
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.kubernetes.gpu_parts import BOTTLEROCKET_MODELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdk_model_hosting.kubernetes.accelerators import NodeType
    from cdk_model_hosting.kubernetes.gpu_parts import GpuParts
    from cdk_model_hosting.kubernetes.node_image import NodeImage

CUTTER = r"""#!/bin/bash
# Cuts every GPU of this node into the same parts: cut-gpus <part> <parts of a GPU>
set -euo pipefail
part=$1 of_gpu=$2

modes() { nvidia-smi --query-gpu=mig.mode.current --format=csv,noheader | sort -u; }
found() { nvidia-smi -L | grep -cE "$1" || true; }
is_cut() {
  local wanted=$(($(found '^GPU ') * of_gpu))
  ((wanted > 0 && $(found '^ +MIG ') == wanted && $(found "^ +MIG ${part//./\\.} ") == wanted))
}

# The image loads the driver while the node starts.
for ((tries = 0; tries < 150; tries++)); do
  nvidia-smi -L > /dev/null 2>&1 && break
  sleep 2
done
nvidia-smi -L

if [[ $(modes) != Enabled ]]; then
  # Without it the driver forgets, as soon as nobody uses a GPU.
  nvidia-smi -pm 1 || true
  # Whoever looks at a GPU holds it for a moment, and its mode stays as it is.
  for ((tries = 0; tries < 6; tries++)); do
    nvidia-smi -mig 1 || true
    [[ $(modes) == Enabled ]] && break
    sleep 5
  done
  if [[ $(modes) != Enabled ]]; then
    if [[ -e $STATE_DIRECTORY/restarted ]]; then
      echo "the GPUs cannot be cut, not even after a restart" >&2
      exit 1
    fi
    # An A100 changes its mode when it is reset, and a virtual machine resets it by a restart alone.
    touch "$STATE_DIRECTORY/restarted"
    systemctl reboot
    exit 1
  fi
fi

if ! is_cut; then
  nvidia-smi mig -dci > /dev/null 2>&1 || true
  nvidia-smi mig -dgi > /dev/null 2>&1 || true
  layout=$(printf "$part,%.0s" $(seq "$of_gpu"))
  # What there is to choose from says more than what there is not.
  nvidia-smi mig -cgi "${layout%,}" -C || nvidia-smi mig -lgip
fi
nvidia-smi -L
is_cut
# On another machine, to which EC2 may move the node, it may restart once more.
rm -f "$STATE_DIRECTORY/restarted"
"""
"""What a node with Amazon Linux runs before kubelet: it fails where the GPUs are not cut, and kubelet does not start then."""

# Images load the driver by `nvidia-kmod-load`, since 2026-08 by `nvidia-setup`, which brings the units behind it on the first start.
_UNIT = """[Unit]
Description=Cut the GPUs into parts
After=nvidia-kmod-load.service nvidia-setup.service
After=nvidia-persistenced.service nvidia-fabricmanager.service set-nvidia-clocks.service

[Service]
Type=oneshot
RemainAfterExit=yes
StateDirectory=cut-gpus
# EC2 shows it to those who cannot log in, also when the node is gone.
StandardOutput=journal+console
TimeoutStartSec=15min
ExecStart=/usr/local/sbin/cut-gpus {part} {of_gpu}
"""
_BEFORE_KUBELET = """[Unit]
Requires=cut-gpus.service
After=cut-gpus.service
"""
# What kubelet waits for comes first: where the rest could not be written, kubelet does not start.
_INSTALLED = (
    ("/etc/systemd/system/kubelet.service.d/cut-gpus.conf", _BEFORE_KUBELET),
    ("/usr/local/sbin/cut-gpus", CUTTER),
    ("/etc/systemd/system/cut-gpus.service", _UNIT),
)
_BOTTLEROCKET = """[settings.kubelet-device-plugins.nvidia]
device-partitioning-strategy = "mig"

[settings.kubelet-device-plugins.nvidia.mig.profile]
"""


def cutting_user_data(parts: GpuParts, types: Sequence[NodeType], image: NodeImage) -> str:
    """The user data of nodes whose GPUs are cut; EKS and Karpenter add their own to it.

    Args:
        parts: The parts.
        types: The instance types of the nodes.
        image: Their machine image.

    See: https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html
    """
    if image.system == "Bottlerocket":
        models = dict.fromkeys(BOTTLEROCKET_MODELS[each.family] for each in types)
        return _BOTTLEROCKET + "".join(f'"{model}" = "{parts.name}"\n' for model in models)
    lines = ["#!/bin/bash", "set -euo pipefail", "mkdir -p /etc/systemd/system/kubelet.service.d"]
    for path, content in _INSTALLED:
        told = content.format(part=parts.name, of_gpu=parts.of_gpu) if content is _UNIT else content
        lines += [f"cat > {path} << 'END_OF_FILE'", f"{told}END_OF_FILE"]
    lines += ["chmod 0755 /usr/local/sbin/cut-gpus", "systemctl daemon-reload"]
    script = "\n".join(lines)
    return (
        'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="//"\n\n'
        f'--//\nContent-Type: text/x-shellscript; charset="us-ascii"\n\n{script}\n\n--//--\n'
    )
