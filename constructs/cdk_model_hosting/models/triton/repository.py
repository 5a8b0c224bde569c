"""A Triton model repository: models and ensembles, each in its folder, packed into one archive for each that is served."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.models.artifact import ModelArtifact
from cdk_model_hosting.models.gpu_need import GpuNeed
from cdk_model_hosting.models.triton.configuration import as_text, configuration
from cdk_model_hosting.models.triton.ensemble import TritonEnsemble
from cdk_model_hosting.models.triton.files import CONFIGURATION
from cdk_model_hosting.models.triton.model import TritonModel
from cdk_model_hosting.models.triton.settings import TritonSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from constructs import Construct

    from cdk_model_hosting.models.artifact import Archive, BoundArtifact

    Put = Callable[[Path, Path], object]

_DEFAULT = "SAGEMAKER_TRITON_DEFAULT_MODEL_NAME"
_ONE = 1


class TritonRepository:
    """Models and ensembles that Triton servers load.

    What an ensemble uses belongs to the repository too, without being listed. Files are read when an artifact is made of
    them, not before.

    Args:
        models: Models and ensembles, each with a name of its own.

    Raises:
        ConfigurationError: When there are none, two share a name, or a model's options are not Triton's.

    Attributes:
        models: All of them, those that ensembles use included.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/deploy-models-frameworks-triton.html
    """

    def __init__(self, models: Sequence[TritonModel | TritonEnsemble]) -> None:
        require_several("TritonRepository models", models, TritonModel, TritonEnsemble)
        if not models:
            raise ConfigurationError(
                "TritonRepository models must hold at least one, got none: the server would not start"
            )
        self.models = _together(models)
        used = {each.name for model in self.models for each in model.members if each is not model}
        self._tops = tuple(each.name for each in self.models if each.name not in used)
        self._configurations = {each.name: as_text(configuration(each)) for each in self.models}

    def artifact(self, model: str | None = None) -> ModelArtifact:
        """The archive of one model, or of an ensemble with all that it uses.

        It is the artifact of a container that serves this model alone, beside the `environment`, or goes into the store of a
        multi-model container: ``store.add_model("ranker", repository.artifact("ranker"))``.

        Args:
            model: Name of the model or ensemble. When omitted: the only one that no ensemble of the repository uses.

        Raises:
            ConfigurationError: When there is none of that name, or the name is omitted and there are several to choose from;
                when it goes into a store, also if an ensemble in it uses another.
        """
        return _RepositoryArtifact(repository=self, model=self._chosen("artifact", model))

    def environment(self, model: str | None = None, *, settings: TritonSettings | None = None) -> dict[str, str]:
        """Environment of a container that serves one model of the repository.

        A multi-model container is told by each request what to serve: it gets ``TritonSettings(...).environment()`` at most.

        Args:
            model: Name of the model or ensemble, as for `artifact`.
            settings: What the server is told besides.

        Raises:
            ConfigurationError: When there is none of that name, or the name is omitted and there are several to choose from.
        """
        name = self._chosen("environment", model)
        if settings is None:
            return {_DEFAULT: name}
        require("TritonRepository.environment settings", settings, TritonSettings)
        return {_DEFAULT: name, **settings.environment()}

    def write(self, folder: str | os.PathLike[str], model: str | None = None) -> Path:
        """Write the repository into a folder, as a server takes it with ``--model-repository``.

        Args:
            folder: A folder that is not there yet, or is empty.
            model: Name of the only model or ensemble to write, with all that it uses; the whole repository when omitted.

        Returns:
            The folder's path.

        Raises:
            ConfigurationError: When the folder holds something, or there is no model of that name.
        """
        require("TritonRepository.write folder", folder, str, os.PathLike)
        into = Path(folder)
        if into.exists() and any(into.iterdir()):
            raise ConfigurationError(
                f"TritonRepository.write folder must be empty, got {into} with files in it: the server would load them too"
            )
        models = self.models if model is None else self._named("write", model).members
        self._lay_out(into, models, _copy)
        return into

    def configuration(self, model: str) -> str:
        """The ``config.pbtxt`` of a model or ensemble.

        Args:
            model: Its name.

        Raises:
            ConfigurationError: When there is none of that name.
        """
        return self._configurations[self._named("configuration", model).name]

    @contextmanager
    def _laid_out(self, model: str) -> Iterator[ModelArtifact]:
        """A folder with the model and what it uses, for as long as it takes to pack it."""
        with tempfile.TemporaryDirectory() as scratch:
            # Models can be large: they are read where they lie.
            self._lay_out(Path(scratch), self._named("artifact", model).members, _link)
            yield ModelArtifact.from_asset(scratch)

    def _lay_out(self, folder: Path, models: Sequence[TritonModel | TritonEnsemble], put: Put) -> None:
        for model in models:
            home = folder / model.name
            home.mkdir(parents=True)
            (home / CONFIGURATION).write_text(self._configurations[model.name], encoding="utf-8", newline="\n")
            if isinstance(model, TritonEnsemble):
                # The server takes no model without a version, and an ensemble's has no files.
                (home / str(model.served[0])).mkdir()
                continue
            for each in model.placed:
                (home / each.name).parent.mkdir(parents=True, exist_ok=True)
                put(each.source.absolute(), home / each.name)

    def _chosen(self, method: str, model: str | None) -> str:
        if model is not None:
            return self._named(method, model).name
        if len(self._tops) > _ONE:
            raise ConfigurationError(
                f"TritonRepository.{method} model must be named where there are several, got none of "
                f"{', '.join(map(repr, self._tops))}: a container starts with one"
            )
        return self._tops[0]

    def _named(self, method: str, name: str) -> TritonModel | TritonEnsemble:
        require(f"TritonRepository.{method} model", name, str)
        for each in self.models:
            if each.name == name:
                return each
        raise ConfigurationError(
            f"TritonRepository.{method} model must be one of the repository, got {name!r}, which is none of "
            f"{', '.join(repr(each.name) for each in self.models)}: there is no folder of it"
        )

    def check_for_store(self, model: str) -> None:
        """Refuse an ensemble that a multi-model container would not load for certain.

        Args:
            model: Its name.

        Raises:
            ConfigurationError: When it uses another ensemble.
        """
        ensembles = [each.name for each in self._named("artifact", model).members if isinstance(each, TritonEnsemble)]
        if len(ensembles) > _ONE:
            raise ConfigurationError(
                f"TritonRepository.artifact model of a store must use no ensemble, got {ensembles[1]!r} in {model!r}: Triton's "
                "multi-model container serves any one ensemble that it finds in the archive"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _RepositoryArtifact(ModelArtifact):
    repository: TritonRepository
    model: str

    @property
    def gpu_need(self) -> GpuNeed | None:
        members = self.repository._named("artifact", self.model).members  # noqa: SLF001 - the same module's
        greatest = max((each for each in members if isinstance(each, TritonModel)), key=lambda each: each.gpus)
        return GpuNeed(owner=f"TritonModel {greatest.name!r}", gpus=greatest.gpus) if greatest.gpus else None

    def bind(self, scope: Construct, construct_id: str) -> BoundArtifact:
        with self.repository._laid_out(self.model) as folder:  # noqa: SLF001 - the same module's
            return folder.bind(scope, construct_id)

    def archive(self, scope: Construct, construct_id: str) -> Archive:
        self.repository.check_for_store(self.model)
        with self.repository._laid_out(self.model) as folder:  # noqa: SLF001 - the same module's
            return folder.archive(scope, construct_id)


def _together(models: Sequence[TritonModel | TritonEnsemble]) -> tuple[TritonModel | TritonEnsemble, ...]:
    """The models and what they use, each once, sorted by name."""
    found: dict[str, TritonModel | TritonEnsemble] = {}
    for model in (member for each in models for member in each.members):
        known = found.setdefault(model.name, model)
        if known != model:
            raise ConfigurationError(
                f"TritonRepository models must have names of their own, got {model.name!r} twice: each has the folder of its "
                "name"
            )
    return tuple(found[name] for name in sorted(found))


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, target)


def _link(source: Path, target: Path) -> None:
    try:
        target.symlink_to(source, target_is_directory=source.is_dir())
    except OSError:
        # Windows asks for a privilege.
        _copy(source, target)
