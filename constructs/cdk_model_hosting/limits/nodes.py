"""Limits of managed node groups and of the instances in them."""

from cdk_model_hosting.limits.kinds import Choice, Limit, TextLimit

_READ = "2026-11-21"
_NODEGROUP = "https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html"
_SIZE = "https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupScalingConfig.html"
_UPDATE = "https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupUpdateConfig.html"
_GP3 = "https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html"
_LABELS = "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/"
_VALUE = r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?"
_PREFIX = r"([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"

NODE_GROUP_MINIMUM = Limit(
    name="fewest nodes of a group",
    low=0,
    high=None,
    unit="nodes",
    why="0 lets the group disappear while nobody needs it",
    source=_SIZE,
    read=_READ,
)
NODE_GROUP_MAXIMUM = Limit(
    name="most nodes of a group",
    low=1,
    high=None,
    unit="nodes",
    why="EKS keeps no group that can never have a node",
    source=_SIZE,
    read=_READ,
)
NODE_GROUP_NAME = TextLimit(
    name="name of a node group",
    low=1,
    high=54,
    pattern=r"[a-z0-9]([-a-z0-9]*[a-z0-9])?",
    shape="lower case letters, digits and hyphens, beginning and ending with a letter or digit",
    why="EKS takes 63 characters, of which nine tell one state of the group from the next; the name is a label of its nodes too",
    source=_NODEGROUP,
    read=_READ,
)
NODE_TYPES = Limit(
    name="instance types of a node group",
    low=1,
    high=None,
    unit="instance types",
    why="nodes are of one of them",
    source=_NODEGROUP,
    read=_READ,
)
NODE_TAINTS = Limit(
    name="taints of a node group, those of this library included",
    low=0,
    high=50,
    unit="taints",
    why="EKS keeps no more",
    source="https://docs.aws.amazon.com/eks/latest/userguide/node-taints-managed-node-groups.html",
    read=_READ,
)
NODE_LABEL_KEY = TextLimit(
    name="key of a node's label or taint",
    low=1,
    high=63,
    pattern=_PREFIX + r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?",
    shape="letters, digits, hyphens, underscores and dots, after a DNS name and a slash or nothing",
    why="EKS takes no other key",
    source=_NODEGROUP,
    read=_READ,
)
NODE_LABEL_VALUE = TextLimit(
    name="value of a node's label or taint",
    low=0,
    high=63,
    pattern=_VALUE,
    shape="letters, digits, hyphens, underscores and dots, beginning and ending with a letter or digit",
    why="Kubernetes takes no other value",
    source=_LABELS,
    read=_READ,
)
TAINT_EFFECT = Choice(
    name="effect of a taint",
    allowed=("NoSchedule", "PreferNoSchedule", "NoExecute"),
    why="Kubernetes knows no other",
    source="https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/",
    read=_READ,
)
NODE_DISK_GB = Limit(
    name="disk of a node",
    low=50,
    high=65_536,
    unit="GB",
    why="machine images with drivers take 20 GB or more, an inference server's container image 10 to 30, twice while it is unpacked",
    source=_GP3,
    read=_READ,
)
NODES_UNAVAILABLE = Limit(
    name="nodes of a group that are updated at once",
    low=1,
    high=100,
    unit="nodes",
    why="EKS replaces no more of them in parallel",
    source=_UPDATE,
    read=_READ,
)
NODE_LEAVE_SECONDS = Limit(
    name="longest that a managed node group waits until the pods of a node that it replaces have gone",
    low=0,
    high=900,
    unit="seconds",
    why="the update fails then, unless it is forced",
    source="https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html",
    read=_READ,
)
CAPACITY_RESERVATION_ID = TextLimit(
    name="ID of a capacity reservation",
    low=11,
    high=20,
    pattern=r"cr-[0-9a-f]{8,17}",
    shape="cr- and hexadecimal digits",
    why="EC2 gives no other",
    source="https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html",
    read=_READ,
)
NODE_AMI_TYPE = Choice(
    name="machine image of nodes with accelerators",
    allowed=(
        "AL2023_x86_64_NVIDIA",
        "AL2023_ARM_64_NVIDIA",
        "AL2023_x86_64_NEURON",
        "BOTTLEROCKET_x86_64_NVIDIA",
        "BOTTLEROCKET_ARM_64_NVIDIA",
        "BOTTLEROCKET_x86_64_NVIDIA_FIPS",
        "BOTTLEROCKET_ARM_64_NVIDIA_FIPS",
        "BOTTLEROCKET_x86_64",
        "BOTTLEROCKET_x86_64_FIPS",
    ),
    why="no other machine image of EKS brings the drivers, or is still built",
    source="https://docs.aws.amazon.com/eks/latest/userguide/ml-eks-optimized-ami.html",
    read=_READ,
)
