"""An asynchronous inference: what was asked, and how it ended."""

import time
from dataclasses import dataclass, field

from tests.local_aws.server.sagemaker.containers import Reply
from tests.local_aws.server.sagemaker.locations import Location

_LONGEST_QUOTE = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
    """A request of InvokeEndpointAsync, as it waits.

    Args:
        id: Its identifier.
        endpoint_name: The endpoint.
        body: What to send to the container; None when it lies at the input location.
        input_location: Where it lies, as the caller spelled it.
        content_type: The type of the input, if the caller named one.
        accept: The type that the caller wants, if any.
        custom_attributes: What the caller hands through to the container.
        output: Where the answer goes; None when it goes to a topic alone.
        failure: Where the answer goes when it is an error; None when nowhere.
        ttl: The seconds that it may wait.
        timeout: The seconds that the container may take.
        received: When it came.
    """

    id: str
    endpoint_name: str
    body: bytes | None
    input_location: str
    content_type: str
    accept: str
    custom_attributes: str
    output: Location | None
    failure: Location | None
    ttl: float
    timeout: float
    received: float = field(default_factory=time.time)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a synchronous invocation that would say the same."""
        given = {
            "content-type": self.content_type,
            "accept": self.accept,
            "x-amzn-sagemaker-custom-attributes": self.custom_attributes,
            "x-amzn-sagemaker-inference-id": self.id,
        }
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an inference ended.

    Args:
        failure: Why it failed; empty when it did not.
        body: What is written to the output, or to the failure location.
        content_type: The type of that.
        reply: What the container answered; None when it was not asked.
        ended: When it ended.
    """

    failure: str = ""
    body: bytes = b""
    content_type: str = "application/octet-stream"
    reply: Reply | None = None
    ended: float = field(default_factory=time.time)

    @classmethod
    def failed(cls, why: str) -> "Outcome":
        """Return the outcome of an inference that the container was not asked about, or did not answer."""
        return cls(failure=f"ClientError: {why}", body=why.encode(), content_type="text/plain")

    @classmethod
    def of(cls, reply: Reply) -> "Outcome":
        """Return what a container's answer makes of an inference."""
        content_type = reply.headers.get("content-type", "application/octet-stream")
        if reply.status in range(200, 300):
            return cls(body=reply.body, content_type=content_type, reply=reply)
        kind = "client" if reply.status in range(400, 500) else "server"
        said = f' with message "{reply.body.decode(errors="replace")[:_LONGEST_QUOTE]}"' if not reply.status else ""
        why = (
            f"ClientError: Received {kind} error ({reply.status}) from model{said}."
            " See the SageMaker Endpoint logs in your account for more information."
        )
        return cls(failure=why, body=reply.body, content_type=content_type, reply=reply)
