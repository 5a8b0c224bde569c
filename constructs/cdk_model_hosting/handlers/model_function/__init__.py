"""The model function: a model inside Lambda, and the one function with which a user predicts from it.

The user writes it, and a lock of what it imports::

    def predict(model, request):
        return {"score": ...}

`model` is what the loader has made of the model's files, by default a session of onnxruntime's. `request` is the parsed JSON of
a body or of a message, or the event itself when somebody invokes the function directly. What comes back must be JSON, of numbers
and arrays of numpy's if need be. With ``MODEL_FUNCTION_BATCH_SIZE``, `predict` gets a list of requests and answers each.

An environment of Lambda's gets the model and loads it once, when it is made, and before it takes a request. A model that is not
there, not the one that was meant or broken ends it there, so that the deployment of a version with such a model fails.

In front of an endpoint of SageMaker's nothing is loaded: `model` is an `Endpoint`, which `predict` asks. See `endpoint`.

Where a request comes from decides how it is answered:

- API Gateway (REST and HTTP API), a function URL, a load balancer: by a status. 200; 400 for a body that is no JSON; 415 for
  another content type; 422 with the reason for what `predict` refuses by a `ValueError`; 500 for any other error, with the ID
  of the request, under which the log has the rest. In front of an endpoint also 422 with the reason of a container that answered
  with 4xx, 502 when it failed, 503 with a ``Retry-After`` when it is busy, and 504 when it took too long.
- SQS: by the messages that are to come again, which the event source mapping must be told to expect
  (``ReportBatchItemFailures``). The answers of `predict` go nowhere, so what it finds out it must also store.
- Directly: by the answer alone. ``RequestRefused`` and ``PredictionFailed`` are the errors that a caller sees; in front of an
  endpoint ``EndpointBusy`` and ``EndpointFailed`` too.

Each request is one line of JSON in the log, which has the metrics in it too. `contract` has every name that the constructs and
the function agree on; `loaders` says how to load what is no ONNX.

The folder lies by itself at the root of a function's code, so its modules import each other relatively, and nothing else but the
standard library, what the loader needs, and boto3 for a model in a bucket.
"""
