"""Which versions of a Triton model are served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import TRITON_VERSION, TRITON_VERSIONS_KEPT
from cdk_model_hosting.models.triton import literals

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class TritonVersions:
    """The versions of a model that the server loads. Made by one of its factories.

    A request that names no version is answered by the newest one; SageMaker's requests cannot name one, but a step of an
    ensemble can.

    See: https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/model_configuration.html
    """

    newest: int | None = None
    named: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        literals.number("TritonVersions.latest count", self.newest, TRITON_VERSIONS_KEPT)
        for version in self.named:
            literals.number("TritonVersions.only versions", version, TRITON_VERSION)

    @staticmethod
    def latest(count: int = 1) -> TritonVersions:
        """The newest ones.

        Args:
            count: How many, at least 1.

        Raises:
            ConfigurationError: When none are left.
        """
        return TritonVersions(newest=count)

    @staticmethod
    def every() -> TritonVersions:
        """All that there are."""
        return TritonVersions()

    @staticmethod
    def only(*versions: int) -> TritonVersions:
        """Some by their numbers.

        Args:
            versions: The numbers, at least one.

        Raises:
            ConfigurationError: When there are none, or one is no version.
        """
        if not versions:
            raise ConfigurationError(
                "TritonVersions.only must name at least one version, got none: a model without a version cannot answer"
            )
        return TritonVersions(named=versions)

    def served(self, what: str, available: Iterable[int]) -> tuple[int, ...]:
        """Which of a model's versions are loaded.

        Args:
            what: The model, as the user typed it.
            available: The versions that it has.

        Raises:
            ConfigurationError: When a version is named that it does not have.
        """
        present = sorted(available)
        missing = [version for version in self.named if version not in present]
        if missing:
            raise ConfigurationError(
                f"{what} serve must name versions that the model has, got {missing[0]}, which is none of "
                f"{', '.join(map(str, present))}: there is no folder of it"
            )
        if self.named:
            return tuple(sorted(set(self.named)))
        return tuple(present if self.newest is None else present[-self.newest :])
