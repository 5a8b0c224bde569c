"""What goes back to SageMaker."""

import json
from typing import NamedTuple

JSON = "application/json"


class Answer(NamedTuple):
    """What a server or the container answers.

    Args:
        status: HTTP status.
        body: The body.
        content_type: What the body is.
    """

    status: int
    body: bytes = b""
    content_type: str = JSON


class RefusedError(Exception):
    """What a request asks for cannot be.

    Args:
        status: HTTP status.
        body: What is said about it: Triton's answer, or a message.
    """

    def __init__(self, status: int, body: bytes | str = b"") -> None:
        super().__init__(body)
        self.answer = Answer(status, json.dumps({"error": body}).encode() if isinstance(body, str) else body)
