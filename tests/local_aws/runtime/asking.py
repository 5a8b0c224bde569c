"""Requests over plain HTTP, signed or not, to what the local AWS answers there."""

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

SECONDS = 30.0


@dataclass(frozen=True)
class Answered:
    """An answer over HTTP."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def json(self) -> Any:
        """Its body, read as JSON."""
        return json.loads(self.body)

    def header(self, name: str) -> list[str]:
        """The values of a header."""
        return [value for key, value in self.headers if key.lower() == name]


def ask(
    url: str,
    body: bytes | None = None,
    *,
    method: str = "POST",
    headers: dict[str, str] | None = None,
    signer: str | None = None,
    service: str = "lambda",
) -> Answered:
    """Ask for something.

    Args:
        url: The address.
        body: The body.
        method: The method.
        headers: The headers.
        signer: The access key that signs the request; nobody does when omitted.
        service: The service that it is signed for.
    """
    request = AWSRequest(method=method, url=url, data=body, headers=headers or {})
    if signer is not None:
        SigV4Auth(Credentials(signer, "local"), service, "us-east-1").add_auth(request)
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=SECONDS)
    try:
        path = f"{address.path or '/'}{'?' if address.query else ''}{address.query}"
        connection.request(method, path, body, dict(request.headers.items()))
        response = connection.getresponse()
        return Answered(response.status, response.getheaders(), response.read())
    finally:
        connection.close()
