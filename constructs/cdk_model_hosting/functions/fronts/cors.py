"""Which web pages may ask a function."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.durations import seconds
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import CORS_HEADER, CORS_HEADERS, CORS_ORIGINS, CORS_SECONDS
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aws_cdk as cdk

# What a signed request has, and one with a token.
_HEADERS = ("authorization", "content-type", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token")
_SCHEMES = ("http://", "https://")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cors:
    """Which web pages may ask a function from a browser: cross-origin resource sharing.

    It holds back no one but browsers: who may ask at all is a matter of the front's authorization.

    Args:
        origins: Where the pages come from, such as ``https://www.example.com``; ``*`` is everywhere.
        headers: Headers that a page may send; those of signed requests and of tokens, and the content's type, when omitted.
        max_age: Time that a browser remembers this, at most a day; as the service has it when omitted.

    Raises:
        ConfigurationError: When an origin is none, or there are too many, or the time is too long.
    """

    origins: Sequence[str]
    headers: Sequence[str] = _HEADERS
    max_age: cdk.Duration | None = field(default=None, compare=False, repr=False)
    max_age_seconds: int | None = field(init=False)

    def __post_init__(self) -> None:
        for name, values, limit in (("origins", self.origins, CORS_ORIGINS), ("headers", self.headers, CORS_HEADERS)):
            if is_token(values):
                continue
            require_several(f"Cors {name}", values, str)
            limit.check_length(f"Cors {name}", values)
        if not is_token(self.origins):
            for origin in self.origins:
                _check(origin)
        if not is_token(self.headers):
            for header in self.headers:
                CORS_HEADER.check("Cors headers element", header, optional=False)
        object.__setattr__(self, "max_age_seconds", seconds("Cors max_age", self.max_age))
        CORS_SECONDS.check("Cors max_age", self.max_age_seconds)

    def render(self) -> dict[str, Any]:
        """The properties that function URLs and HTTP APIs have in common."""
        return {
            "allow_origins": list(self.origins),
            "allow_headers": list(self.headers),
            "allow_methods": ["POST"],
            "max_age": self.max_age_seconds,
        }


def _check(origin: str) -> None:
    require("Cors origins element", origin, str)
    if is_token(origin) or origin == "*":
        return
    host = origin.partition("://")[2]
    if not origin.startswith(_SCHEMES) or "/" in host or host.split() != [host]:
        raise ConfigurationError(
            f"Cors origins must be * or addresses without a path, such as https://www.example.com, got {origin!r}: browsers "
            "compare them letter by letter with where a page comes from"
        )
