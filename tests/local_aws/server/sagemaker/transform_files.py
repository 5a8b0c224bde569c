"""Transforms one object of the input: requests in parallel, answers in the order of the records, all of it or nothing."""

import contextvars
import itertools
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TypeVar

from tests.local_aws.server import timing
from tests.local_aws.server.sagemaker import transform_input, transform_output
from tests.local_aws.server.sagemaker.containers import Reply
from tests.local_aws.server.sagemaker.serving import Serving
from tests.local_aws.server.sagemaker.transform_input import Batching, InputError, Source
from tests.local_aws.server.sagemaker.transform_log import JobLog
from tests.local_aws.server.sagemaker.transform_output import OutputError
from tests.local_aws.server.sagemaker.transform_records import Processing, RecordError
from tests.local_aws.server.sagemaker.transform_state import TransformJob

_TIMEOUT_SECONDS = 600
_RETRIES = 3
_SUCCESSES = range(200, 300)
_CLIENT_ERRORS = range(400, 500)

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class FileFailure(Exception):  # noqa: N818 - it is how an object ends
    """What fails an object of the input; the message is the kind of error that the FailureReason of the job begins with."""

    @property
    def kind(self) -> str:
        """ClientError or AlgorithmError."""
        return str(self)


class Transformation:
    """What a job does with each object of its input.

    Args:
        job: The job.
        serving: What answers.
        log: The log of the job.
        batching: How much of an object goes into one request.
        parallel: How many requests for one object may be under way at once.
    """

    def __init__(self, job: TransformJob, serving: Serving, log: JobLog, batching: Batching, *, parallel: int) -> None:
        self._job = job
        self._serving = serving
        self._log = log
        self._batching = batching
        self._parallel = parallel
        begun = datetime.fromtimestamp(job.started or job.created, UTC)
        self._processing = Processing.of(job, stamp=f"{begun:%Y-%m-%dT%H:%M:%SZ}")
        self._by_line = job.output.get("AssembleWith", "None") == "Line"
        client = job.request.get("ModelClientConfig", {})
        self._timeout = float(client.get("InvocationsTimeoutInSeconds", _TIMEOUT_SECONDS))
        self._attempts = 1 + int(client.get("InvocationsMaxRetries", _RETRIES))

    def transform(self, source: Source) -> None:
        """Transform an object and write its output.

        Raises:
            FileFailure: There is no output for it; the log says why.
        """
        try:
            data = transform_input.read(source, compressed=self._job.input.get("CompressionType", "None") == "Gzip")
            batches = [(records, source) for records in self._batching.cut(data)]
            with ThreadPoolExecutor(max_workers=self._parallel) as requests:
                answers = _in_order([submit(requests, self._answer, batch) for batch in batches])
            if not self._job.stopping.is_set():
                transform_output.write(self._job, source, transform_output.assemble(answers, by_line=self._by_line))
        except (InputError, OutputError, RecordError) as error:
            self._log.say(str(error), about=source.label)
            raise FileFailure("ClientError") from error

    def _answer(self, batch: tuple[list[bytes], Source]) -> bytes:
        """Return what is written for the records of one request."""
        records, source = batch
        processing = self._processing
        body = b"\n".join(processing.asked(record) for record in records)
        reply = self._invoke(body + b"\n" if len(records) > 1 else body)
        if reply.status not in _SUCCESSES:
            self._log.say(_complaint(reply), about=source.label)
            raise FileFailure("ClientError" if reply.status in _CLIENT_ERRORS else "AlgorithmError")
        if not processing.touches_output:
            return reply.body
        return b"\n".join(processing.kept(records, reply.body)) + (b"\n" if len(records) > 1 else b"")

    def _invoke(self, body: bytes) -> Reply:
        """Ask the container, again if it fails to answer, as often as the job allows."""
        given = {"content-type": self._job.input.get("ContentType"), "accept": self._job.output.get("Accept")}
        headers = {name: value for name, value in given.items() if value}
        for attempt in itertools.count(1):
            reply = self._serving.invoke(headers, body, self._timeout)
            if reply.status in _SUCCESSES or attempt >= self._attempts or self._job.stopping.is_set():
                break
            timing.wait(2.0**attempt)
        return reply


def submit(pool: ThreadPoolExecutor, task: Callable[[Item], Answer], item: Item) -> "Future[Answer]":
    """Let a pool do something in the account and region of the request, which its threads do not know by themselves."""
    context = contextvars.copy_context()
    return pool.submit(lambda: context.run(task, item))


def _in_order(answers: "list[Future[bytes]]") -> list[bytes]:
    """Wait for all answers; with the first failure the others are no longer asked for."""
    try:
        return [answer.result() for answer in answers]
    except BaseException:
        for answer in answers:
            answer.cancel()
        raise


def _complaint(reply: Reply) -> str:
    said = reply.body.decode(errors="replace")
    if not reply.status:
        return f"Unable to get response from algorithm: {said}"
    return f"Bad HTTP status received from algorithm: {reply.status}\n\nMessage:\n{said}"
