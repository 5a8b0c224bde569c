"""Limits of the Triton inference server, and of what SageMaker asks of its models."""

from cdk_model_hosting.limits.kinds import Choice, Limit, TextLimit
from cdk_model_hosting.limits.sources import sagemaker_guide, triton_guide

_READ = "2026-11-21"
_CONTAINER = sagemaker_guide("deploy-models-frameworks-triton")
_REPOSITORY = triton_guide("model_repository")
_CONFIGURATION = triton_guide("model_configuration")
_BATCHER = triton_guide("batcher")

TRITON_MODEL_NAME = TextLimit(
    name="name of a Triton model",
    low=1,
    high=255,
    pattern=r"[a-zA-Z0-9][a-zA-Z0-9._-]*",
    shape="letters, digits, dots, hyphens and underscores, a letter or digit first",
    why="it is a folder of the archive and a word on the server's command line",
    source=_REPOSITORY,
    read=_READ,
)
TRITON_VERSION = Limit(
    name="version of a Triton model",
    low=1,
    high=None,
    why="the server looks into folders with such names and no others",
    source=_REPOSITORY,
    read=_READ,
)
TRITON_VERSIONS_KEPT = Limit(
    name="newest versions of a Triton model that are served",
    low=1,
    high=None,
    why="a model without a version cannot answer",
    source=_CONFIGURATION,
    read=_READ,
)
TRITON_BATCH = Limit(
    name="largest batch of a Triton model",
    low=1,
    high=None,
    why="SageMaker's container takes models that batch; one that cannot takes batches of 1",
    source=_CONTAINER,
    read=_READ,
)
TRITON_QUEUE_DELAY_US = Limit(
    name="how long Triton waits for a fuller batch",
    low=0,
    high=None,
    unit="microseconds",
    why="a wait cannot be negative",
    source=_BATCHER,
    read=_READ,
)
TRITON_QUEUE_SIZE = Limit(
    name="requests that wait for a batch",
    low=1,
    high=None,
    unit="requests",
    why="a request waits at least until the batcher has seen it",
    source=_BATCHER,
    read=_READ,
)
TRITON_QUEUE_TIMEOUT_US = Limit(
    name="how long a request waits for a batch",
    low=1,
    high=None,
    unit="microseconds",
    why="the server reads 0 as no limit: leave it out for that",
    source=_BATCHER,
    read=_READ,
)
TRITON_COPIES = Limit(
    name="copies of a Triton model on each GPU, or on the CPU",
    low=1,
    high=None,
    why="a model answers by its copies",
    source=_CONTAINER,
    read=_READ,
)
TRITON_GPU = Limit(
    name="number of a GPU",
    low=0,
    high=None,
    why="GPUs are counted from 0",
    source=_CONTAINER,
    read=_READ,
)
TRITON_PING_MODE = Choice(
    name="when Triton's container calls itself healthy",
    allowed=("ready", "live"),
    why="the container knows no other",
    source=_CONTAINER,
    read=_READ,
)
TRITON_THREADS = Limit(
    name="threads that read requests in Triton's container",
    low=1,
    high=None,
    unit="threads",
    why="somebody must read the requests",
    source=_CONTAINER,
    read=_READ,
)
TRITON_PYTHON_MEMORY_MIB = Limit(
    name="shared memory of each copy of a Python model",
    low=1,
    high=None,
    unit="MiB",
    why="Triton's Python backend starts with no less",
    source=_CONTAINER,
    read=_READ,
)
TRITON_PYTHON_MEMORY_GROWTH_MIB = Limit(
    name="by how much the shared memory of a Python model grows",
    low=1,
    high=None,
    unit="MiB",
    why="it grows by whole mebibytes",
    source=_CONTAINER,
    read=_READ,
)
TRITON_GPU_MEMORY_SHARE = Limit(
    name="share of a GPU's memory that models may fill",
    low=0,
    high=1,
    integer=False,
    above_low=True,
    why="the server takes it as a fraction, 0.8 and not 80",
    source=_CONTAINER,
    read=_READ,
)
TRITON_METRICS_PORT = Limit(
    name="port of Triton's metrics",
    low=1024,
    high=65535,
    why="the lower ports are the system's",
    source=_CONTAINER,
    read=_READ,
)
TRITON_ARGUMENT = TextLimit(
    name="further argument of the Triton server",
    low=3,
    high=1024,
    pattern=r"--[a-z][a-z0-9-]*(=[^\s\"'`$;&|<>\\*?()]+)?",
    shape="--name or --name=value, nothing that a shell would read",
    why="the container hands it to the server through a shell",
    source=_CONTAINER,
    read=_READ,
)
