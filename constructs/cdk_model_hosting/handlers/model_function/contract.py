"""What the constructs and the function agree on: where things lie, the environment variables, the metrics."""

from enum import StrEnum

PACKAGE = "cdk_model_function"
"""What this folder is called at the root of a function's code, where the user's modules lie beside it."""

HANDLER = f"{PACKAGE}.entry.handler"
"""Where Lambda enters."""

DEFAULT_LOADER = "onnx"
"""The loader when none is named."""

LOADER_GROUP = "cdk_model_hosting.loaders"
"""The group of entry points in which other packages offer loaders."""

MOST_TOGETHER = 10_000
"""Requests that `predict` gets at once at most: the largest batch of SQS."""

LONGEST_READ_SECONDS = 70
"""How long to wait for an endpoint's answer at most: SageMaker ends a request after 60 seconds, and is to say so itself."""

BATCH_MARGIN_SECONDS = 1
"""What must be left of an invocation, beyond the time that a call may take, for another call with messages of a queue."""

LARGEST_ANSWER_BYTES = 6 * 1024**2
"""The largest answer that Lambda hands to somebody who waits for it, as it goes there. Read on 2026-11-21.

See: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

LARGEST_BALANCED_BYTES = 1024**2
"""The largest one that a load balancer takes. Read on 2026-11-21.

See: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
"""

METRIC_NAMESPACE = "ModelFunction"
"""The namespace of the metrics in CloudWatch."""

FUNCTION_DIMENSION = "FunctionName"
"""The dimension of every metric: the name of the function."""

VERSION_DIMENSION = "Version"
"""The second dimension, with which `VERSION_METRICS` are published once more."""


class Delivery(StrEnum):
    """How the model comes to the function."""

    BUNDLED = "bundled"
    LAYER = "layer"
    IMAGE = "image"
    FILE_SYSTEM = "file_system"
    BUCKET = "bucket"
    ENDPOINT = "endpoint"
    """Not at all: an endpoint of SageMaker's has it, and `predict` asks that."""


class Variable(StrEnum):
    """An environment variable. One that is blank counts as not given, and one that is not listed here is refused."""

    ENTRY = "MODEL_FUNCTION_ENTRY"
    """Always: ``module:function``, the user's, such as ``predictor:predict``."""

    LOADER = "MODEL_FUNCTION_LOADER"
    """``onnx`` when omitted; the name of an entry point in `LOADER_GROUP`; or ``module:function``."""

    DELIVERY = "MODEL_FUNCTION_DELIVERY"
    """Always: a value of `Delivery`."""

    PATH = "MODEL_FUNCTION_PATH"
    """Only and always of a model in files, which is none in a bucket: the file or folder; from the root of the function's code
    when it is not absolute."""

    BUCKET = "MODEL_FUNCTION_BUCKET"
    """Only and always from a bucket: its name."""

    KEY = "MODEL_FUNCTION_KEY"
    """Only and always from a bucket: the object's key. A ``.tar.gz``, ``.tgz``, ``.tar`` or ``.zip`` is unpacked."""

    VERSION_ID = "MODEL_FUNCTION_VERSION_ID"
    """Only from a bucket: the version of the object. A bucket needs this, the ETag or the checksum."""

    ETAG = "MODEL_FUNCTION_ETAG"
    """Only from a bucket: the ETag that the object must have, with or without quotes."""

    ENDPOINT = "MODEL_FUNCTION_ENDPOINT"
    """Only and always with an endpoint: its name."""

    COMPONENT = "MODEL_FUNCTION_COMPONENT"
    """Only with an endpoint of inference components: the name of the one that is asked."""

    REGION = "MODEL_FUNCTION_REGION"
    """Only with an endpoint: its region; the function's own when omitted."""

    READ_SECONDS = "MODEL_FUNCTION_READ_SECONDS"
    """Only with an endpoint: how long to wait for an answer, at most; `LONGEST_READ_SECONDS` when omitted."""

    UPLOADS = "MODEL_FUNCTION_UPLOADS"
    """Only with an asynchronous endpoint: ``s3://bucket/prefix/``, below which requests are uploaded; nowhere when omitted."""

    SHA256 = "MODEL_FUNCTION_SHA256"
    """Checksum in hexadecimal digits: of the object as it lies in the bucket; else of the file or folder, as `digest` counts."""

    BATCH_SIZE = "MODEL_FUNCTION_BATCH_SIZE"
    """When `predict` takes lists of requests: how many at most. It takes one request when omitted."""

    SAMPLE = "MODEL_FUNCTION_SAMPLE"
    """A JSON file with a request that is predicted from once before any other, from the root of the code; none when omitted."""


class Metric(StrEnum):
    """A metric."""

    MODEL_LOAD_TIME = "ModelLoadTime"
    """Milliseconds to get the model and to load it, once an environment."""

    PREDICT_TIME = "PredictTime"
    """Milliseconds in `predict`, for each event in which it was called."""

    ENDPOINT_TIME = "EndpointTime"
    """Milliseconds for which the endpoint was waited for, for each event in which it was asked; part of `PREDICT_TIME`."""

    BATCH_SIZE = "BatchSize"
    """Requests in an event: the messages of a batch, else 1. Its sum is the number of all requests."""

    COLD_START = "ColdStart"
    """1 for an event that had to wait for a new environment, else 0."""

    REFUSALS = "Refusals"
    """Requests of an event that were wrong: its caller's fault."""

    FAILURES = "Failures"
    """Requests of an event that failed in another way. Lambda's own ``Errors`` has not those that are answered with a 500."""

    DEFERRED = "Deferred"
    """Messages of a batch from a queue that were left for another time, for lack of it or to keep an order; each has come once
    more nevertheless. For each batch."""


VERSION_METRICS = (Metric.PREDICT_TIME, Metric.BATCH_SIZE, Metric.FAILURES)
"""What tells whether a new version is as good as the one before it."""
