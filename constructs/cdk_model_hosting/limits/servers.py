"""Limits of pods that serve models, and of how their number moves."""

from cdk_model_hosting.limits.kinds import Choice, Limit, TextLimit

_READ = "2026-11-21"
_RESOURCES = "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"
_DEVICES = "https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/"
_LABELS = "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/"
_PODS = "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/"
_KEDA = "https://keda.sh/docs/latest/reference/scaledobject-spec/"
_ANALYSIS = "https://argo-rollouts.readthedocs.io/en/stable/features/analysis/"

SERVER_NAME = TextLimit(
    name="name of a server",
    low=1,
    high=40,
    pattern=r"[a-z]([-a-z0-9]*[a-z0-9])?",
    shape="lower case letters, digits and hyphens, beginning with a letter and not ending with a hyphen",
    why="it is the name of a service, and pods are found by it with their own endings behind",
    source=_LABELS,
    read=_READ,
)
POD_ACCELERATOR = Choice(
    name="accelerator of a pod",
    allowed=("nvidia", "neuron"),
    why="nodes of this library have no other devices",
    source=_DEVICES,
    read=_READ,
)
POD_DEVICES = Limit(
    name="devices of a pod",
    low=1,
    high=16,
    unit="devices",
    why="a pod runs on one node, and no instance has more devices",
    source="https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html",
    read=_READ,
)
POD_CPU = TextLimit(
    name="processors of a pod",
    low=1,
    high=8,
    pattern=r"[1-9]\d*m|\d+(\.\d+)?",
    shape="a number such as 2 or 0.5, or thousandths such as 500m",
    why="Kubernetes counts processors like this",
    source=_RESOURCES,
    read=_READ,
)
POD_MEMORY_MB = Limit(
    name="memory of a pod",
    low=512,
    high=None,
    unit="MB",
    why="what downloads its model needs as much",
    source=_RESOURCES,
    read=_READ,
)
POD_SHARED_MEMORY_MB = Limit(
    name="shared memory of a pod",
    low=1,
    high=None,
    unit="MB",
    why="the processes of a server exchange tensors there",
    source="https://kubernetes.io/docs/concepts/storage/volumes/",
    read=_READ,
)
POD_DISK_GB = Limit(
    name="disk of a pod",
    low=1,
    high=None,
    unit="GB",
    why="models, caches and logs lie there, and Kubernetes evicts a pod that writes more",
    source="https://kubernetes.io/docs/concepts/storage/ephemeral-storage/",
    read=_READ,
)
POD_USER = Limit(
    name="user that a server runs as",
    low=0,
    high=2_147_483_647,
    why="Linux numbers its users like this",
    source="https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
    read=_READ,
)
STARTUP_SECONDS = Limit(
    name="time that a server may take to load its models",
    low=10,
    high=7200,
    unit="seconds",
    why="a pod that is not ready by then is started anew",
    source=_PODS,
    read=_READ,
)
REQUEST_SECONDS = Limit(
    name="time that the longest request takes",
    low=1,
    high=3600,
    unit="seconds",
    why="a pod that goes away answers it first",
    source=_PODS,
    read=_READ,
)
VARIABLE_NAME = TextLimit(
    name="name of an environment variable of a pod",
    low=1,
    high=256,
    pattern=r"[A-Za-z_][A-Za-z0-9_]*",
    shape="letters, digits and underscores, not beginning with a digit",
    why="programs read no others",
    source="https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/",
    read=_READ,
)
SECRET_KEY = TextLimit(
    name="key in a Kubernetes secret",
    low=1,
    high=253,
    pattern=r"[-._A-Za-z0-9]+",
    shape="letters, digits, hyphens, underscores and dots",
    why="Kubernetes keeps no other",
    source="https://kubernetes.io/docs/concepts/configuration/secret/",
    read=_READ,
)
REPLICAS_MINIMUM = Limit(
    name="fewest pods of a server",
    low=0,
    high=1000,
    unit="pods",
    why="a pod has a device, and a cluster not many more nodes",
    source=_KEDA,
    read=_READ,
)
REPLICAS_MAXIMUM = Limit(
    name="most pods of a server",
    low=1,
    high=1000,
    unit="pods",
    why="a pod has a device, and a cluster not many more nodes",
    source=_KEDA,
    read=_READ,
)
GPU_USE_PERCENT = Limit(
    name="use of GPUs that scaling aims at",
    low=1,
    high=100,
    unit="%",
    why="it is a share",
    source="https://docs.nvidia.com/datacenter/dcgm/latest/gpu-telemetry/dcgm-exporter.html",
    read=_READ,
)
WAITING_PER_REPLICA = Limit(
    name="requests or messages that may wait for one pod",
    low=0,
    high=None,
    unit="requests",
    above_low=True,
    integer=False,
    why="the number of pods is what waits, divided by it",
    source=_KEDA,
    read=_READ,
)
POD_COOLDOWN_SECONDS = Limit(
    name="quiet time before pods are taken away",
    low=0,
    high=3600,
    unit="seconds",
    why="Kubernetes looks back at most an hour",
    source="https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/",
    read=_READ,
)
POD_ALARM_MINUTES = Limit(
    name="minutes after which a rollout is taken back",
    low=1,
    high=60,
    unit="minutes",
    why="the pods are measured once a minute, for as long as a step bakes",
    source=_ANALYSIS,
    read=_READ,
)
POD_ALARM_THRESHOLD = Limit(
    name="value above which a rollout is taken back",
    low=0,
    high=None,
    integer=False,
    why="what pods measure is not below 0",
    source=_ANALYSIS,
    read=_READ,
)
POD_ERROR_PERCENT = Limit(
    name="share of failed requests above which a rollout is taken back",
    low=0,
    high=99,
    unit="%",
    integer=False,
    why="it is a share, and no more than all can fail",
    source=_ANALYSIS,
    read=_READ,
)
MODEL_TOKENS = Limit(
    name="tokens of a request and its answer",
    low=1,
    high=None,
    unit="tokens",
    why="it is counted in whole tokens",
    source="https://docs.vllm.ai/en/stable/configuration/engine_args/",
    read=_READ,
)
