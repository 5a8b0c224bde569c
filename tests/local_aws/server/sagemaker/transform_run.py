"""Runs a transform job: starts the model's containers for it alone, sends them the input, writes the output, ends them."""

import dataclasses
import json
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

from tests.local_aws.server.sagemaker import (
    artifacts,
    launching,
    transform_events,
    transform_input,
    transform_output,
    transform_shortage,
)
from tests.local_aws.server.sagemaker.containers import ContainerDownError
from tests.local_aws.server.sagemaker.meters import Meter
from tests.local_aws.server.sagemaker.serving import Serving
from tests.local_aws.server.sagemaker.state import Document, Model
from tests.local_aws.server.sagemaker.transform_files import FileFailure, Transformation, submit
from tests.local_aws.server.sagemaker.transform_input import Batching, InputError, Source
from tests.local_aws.server.sagemaker.transform_log import JobLog
from tests.local_aws.server.sagemaker.transform_state import TransformJob

_LOG = logging.getLogger("local_aws.sagemaker")
# On AWS it is half an hour; a container here starts at once or not at all.
_SECONDS_TO_BE_WELL = 60.0
_SECONDS_TO_ASK = 30.0
_SECONDS_BETWEEN_LOOKS = 0.05
_SEE_LOGS = "See job logs for more information"
_NO_PING = (
    "AlgorithmError: Model container failed to respond to ping; Ensure /ping endpoint is implemented and responds with an HTTP"
    " 200 status code"
)
_DEFAULTS = {"MaxConcurrentTransforms": 1, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6}
_STRATEGIES = {"MultiRecord": "MULTI_RECORD", "SingleRecord": "SINGLE_RECORD"}


class JobFailure(Exception):  # noqa: N818 - it is how a job ends, and what AWS calls its FailureReason
    """What fails a job; the message is its FailureReason."""


class _Silent(Meter):
    """A meter that publishes nothing: the metrics of a pipeline are those of an endpoint, which a job is not."""

    def put(self, *_arguments: object, **_more: object) -> None:
        """Publish nothing."""


def run(job: TransformJob) -> None:
    """Run a job to its end."""
    log = JobLog(job)
    serving: Serving | None = None
    reason = ""
    try:
        serving = _serving(job)
        _start(job, serving, log)
        _transform(job, serving, log)
    except JobFailure as failure:
        reason = str(failure)
    except Exception:  # noqa: BLE001 - a job ends whatever happens
        _LOG.exception("the transform job %s failed", job.name)
        reason = "InternalServerError: We encountered an internal error. Please try again."
    finally:
        if serving is not None:
            serving.stop()
            log.publish(serving.containers)
    if job.stopping.is_set():
        job.becomes("Stopped")
    else:
        job.becomes("Failed" if reason else "Completed", reason=reason)
    transform_events.tell(job)


def _serving(job: TransformJob) -> Serving:
    if transform_shortage.fails():
        raise JobFailure(transform_shortage.CAPACITY_ERROR)
    unplayable = launching.why_unplayable(job.model)
    if unplayable:
        raise JobFailure(f"ClientError: {unplayable}")
    meter = _Silent(endpoint_name=f"transform-{job.name}", variant_name="transform", config_name="")
    try:
        return launching.build(_with_environment(job), meter=meter, label="transform")
    except (artifacts.ArtifactError, OSError) as error:
        raise JobFailure(f"ClientError: {error}") from error


def _with_environment(job: TransformJob) -> Model:
    """Return the model with what a container of a job finds in its environment, beside what the model says."""
    given = {
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": job.request.get("MaxPayloadInMB"),
        "SAGEMAKER_BATCH_STRATEGY": _STRATEGIES.get(job.request.get("BatchStrategy", "")),
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": job.request.get("MaxConcurrentTransforms"),
    }
    added = {
        "SAGEMAKER_BATCH": "true",
        **{name: str(value) for name, value in given.items() if value is not None},
        **job.request.get("Environment", {}),
    }

    def with_it(container: Document) -> Document:
        return {**container, "Environment": {**container.get("Environment", {}), **added}}

    request = dict(job.model.request)
    if "PrimaryContainer" in request:
        request["PrimaryContainer"] = with_it(request["PrimaryContainer"])
    if "Containers" in request:
        request["Containers"] = [with_it(container) for container in request["Containers"]]
    return dataclasses.replace(job.model, request=request)


def _start(job: TransformJob, serving: Serving, log: JobLog) -> None:
    try:
        serving.start()
    except OSError as error:
        raise JobFailure(f"ClientError: {error}") from error
    if serving.wait_until_healthy(_SECONDS_TO_BE_WELL) is not None and not job.stopping.is_set():
        log.say(_NO_PING)
        raise JobFailure(_NO_PING)
    job.begins()


def _transform(job: TransformJob, serving: Serving, log: JobLog) -> None:
    settings = _settings(job, serving)
    log.say(", ".join(f"{name}={value}" for name, value in settings.items()))
    single = settings["BatchStrategy"] == "SINGLE_RECORD"
    batching = Batching.of(
        job, strategy="SingleRecord" if single else "MultiRecord", megabytes=int(settings["MaxPayloadInMB"])
    )
    try:
        sources = transform_input.sources(job)
    except InputError as error:
        log.say(str(error))
        raise JobFailure(f"ClientError: {_SEE_LOGS}") from error
    transformation = Transformation(job, serving, log, batching, parallel=int(settings["MaxConcurrentTransforms"]))
    finished: list[Source] = []
    kinds: list[str] = []

    def one(source: Source) -> None:
        try:
            transformation.transform(source)
            finished.append(source)
        except FileFailure as failure:
            kinds.append(failure.kind)

    # An object goes to one instance, so as many are under way at once as there are instances.
    instances = ThreadPoolExecutor(max_workers=job.instances)
    working = {submit(instances, one, source) for source in sources}
    while working and not job.stopping.is_set():
        _done, working = wait(working, timeout=_SECONDS_BETWEEN_LOOKS)
    # Whoever still waits for an answer does so in vain: the containers end with the job.
    instances.shutdown(wait=False, cancel_futures=True)
    if job.stopping.is_set():
        return
    transform_output.capture(job, sorted(finished, key=lambda source: source.name))
    if kinds:
        raise JobFailure(f"{kinds[0]}: {_SEE_LOGS}")


def _settings(job: TransformJob, serving: Serving) -> Mapping[str, Any]:
    """Return what the request says, else what the container says of itself, else the defaults."""
    given = {name: job.request[name] for name in _DEFAULTS if job.request.get(name)}
    if "MaxPayloadInMB" in job.request:
        given["MaxPayloadInMB"] = job.request["MaxPayloadInMB"]
    if "BatchStrategy" in given:
        given["BatchStrategy"] = _STRATEGIES[given["BatchStrategy"]]
    return {**_DEFAULTS, **_wished(serving), **given}


def _wished(serving: Serving) -> Document:
    try:
        reply = serving.containers[0].call("GET", "/execution-parameters", timeout=_SECONDS_TO_ASK)
        told = json.loads(reply.body) if reply.status in range(200, 300) else {}
    except (ContainerDownError, ValueError):
        return {}
    return {name: told[name] for name in _DEFAULTS if name in told} if isinstance(told, dict) else {}
