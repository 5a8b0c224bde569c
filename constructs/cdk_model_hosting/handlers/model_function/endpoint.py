"""What `predict` gets as its model in front of an endpoint.

It asks the endpoint, and so many times as is safe within the time that the function has left::

    def predict(endpoint, request):
        answer = endpoint.invoke({"amount": request["amount"]})
        return {"approved": answer.json()["probability"] < 0.5}

What goes wrong is raised, and answered as it should be when `predict` lets it pass. To do something else, catch
`Endpoint.Refused` (the model finds fault with the request), `Endpoint.Busy` (ask again later) or `Endpoint.Failed` (either busy,
or failed for good; its ``status`` is 502, 503 or 504).
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import boto3
from botocore.config import Config

from .account import Account
from .endpoint_attempts import Attempts
from .endpoint_model import EndpointModel
from .failures import EndpointBusy, EndpointFailed, RequestRefused
from .payloads import written

_JSON = "application/json"
_CONNECT_SECONDS = 2
_S3 = "s3://"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an endpoint has answered.

    Args:
        body: The answer.
        content_type: Its kind, as the container says.
        variant: The production variant that has answered; None where the service does not say.
        custom_attributes: What the container says besides.
    """

    body: bytes
    content_type: str
    variant: str | None
    custom_attributes: str | None

    def json(self) -> Any:
        """The answer as JSON.

        Raises:
            EndpointFailed: When it is none, which is not the fault of who asked.
        """
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise EndpointFailed(
                HTTPStatus.BAD_GATEWAY, "the answer of the endpoint must be JSON, and is none"
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A request that waits in the queue of an asynchronous endpoint.

    Args:
        output_location: Address in S3 where the answer will be.
        failure_location: Address in S3 where it will be told what went wrong, if it did; None where the endpoint tells nowhere.
        inference_id: ID of the request, in the notifications too.
    """

    output_location: str
    failure_location: str | None
    inference_id: str


class Endpoint:
    """An endpoint, which the user's function asks.

    Args:
        model: Which one.

    Attributes:
        Failed: What is raised when it has not answered.
        Busy: What is raised when it may answer later.
        Refused: What is raised when it finds fault with the request.
    """

    Failed = EndpointFailed
    Busy = EndpointBusy
    Refused = RequestRefused

    def __init__(self, model: EndpointModel) -> None:
        self._model = model
        self._runtime = Attempts(self._makes("sagemaker-runtime"), longest=model.read_seconds)
        self._s3 = Attempts(self._makes("s3"), longest=model.read_seconds)
        self._runtime.prepare()
        if model.uploads is not None:
            self._s3.prepare()

    def begin(self, account: Account, seconds: float) -> None:
        """Note that an invocation has begun. The function calls this.

        Args:
            account: What is to be told of it.
            seconds: What Lambda gives it.
        """
        self._runtime.begin(account, seconds)
        self._s3.begin(account, seconds)

    def invoke(
        self,
        payload: Any,
        *,
        content_type: str = _JSON,
        accept: str | None = None,
        variant: str | None = None,
        target_model: str | None = None,
        target_container: str | None = None,
        inference_id: str | None = None,
        custom_attributes: str | None = None,
    ) -> Answer:
        """Ask the endpoint, and wait for its answer.

        Args:
            payload: Bytes and text go as they are, all else as JSON.
            content_type: Kind of the payload.
            accept: Kind of the answer that is asked for; the container's choice when omitted.
            variant: Production variant that is to answer; by their weights when omitted.
            target_model: Archive of a multi-model endpoint that is to answer, such as ``eu.tar.gz``.
            target_container: Host name of the container of a multi-container endpoint that is to answer.
            inference_id: ID of the request, for data capture.
            custom_attributes: Up to 1024 characters for the container.

        Raises:
            RequestRefused: When the container has answered with a status of 4xx.
            EndpointFailed: When there is no answer.
            TypeError: When the endpoint is an asynchronous one, or the payload has no form in JSON.
        """
        if self._model.uploads is not None:
            raise TypeError("an asynchronous endpoint must be asked by invoke_async, got invoke: nobody waits for it")
        asked = self._asked(
            Body=_encoded(payload),
            ContentType=content_type,
            Accept=accept,
            TargetVariant=variant,
            TargetModel=target_model,
            TargetContainerHostname=target_container,
            InferenceComponentName=self._model.component,
            InferenceId=inference_id,
            CustomAttributes=custom_attributes,
        )

        def ask(client: Any) -> Answer:
            answered = client.invoke_endpoint(**asked)
            return Answer(
                body=answered["Body"].read(),
                content_type=answered.get("ContentType", ""),
                variant=answered.get("InvokedProductionVariant"),
                custom_attributes=answered.get("CustomAttributes"),
            )

        answer: Answer = self._runtime.call(ask)
        return answer

    def invoke_async(
        self,
        payload: Any = None,
        *,
        location: str | None = None,
        content_type: str = _JSON,
        accept: str | None = None,
        inference_id: str | None = None,
        custom_attributes: str | None = None,
    ) -> Queued:
        """Put a request into the queue of an asynchronous endpoint.

        Args:
            payload: The request, which is uploaded to the endpoint's storage: bytes and text as they are, all else as JSON.
            location: Address in S3 of a request that is there already, in place of `payload`.
            content_type: Kind of the request.
            accept: Kind of the answer that is asked for; the container's choice when omitted.
            inference_id: ID of the request; SageMaker makes one when omitted.
            custom_attributes: Up to 1024 characters for the container.

        Raises:
            EndpointFailed: When it could not be put there.
            TypeError: When there is not exactly one of `payload` and `location`, or nowhere to upload to.
        """
        if (payload is None) == (location is None):
            raise TypeError("invoke_async must get either a payload or a location, got both or none of them")
        if location is None:
            location = self._upload(_encoded(payload), content_type)
        asked = self._asked(
            InputLocation=location,
            ContentType=content_type,
            Accept=accept,
            InferenceId=inference_id,
            CustomAttributes=custom_attributes,
        )
        answered = self._runtime.call(lambda client: client.invoke_endpoint_async(**asked))
        return Queued(
            output_location=answered["OutputLocation"],
            failure_location=answered.get("FailureLocation"),
            inference_id=answered["InferenceId"],
        )

    def _upload(self, body: bytes, content_type: str) -> str:
        if self._model.uploads is None:
            raise TypeError(
                "invoke_async must get the location of a request that is in S3 already, got a payload: the storage of the "
                "endpoint is not known"
            )
        bucket, _, prefix = self._model.uploads.removeprefix(_S3).partition("/")
        key = f"{prefix}{secrets.token_hex(16)}"
        self._s3.call(lambda client: client.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type))
        return f"{_S3}{bucket}/{key}"

    def _asked(self, **given: Any) -> Mapping[str, Any]:
        named = {name: value for name, value in given.items() if value is not None}
        return {"EndpointName": self._model.name, **named}

    def _makes(self, service: str) -> Any:
        def make(seconds: int) -> Any:
            config = Config(
                connect_timeout=min(_CONNECT_SECONDS, seconds),
                read_timeout=seconds,
                retries={"mode": "standard", "total_max_attempts": 1},
                # A connection that Lambda kept for the next event may have been closed by then, which a probe finds out.
                tcp_keepalive=True,
            )
            client: Any = boto3.client
            return client(service, region_name=self._model.region, config=config)

        return make


def _encoded(payload: Any) -> bytes:
    if isinstance(payload, bytes | bytearray | memoryview):
        return bytes(payload)
    if isinstance(payload, str):
        return payload.encode()
    try:
        return written(payload).encode()
    except ValueError as error:
        # A ValueError would blame who asked for what `predict` has made of it.
        raise TypeError(f"the payload must be JSON, got a number that JSON has none for: {error}") from error
