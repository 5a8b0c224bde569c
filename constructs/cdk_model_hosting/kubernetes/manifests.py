"""Kubernetes objects, typed when they are written, and plain data when they are applied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    import cdk8s


class Manifests:
    """Collects the objects that belong together, in the order in which they are applied.

    ```python
    with Manifests() as m:
        k8s.KubeNamespace(m.chart, "Namespace", metadata=k8s.ObjectMeta(name="models"))
    cluster.apply(self, "Manifests", m.rendered())
    ```

    CDK Tokens pass through, and become what they stand for at deploy time.

    Attributes:
        chart: Where cdk8s' typed objects are made; an object's construct ID is not part of what is applied.
    """

    def __init__(self) -> None:
        import cdk8s  # noqa: PLC0415 - loaded by stacks with clusters alone

        # Names stand in every object: cdk8s invents none, and knows nothing of the app.
        self.chart: cdk8s.Chart = cdk8s.Chart(cdk8s.App(), "manifests", disable_resource_name_hashes=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def custom(
        self, api_version: str, kind: str, metadata: Mapping[str, Any], spec: Mapping[str, Any] | None = None
    ) -> None:
        """Add an object of a kind that is not Kubernetes' own.

        Args:
            api_version: Its API group and version, such as ``karpenter.sh/v1``.
            kind: Its kind, such as ``NodePool``.
            metadata: Its name, and namespace, labels and annotations where it has any.
            spec: What is wanted of it, with the names that Kubernetes uses; fields that are None are left out.
        """
        import cdk8s  # noqa: PLC0415 - loaded by stacks with clusters alone

        made = cdk8s.ApiObject(
            self.chart,
            # Names repeat between namespaces: the position never does.
            f"{kind}{len(self.chart.node.children)}",
            api_version=api_version,
            kind=kind,
            metadata=cdk8s.ApiObjectMetadata(**metadata),
        )
        if spec is not None:
            made.add_json_patch(cdk8s.JsonPatch.add("/spec", spec))

    def rendered(self) -> list[dict[str, Any]]:
        """The objects as Kubernetes reads them."""
        rendered: list[dict[str, Any]] = self.chart.to_json()
        return rendered
