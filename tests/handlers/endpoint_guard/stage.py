"""A stage for the endpoint guard: services, a clock that only tests move, and somebody who takes the answers."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cdk_model_hosting.handlers.endpoint_guard import entry
from cdk_model_hosting.handlers.endpoint_guard.permissions import PERMISSIONS
from cdk_model_hosting.handlers.endpoint_guard.surroundings import Surroundings

REGION = "us-east-1"
FUNCTION = f"arn:aws:lambda:{REGION}:123456789012:function:guard"
SECONDS_OF_AN_INVOCATION = 900.0
_MOST_INVOCATIONS = 60


@dataclass
class Clock:
    """Time that passes only when somebody sleeps."""

    time: float = 1_800_000_000.0
    started: float = 1_800_000_000.0
    on_sleep: Callable[[], None] = lambda: None
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        self.slept.append(seconds)
        self.on_sleep()

    def remaining(self) -> float:
        return self.started + SECONDS_OF_AN_INVOCATION - self.time


@dataclass
class Lambda:
    """Takes the invocations that the guard asks for. No local Lambda is needed to see what it would be given."""

    pending: list[dict[str, Any]] = field(default_factory=list)
    failure: Exception | None = None

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> None:  # noqa: N803 - the API's names
        if self.failure is not None:
            raise self.failure
        assert (FunctionName, InvocationType) == (FUNCTION, "Event")
        self.pending.append(json.loads(Payload))


@dataclass
class Answers:
    """What was put to the address that CloudFormation gave."""

    url: str
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    failures_to_come: int = 0


@contextmanager
def answering() -> Iterator[Answers]:
    """Serve the address that the answers are put to."""

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            failing = answers.failures_to_come > 0
            answers.failures_to_come -= failing
            if not failing:
                answers.bodies.append(body)
                answers.headers.append(dict(self.headers))
            self.send_response(503 if failing else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    answers = Answers(f"http://127.0.0.1:{server.server_port}/answer?signature=secret")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield answers
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Stage:
    """Everything around the guard.

    Args:
        clients: The services; a call that the resource in question has no permission for fails the test.
        stack: The stack, as moto keeps it.
        answers: Where the answers go.
    """

    clients: dict[str, Any]
    stack: Any
    answers: Answers
    clock: Clock = field(default_factory=Clock)
    function: Lambda = field(default_factory=Lambda)
    calls: set[str] = field(default_factory=set)
    resource_type: str = ""

    def __post_init__(self) -> None:
        for service, client in self.clients.items():
            self.use(service, client)

    def use(self, service: str, client: Any) -> None:
        """Let a client serve a service, under the eyes of the stage."""
        client.meta.events.register("before-call.*.*", self._record)
        self.clients[service] = client

    @property
    def surroundings(self) -> Surroundings:
        clients = {**self.clients, "lambda": self.function}
        return Surroundings(
            function=FUNCTION,
            clients=clients.__getitem__,
            remaining=self.clock.remaining,
            now=self.clock.now,
            sleep=self.clock.sleep,
        )

    def send(
        self, resource: str, kind: str, properties: dict[str, Any], old: dict[str, Any] | None = None, **rest: Any
    ) -> dict[str, Any] | None:
        """Let CloudFormation ask for something, and return the answer, if there is one."""
        self.resource_type = f"Custom::{resource}"
        self._event(resource, f"{kind.upper()}_IN_PROGRESS")
        event = {
            "RequestType": kind,
            "RequestId": "request",
            "ResponseURL": self.answers.url,
            "StackId": self.stack.stack_id,
            "LogicalResourceId": resource,
            "ResourceType": f"Custom::{resource}",
            "ResourceProperties": as_text({"ServiceToken": FUNCTION, **properties}),
            **({} if kind == "Create" else {"PhysicalResourceId": f"{resource}-{resource}"}),
            **({} if old is None else {"OldResourceProperties": as_text({"ServiceToken": FUNCTION, **old})}),
            **rest,
        }
        return self.invoke(event)

    def invoke(self, event: dict[str, Any]) -> dict[str, Any] | None:
        """Run the guard once."""
        self.clock.started = self.clock.time
        before = len(self.answers.bodies)
        entry.handle(event, self.surroundings)
        new = self.answers.bodies[before:]
        assert len(new) <= 1, new
        return json.loads(new[0]) if new else None

    def succeed(self, resource: str, kind: str, properties: dict[str, Any], old: dict[str, Any] | None = None) -> None:
        answer = self.send(resource, kind, properties, old)
        assert answer is not None
        assert answer["Status"] == "SUCCESS", answer["Reason"]
        self._event(resource, f"{kind.upper()}_COMPLETE")

    def fail(
        self, resource: str, kind: str, properties: dict[str, Any], old: dict[str, Any] | None = None, **rest: Any
    ) -> str:
        answer = self.send(resource, kind, properties, old, **rest)
        assert answer is not None
        assert answer["Status"] == "FAILED"
        self._event(resource, f"{kind.upper()}_FAILED")
        return str(answer["Reason"])

    def stack_becomes(self, *statuses: str) -> None:
        """Take the stack through statuses."""
        for status in statuses:
            self.stack.status = status
            self.stack._add_stack_event(status)

    def settle(self, *statuses: str) -> list[dict[str, Any]]:
        """End the stack operation, then let every watch that was started run to its end."""
        self.stack_becomes(*statuses)
        return self.run_watches()

    def run_watches(self) -> list[dict[str, Any]]:
        """Run what the guard has asked for, and what that asks for, to the end."""
        ran: list[dict[str, Any]] = []
        while self.function.pending:
            event = self.function.pending.pop(0)
            assert len(ran) < _MOST_INVOCATIONS
            ran.append(event)
            assert self.invoke(event) is None
        return ran

    def touch(self, resource: str, status: str, resource_type: str = "", physical_id: str = "") -> None:
        """Let the stack's history tell of a resource."""
        self._event(resource, status, resource_type or f"Custom::{resource}", physical_id)

    def _event(self, resource: str, status: str, resource_type: str = "", physical_id: str = "") -> None:
        self.stack._add_stack_event(status)
        event = self.stack.events[-1]
        event.logical_resource_id = resource
        event.resource_type = resource_type or f"Custom::{resource}"
        event.physical_resource_id = physical_id

    def _record(self, model: Any, **_: Any) -> None:
        action = f"{model.service_model.signing_name}:{model.name}".replace("monitoring:", "cloudwatch:")
        self.calls.add(action)
        allowed = {each for actions in PERMISSIONS.get(self.resource_type, {}).values() for each in actions}
        assert action in allowed or not self.resource_type, f"{self.resource_type} has no permission for {action}"


def as_text(value: Any) -> Any:
    """Turn numbers and booleans into text, as CloudFormation does to the properties of custom resources."""
    if isinstance(value, dict):
        return {key: as_text(each) for key, each in value.items()}
    if isinstance(value, list):
        return [as_text(each) for each in value]
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
