"""What the writer is asked for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

_DIGEST = re.compile(r"[0-9a-f]{64}")
_USER = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the writer is asked for.

    Args:
        publish: Whether the model is to be there, or is not needed any more by this user.
        digest: SHA-256 of its archive, and name of its folder.
        user: Who needs it: a custom resource of some stack, as 32 hexadecimal digits.
        bucket: Where the archive lies.
        key: Its key there.
    """

    publish: bool
    digest: str
    user: str
    bucket: str
    key: str

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Read an event.

        Args:
            event: As the publisher sent it.

        Raises:
            ValueError: When it is none: the digest and the user become paths.
        """
        if event["Action"] not in {"publish", "remove"}:
            raise ValueError(f"Action must be publish or remove, got {event['Action']!r}")
        for name, pattern in (("Digest", _DIGEST), ("User", _USER)):
            if not pattern.fullmatch(event[name]):
                raise ValueError(f"{name} must match {pattern.pattern}, got {event[name]!r}")
        return cls(
            publish=event["Action"] == "publish",
            digest=event["Digest"],
            user=event["User"],
            bucket=event["Bucket"],
            key=event["Key"],
        )

    @property
    def origin(self) -> str:
        """The archive's address."""
        return f"s3://{self.bucket}/{self.key}"
