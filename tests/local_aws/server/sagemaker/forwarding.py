"""The headers of an invocation: which of them reach a container."""

from collections.abc import Mapping

PREFIX = "x-amzn-sagemaker-"
TARGET_MODEL = f"{PREFIX}target-model"
TARGET_CONTAINER = f"{PREFIX}target-container-hostname"
TARGET_VARIANT = f"{PREFIX}target-variant"
TARGET_COMPONENT = f"{PREFIX}inference-component"
# What the service keeps to itself: where the request goes. Everything else of its headers reaches the container; the
# target model reaches the containers that hold several.
_ROUTING = frozenset({TARGET_MODEL, TARGET_VARIANT, TARGET_CONTAINER, TARGET_COMPONENT, f"{PREFIX}accept"})


def forwarded(headers: Mapping[str, str]) -> dict[str, str]:
    """Return what a container gets of a request's headers, which are in lower case."""
    kept = {key: value for key, value in headers.items() if key.startswith(PREFIX) and key not in _ROUTING}
    return {
        **kept,
        "Content-Type": headers.get("content-type", "application/octet-stream"),
        "Accept": headers.get("accept", "*/*"),
    }
