"""The accelerators of EC2's instance families, as data: which chip, its memory, and what the family does beside it.

Read on 2026-11-21 in the specifications of accelerated instances, and compared with the resources that Karpenter publishes
for each type. What is in neither is left out: an unknown number is better than a wrong one.

See: https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html
See: https://karpenter.sh/docs/reference/instance-types/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Chip:
    """One accelerator.

    Args:
        name: Its name in lower case, such as ``a10g``.
        memory_gb: Its memory in GB.
        cores: Neuron cores that pods can ask for one by one; None for GPUs.
        shares: Its memory in sizes that have a share of it.
    """

    name: str
    memory_gb: float
    cores: int | None = None
    shares: Mapping[str, float] = field(default_factory=dict)

    def memory_of(self, size: str) -> float:
        """The memory that a size of the family has of it.

        Args:
            size: The size, such as ``xlarge``.
        """
        return self.shares.get(size, self.memory_gb)


CHIPS: dict[str, Chip] = {
    "g4dn": Chip("t4", 16),
    "g5": Chip("a10g", 24),
    "g5g": Chip("t4g", 16),
    "g6": Chip("l4", 24),
    "g6e": Chip("l40s", 48),
    "g6f": Chip("l4", 24, shares={"large": 3, "xlarge": 3, "2xlarge": 6, "4xlarge": 12}),
    "g7": Chip("rtx-pro-4500", 32),
    "g7e": Chip("rtx-pro-6000", 96),
    "gr6": Chip("l4", 24),
    "gr6f": Chip("l4", 24, shares={"4xlarge": 12}),
    "inf1": Chip("inferentia", 8, cores=4),
    "inf2": Chip("inferentia2", 32, cores=2),
    "p3": Chip("v100", 16),
    "p3dn": Chip("v100", 32),
    "p4d": Chip("a100", 40),
    "p4de": Chip("a100", 80),
    "p5": Chip("h100", 80),
    "p5e": Chip("h200", 141),
    "p5en": Chip("h200", 141),
    "p6-b200": Chip("b200", 179),
    "p6-b300": Chip("b300", 268),
    "p6e-gb200": Chip("gb200", 185),
    "trn1": Chip("trainium", 32, cores=2),
    "trn1n": Chip("trainium", 32, cores=2),
    # How many cores a pod sees of it depends on how they are joined, which the pod chooses.
    "trn2": Chip("trainium2", 96),
}

LOCAL_NVME: dict[str, bool] = {
    **dict.fromkeys(("g4dn", "g5", "g6", "g6e", "g6f", "g7e", "gr6", "gr6f", "p3dn", "p4d", "p4de", "p5", "p5e"), True),
    **dict.fromkeys(("p5en", "p6-b200", "p6-b300", "p6e-gb200", "trn1", "trn1n", "trn2"), True),
    **dict.fromkeys(("g5g", "inf1", "inf2", "p3"), False),
}
"""Whether the instances of a family bring NVMe disks."""

_OF_80_GB = {"1g.10gb": 7, "1g.20gb": 4, "2g.20gb": 3, "3g.40gb": 2}
_OF_141_GB = {"1g.18gb": 7, "1g.35gb": 4, "2g.35gb": 3, "3g.71gb": 2}
MIG: dict[str, dict[str, int]] = {
    "g7": {"1g.16gb": 2},
    "g7e": {"1g.24gb": 4, "2g.48gb": 2},
    "p4d": {"1g.5gb": 7, "1g.10gb": 4, "2g.10gb": 3, "3g.20gb": 2},
    "p4de": _OF_80_GB,
    "p5": _OF_80_GB,
    "p5e": _OF_141_GB,
    "p5en": _OF_141_GB,
    "p6-b200": {"1g.23gb": 7, "1g.45gb": 4, "2g.45gb": 3, "3g.90gb": 2},
    "p6-b300": {"1g.34gb": 7, "1g.67gb": 4, "2g.67gb": 3, "3g.135gb": 2},
    "p6e-gb200": {"1g.23gb": 7, "1g.47gb": 4, "2g.47gb": 3, "3g.93gb": 2},
}
"""Families whose GPUs can be cut into parts, and how many parts of each size a GPU gives when all are alike.

A part is named after its slices of the processor and its memory. Those of which a GPU gives one alone are left out. Of the RTX PRO 4500
the names are those of its virtual GPUs, and those of the B300 are AWS's: NVIDIA's table has neither. Those of the GB200 are what its
production boards say: NVIDIA's table has those of earlier ones.

See: https://docs.nvidia.com/datacenter/tesla/mig-user-guide/supported-mig-profiles.html
See: https://github.com/NVIDIA/mig-parted/blob/main/deployments/systemd/config-default.yaml
See: https://docs.nvidia.com/ai-enterprise/release-8/latest/infra-software/vgpu/reference/blackwell.html
See: https://github.com/aws/sagemaker-hyperpod-cli/pull/403
See: https://github.com/NVIDIA/mig-parted/issues/227
"""

EFA_ADAPTERS: dict[str, str] = {
    "g4dn": "8:1 12:1 16:1 metal:1",
    "g5": "8:1 12:1 16:1 24:1 48:1",
    "g5g": "",
    "g6": "8:1 12:1 16:1 24:1 48:1",
    "g6e": "8:1 12:1 16:1 24:2 48:4",
    "g6f": "",
    "gr6": "8:1",
    "gr6f": "",
    "inf1": "24:1",
    "inf2": "",
    "p3": "",
    "p3dn": "24:1",
    "p4d": "24:4",
    "p4de": "24:4",
    "p5": "4:1 48:32",
    "p5e": "48:32",
    "p5en": "48:16",
    "p6-b200": "48:8",
    "trn1": "32:8",
    "trn1n": "32:16",
    "trn2": "48:16",
}
"""Elastic Fabric Adapters of each size that can have any; families whose number is not known are left out."""

GIB_PER_VCPU: dict[str, float] = {
    "g4dn": 4,
    "g5": 4,
    "g5g": 2,
    "g6": 4,
    "g6e": 8,
    "g6f": 4,
    "gr6": 8,
    "gr6f": 8,
    "inf1": 2,
    "inf2": 4,
    "trn1": 4,
}
"""Memory of the node for each virtual CPU, of families where every size has the same."""

VCPUS: dict[str, int] = {"g4dn.metal": 96, "g5g.metal": 64}
"""Virtual CPUs of types whose name does not tell them."""
