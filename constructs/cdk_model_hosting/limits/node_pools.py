"""Limits of pools of nodes that Karpenter or EKS Auto Mode makes, and of GPUs that pods share."""

from cdk_model_hosting.limits.kinds import Choice, Limit, TextLimit

_READ = "2026-11-21"
_NODEPOOLS = "https://karpenter.sh/docs/concepts/nodepools/"
_SHARING = "https://github.com/NVIDIA/k8s-device-plugin#shared-access-to-gpus"

POOL_NAME = TextLimit(
    name="name of a node pool",
    low=1,
    high=63,
    pattern=r"[a-z0-9]([-a-z0-9]*[a-z0-9])?",
    shape="lower case letters, digits and hyphens, beginning and ending with a letter or digit",
    why="its nodes carry it as a label",
    source="https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/",
    read=_READ,
)
POOL_PRIORITY = Limit(
    name="priority of a node pool",
    low=1,
    high=100,
    why="Karpenter knows no other weight",
    source=_NODEPOOLS,
    read=_READ,
)
POOL_DEVICES = Limit(
    name="most devices of a node pool",
    low=1,
    high=None,
    unit="devices",
    why="without a limit a mistake in one manifest can buy any number of GPUs",
    source=_NODEPOOLS,
    read=_READ,
)
POOL_FAMILIES = Limit(
    name="instance families or types of a node pool",
    low=1,
    high=None,
    unit="names",
    why="nodes are of one of them",
    source=_NODEPOOLS,
    read=_READ,
)
AUTO_MODE_NODE_DAYS = Limit(
    name="days after which a node of EKS Auto Mode is gone, those in which it is drained included",
    low=0,
    high=21,
    unit="days",
    integer=False,
    above_low=True,
    why="EKS lets none of its own nodes grow older; without a word they are replaced after 14 days and drained for one",
    source="https://docs.aws.amazon.com/eks/latest/userguide/create-node-pool.html",
    read=_READ,
)
TIME_SLICES = Limit(
    name="pods that take turns on a GPU",
    low=2,
    high=None,
    unit="pods",
    why="one pod alone has the GPU without sharing it",
    source=_SHARING,
    read=_READ,
)
MIG_STRATEGY = Choice(
    name="what pods see of the parts of a GPU",
    allowed=("single", "mixed"),
    why="NVIDIA's device plugin knows no other strategy",
    source="https://docs.nvidia.com/datacenter/cloud-native/kubernetes/latest/index.html",
    read=_READ,
)
NODE_AGE_SECONDS = Limit(
    name="age at which a node of a pool is replaced",
    low=3600,
    high=None,
    unit="seconds",
    why="a node that lives shorter hardly gets to serve the models that it loads",
    source=_NODEPOOLS,
    read=_READ,
)
NODE_DRAIN_SECONDS = Limit(
    name="longest that a node of a pool waits for its pods when it is to go",
    low=1,
    high=None,
    unit="seconds",
    why="without any time pods are ended in the middle of a request",
    source="https://karpenter.sh/docs/concepts/disruption/#terminationgraceperiod",
    read=_READ,
)
