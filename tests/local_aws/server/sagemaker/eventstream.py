"""Encodes AWS event streams: the framing of InvokeEndpointWithResponseStream."""

import struct
import zlib
from collections.abc import Iterator

_CHUNK_BYTES = 64 * 1024
_STRING_HEADER = 7
_PRELUDE_BYTES = 12
_CHECKSUM_BYTES = 4


def payload_parts(body: bytes) -> Iterator[bytes]:
    """Encode a body as the PayloadPart events of a response stream."""
    headers = {":message-type": "event", ":event-type": "PayloadPart", ":content-type": "application/octet-stream"}
    for start in range(0, len(body), _CHUNK_BYTES):
        yield _message(headers, body[start : start + _CHUNK_BYTES])


def _message(headers: dict[str, str], payload: bytes) -> bytes:
    encoded = b"".join(_header(name, value) for name, value in headers.items())
    length = _PRELUDE_BYTES + len(encoded) + len(payload) + _CHECKSUM_BYTES
    lengths = struct.pack("!II", length, len(encoded))
    message = lengths + struct.pack("!I", zlib.crc32(lengths)) + encoded + payload
    return message + struct.pack("!I", zlib.crc32(message))


def _header(name: str, value: str) -> bytes:
    raw = value.encode()
    return struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", _STRING_HEADER, len(raw)) + raw
