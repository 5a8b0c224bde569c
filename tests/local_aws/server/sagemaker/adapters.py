"""Adapters of a base component: loaded into its container, and named to it with every request.

The container gets ``POST /adapters`` with the adapter's name and the folder of its artifact, ``DELETE /adapters/{name}``, and
the header X-Amzn-SageMaker-Adapter-Identifier with an invocation. The name is that of the adapter's component.

See: https://github.com/aws/model-hosting-container-standards
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.local_aws.server.sagemaker import artifacts
from tests.local_aws.server.sagemaker.component_state import Component, Copies
from tests.local_aws.server.sagemaker.containers import Container, ContainerDownError, Reply
from tests.local_aws.server.sagemaker.forwarding import PREFIX
from tests.local_aws.server.sagemaker.serving import Serving

_SECONDS_TO_LOAD = 60.0
_SUCCESSES = range(200, 300)


class Adapted(Serving):
    """What answers for a base component, told to use one of its adapters.

    Args:
        base: What answers for the base component, which starts and stops it.
        name: The adapter.
    """

    def __init__(self, base: Serving, name: str) -> None:
        super().__init__()
        self._base = base
        self._name = name

    @property
    def containers(self) -> list[Container]:
        """None of its own."""
        return []

    def enter(self) -> None:
        """Count a request for the base, which must not stop before it is answered."""
        super().enter()
        self._base.enter()

    def leave(self) -> None:
        """Count a request as answered."""
        self._base.leave()
        super().leave()

    def invoke(self, headers: Mapping[str, str], body: bytes, timeout: float) -> Reply:
        """Let the base answer with the adapter."""
        named = {f"{PREFIX}adapter-identifier": self._name, f"{PREFIX}adapter-alias": self._name}
        return self._base.invoke({**headers, **named}, body, timeout)


def load(adapter: Component, copies: Copies, base: Copies) -> str:
    """Load an adapter into the container of its base; return why that failed, or nothing.

    Args:
        adapter: The adapter.
        copies: Those of the adapter, which answer from now on.
        base: The copies of its base, which are well.
    """
    if base.serving is None:
        copies.unplayable, copies.instance_count = base.unplayable, base.instance_count
        return ""
    container = base.serving.containers[0]
    folder = _folder(container, adapter.name)
    try:
        shutil.rmtree(folder, ignore_errors=True)
        artifacts.fetch_archive(adapter.specifications[0]["Container"]["ArtifactUrl"], folder)
        wish = {"name": adapter.name, "src": str(folder), "preload": True}
        kind = {"Content-Type": "application/json"}
        answer = container.call("POST", "/adapters", json.dumps(wish).encode(), kind, timeout=_SECONDS_TO_LOAD)
    except (artifacts.ArtifactError, ContainerDownError, OSError) as error:
        return f"The adapter {adapter.name} could not be loaded: {error}."
    if answer.status not in _SUCCESSES:
        told = answer.body.decode(errors="replace")
        return (
            f"The adapter {adapter.name} could not be loaded: POST /adapters was answered with {answer.status} {told}"
        )
    copies.serving, copies.instance_count = Adapted(base.serving, adapter.name), base.instance_count
    return ""


def unload(adapter: Component, base: Copies) -> None:
    """Take an adapter out of the container of its base; one that is gone already counts as taken out."""
    adapter.current.serving, adapter.current.instance_count = None, 0
    if base.serving is None:
        return
    container = base.serving.containers[0]
    try:
        container.call("DELETE", f"/adapters/{adapter.name}", timeout=_SECONDS_TO_LOAD)
    except ContainerDownError:
        return
    finally:
        shutil.rmtree(_folder(container, adapter.name), ignore_errors=True)


def _folder(container: Container, name: str) -> Path:
    return container.base / "adapters" / name
