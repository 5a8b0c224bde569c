"""Limits of Kubernetes' indexed jobs, and of queues that hold them back."""

from cdk_model_hosting.limits.kinds import Limit, TextLimit

_READ = "2026-11-21"
_JOBS = "https://kubernetes.io/docs/concepts/workloads/controllers/job/"
_JOB = "https://kubernetes.io/docs/reference/kubernetes-api/batch/job-v1/"
_CHECKS = "https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/batch/validation/validation.go"
_CRON_JOBS = "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/"
_TTL = "https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/"
_QUEUE = "https://kueue.sigs.k8s.io/docs/concepts/cluster_queue/"

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_FIELD = r"[0-9A-Za-z*/,?-]+"

GPU_JOB_NAME = TextLimit(
    name="name of an indexed job",
    low=1,
    high=37,
    pattern=_LABEL,
    shape="lower case letters, digits and hyphens, beginning and ending with a letter or digit",
    why="a pod's host name has 63 characters, and behind this come a digest, the time of a start and the number of a shard",
    source=_CHECKS,
    read=_READ,
)
JOB_SHARDS = Limit(
    name="shards of an indexed job",
    low=1,
    high=100_000,
    unit="shards",
    why="Kubernetes keeps track of no more where each is tried again by itself",
    source=_CHECKS,
    read=_READ,
)
JOB_PARALLEL = Limit(
    name="pods of an indexed job that run at once",
    low=1,
    high=100_000,
    unit="pods",
    why="Kubernetes runs no more of an indexed job",
    source=_CHECKS,
    read=_READ,
)
SHARD_LIST_BYTES = Limit(
    name="list of the shards of a job",
    low=1,
    high=196_608,
    unit="bytes",
    why="kubectl writes the object that holds it once more into an annotation of at most 256 KiB; JobShards.below has no list",
    source="https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/",
    read=_READ,
)
SHARD_RETRIES = Limit(
    name="further tries of a shard",
    low=0,
    high=100,
    unit="tries",
    why="pauses between them grow up to six minutes, and a shard that fails so often will fail again",
    source=_JOBS,
    read=_READ,
)
FAILED_SHARDS = Limit(
    name="shards of a job that may fail before it is given up",
    low=0,
    high=100_000,
    unit="shards",
    why="Kubernetes counts no more",
    source=_CHECKS,
    read=_READ,
)
FINAL_EXIT_CODE = Limit(
    name="exit code after which a shard is not tried again",
    low=1,
    high=255,
    why="a process ends with no other, and 0 is success",
    source=_JOB,
    read=_READ,
)
FINAL_EXIT_CODES = Limit(
    name="exit codes after which a shard is not tried again",
    low=0,
    high=255,
    unit="exit codes",
    why="there are no more",
    source=_CHECKS,
    read=_READ,
)
GPU_JOB_SECONDS = Limit(
    name="time that a job may take",
    low=60,
    high=2_592_000,
    unit="seconds",
    why="a node with GPUs takes minutes to start, and one that a hanging job keeps for a month is paid for a month",
    source=_JOBS,
    read=_READ,
)
KEEP_JOB_SECONDS = Limit(
    name="time that an ended job is kept",
    low=0,
    high=2_147_483_647,
    unit="seconds",
    why="Kubernetes counts no longer",
    source=_TTL,
    read=_READ,
)
JOB_RUN = TextLimit(
    name="run of a job",
    low=0,
    high=63,
    pattern=r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?",
    shape="letters, digits, hyphens, underscores and dots, beginning and ending with a letter or digit",
    why="it is a label of the job",
    source="https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/",
    read=_READ,
)
JOB_CRON = TextLimit(
    name="times at which a job starts",
    low=6,
    high=200,
    pattern=rf"{_FIELD}( {_FIELD}){{4}}|@(yearly|annually|monthly|weekly|daily|midnight|hourly)",
    shape="minute, hour, day of the month, month and day of the week, with a space between them",
    why="Kubernetes reads times like this, such as 0 3 * * * for three in the morning",
    source=_CRON_JOBS,
    read=_READ,
)
JOB_TIME_ZONE = TextLimit(
    name="time zone of the times at which a job starts",
    low=1,
    high=64,
    pattern=r"(?!Local$)[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*",
    shape="a name of the tz database such as Europe/Berlin",
    why="Kubernetes knows no other zones",
    source=_CRON_JOBS,
    read=_READ,
)
QUEUE_FLAVORS = Limit(
    name="groups of nodes that a queue takes jobs to",
    low=1,
    high=64,
    unit="flavors",
    why="Kueue looks through no more for a resource",
    source="https://github.com/kubernetes-sigs/kueue/blob/main/apis/kueue/v1beta2/clusterqueue_types.go",
    read=_READ,
)
QUEUE_DEVICES = Limit(
    name="devices that a queue gives to jobs",
    low=0,
    high=None,
    unit="devices",
    why="0 of its own leaves those that a cohort lends",
    source=_QUEUE,
    read=_READ,
)
QUEUE_CPU = Limit(
    name="processors that a queue gives to jobs",
    low=0,
    high=None,
    unit="processors",
    integer=False,
    why="they are counted",
    source=_QUEUE,
    read=_READ,
)
QUEUE_MEMORY_MB = Limit(
    name="memory that a queue gives to jobs",
    low=0,
    high=None,
    unit="MB",
    why="it is counted",
    source=_QUEUE,
    read=_READ,
)
