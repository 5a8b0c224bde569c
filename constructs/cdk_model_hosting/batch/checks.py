"""What a batch transform refuses, and what it warns of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting import patterns
from cdk_model_hosting.advice import Advice
from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import (
    TAG_KEY,
    TAG_VALUE,
    TAGS,
    TRANSFORM_ENVIRONMENT_KEY,
    TRANSFORM_ENVIRONMENT_PAIRS,
    TRANSFORM_ENVIRONMENT_VALUE,
)
from cdk_model_hosting.models.image import Architecture
from cdk_model_hosting.models.model import Model
from cdk_model_hosting.patterns import Feature, Pattern, Used

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdk_model_hosting.batch.fleet import TransformFleet
    from cdk_model_hosting.batch.requests import Batching
    from cdk_model_hosting.batch.source import TransformSource
    from cdk_model_hosting.endpoints.notifications import BoundNotifications
    from cdk_model_hosting.placement import Place

_KINDS = {
    Pattern.MULTI_MODEL: Feature.MULTI_MODEL,
    Pattern.PIPELINE: Feature.PIPELINE,
    Pattern.MULTI_CONTAINER: Feature.MULTI_CONTAINER,
}
_NEEDS = "to read the input, to write the answers, and to use their keys, or every job fails"


def check_values(**values: tuple[object, type]) -> None:
    """Refuse arguments of the wrong kind; None passes.

    Args:
        values: What was given, and its kind, by the argument's name.

    Raises:
        ConfigurationError: When one is of another kind.
    """
    for what, (value, kind) in values.items():
        if value is not None:
            require(f"BatchTransform {what}", value, kind)


def check_split(source: TransformSource, batching: Batching) -> None:
    """Refuse to say how many records a request has where a file is one record.

    Args:
        source: What is read.
        batching: How records become requests.

    Raises:
        ConfigurationError: When the source is not split.
    """
    if batching.strategy is not None and not source.is_split:
        raise ConfigurationError(
            f"Batching strategy must be omitted for a source that is not split, got {batching.strategy}: each file is one "
            f"record; give {source.what} split='Line' for a record a line"
        )


def check_model(model: Model, fleet: TransformFleet, place: Place) -> list[Advice]:
    """Refuse a model that no job can run.

    Args:
        model: The model.
        fleet: What it runs on.
        place: Where the batch transform's scope stands.

    Returns:
        What may work, or not.

    Raises:
        ConfigurationError: When SageMaker runs no such jobs.
    """
    require("BatchTransform model", model, Model)
    found: list[Advice] = []
    for used in _used(model):
        patterns.check(Pattern.BATCH, used)
        found.extend(patterns.advice(Pattern.BATCH, used.feature))
    model.check_endpoint(place, kind="batch transform")
    machine = fleet.machine
    if not machine.resolved:
        return [*found, *model.advice(_NEEDS)]
    runs = Architecture.ARM64 if machine.arm else Architecture.X86_64
    for built in model.architectures:
        if built is not runs:
            raise ConfigurationError(
                f"BatchTransform fleet must be of the image's architecture {built.value}, got {machine.name} which runs "
                f"{runs.value}: the container would not start"
            )
    if not machine.known:
        text = (
            f"instance type {machine.name} is newer than this library: it is taken for what its name says, and checked no "
            "further"
        )
        found.append(Advice("unknownInstanceType", text))
    return [*found, *model.advice(_NEEDS)]


def check_topics(told: BoundNotifications) -> None:
    """Refuse what no message about a job can hold.

    Args:
        told: Who is told.

    Raises:
        ConfigurationError: When answers should be part of the messages.
    """
    if told.include_responses:
        raise ConfigurationError(
            "BatchTransform notifications must be without include_responses, got them: the answers of a job are files, which "
            "no message holds"
        )


def check_environment(environment: Mapping[str, str]) -> None:
    """Refuse variables that SageMaker does not set.

    Args:
        environment: The variables.

    Raises:
        ConfigurationError: When there are too many, or one is too long.
    """
    TRANSFORM_ENVIRONMENT_PAIRS.check_length("BatchTransform environment", environment)
    for name, value in environment.items():
        TRANSFORM_ENVIRONMENT_KEY.check(f"BatchTransform environment name {name!r}", name)
        TRANSFORM_ENVIRONMENT_VALUE.check(f"BatchTransform environment {name}", value)


def check_tags(tags: Mapping[str, str]) -> None:
    """Refuse tags that SageMaker does not take.

    Args:
        tags: The tags of jobs.

    Raises:
        ConfigurationError: When there are too many, or one is too long.
    """
    TAGS.check_length("BatchTransform tags", tags)
    for key, value in tags.items():
        TAG_KEY.check(f"BatchTransform tag {key!r}", key)
        TAG_VALUE.check(f"BatchTransform tag {key}", value)


def _used(model: Model) -> list[Used]:
    """What the model asks of a job."""
    used = list(model.features)
    kind = _KINDS.get(model.pattern)
    if kind is not None:
        must = "be a SingleModel or a PipelineModel"
        used.append(Used(kind, "BatchTransform model", type(model).__name__, must=must))
    if model.pattern is Pattern.PIPELINE and any(each.models is not None for each in model.containers):
        must = "have one artifact at most in each container"
        used.append(Used(Feature.MULTI_MODEL, "BatchTransform model", "models of a store", must=must))
    return used
