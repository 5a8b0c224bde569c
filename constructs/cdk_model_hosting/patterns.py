"""The ways in which SageMaker answers, and what it supports in each: one matrix, read by the checks and by the docs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

MATRIX_URL = "https://docs.aws.amazon.com/sagemaker/latest/dg/model-deploy-feature-matrix.html"
"""Where most of the matrix is from, read 2026-11-20."""


class Pattern(Enum):
    """A way to host models, in the words of AWS's own feature matrix."""

    REALTIME = "single-model real-time"
    MULTI_MODEL = "multi-model"
    PIPELINE = "serial pipeline"
    MULTI_CONTAINER = "multi-container"
    ASYNCHRONOUS = "asynchronous"
    SERVERLESS = "serverless"
    COMPONENTS = "inference component"
    BATCH = "batch transform"

    @property
    def noun(self) -> str:
        """The pattern in a sentence, such as ``a multi-model endpoint``."""
        if self is Pattern.BATCH:
            return "a batch transform job"
        article = "an" if self.value[0] in "ai" else "a"
        return f"{article} {self.value} endpoint"


class Feature(Enum):
    """Something that an endpoint, its fleet or its model may have."""

    AUTOSCALING = "autoscaling"
    SCALE_TO_ZERO = "scaling to zero"
    BLUE_GREEN = "blue/green rollout"
    ROLLING = "rolling rollout"
    SEVERAL_VARIANTS = "several variants"
    SHADOW = "shadow variant"
    DATA_CAPTURE = "data capture"
    EXPLAINER = "online explainer"
    GPU = "GPU"
    INFERENTIA1 = "Inferentia 1"
    VOLUME_KEY = "volume key"
    VPC = "VPC"
    NETWORK_ISOLATION = "network isolation"
    PRIVATE_REGISTRY = "private registry"
    UNCOMPRESSED = "uncompressed artifact"
    MULTI_MODEL = "multi-model container"
    PIPELINE = "serial pipeline"
    MULTI_CONTAINER = "direct invocation of containers"


class Used(NamedTuple):
    """A feature that is asked for.

    Args:
        feature: The feature.
        what: What the user typed, such as ``RealtimeEndpoint capture``.
        got: Its value in words.
        must: What it must be where the service does not have the feature.
    """

    feature: Feature
    what: str
    got: str = "one"
    must: str = "be omitted"


class Support(Enum):
    """What the service does about a feature in a pattern."""

    YES = "yes"
    NO = "no"
    DISPUTED = "sources differ"
    NOTHING = "does not apply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of the matrix.

    Args:
        support: Whether the service has the feature in the pattern.
        why: The reason that users read, for all but a plain yes.
    """

    support: Support
    why: str = ""


_YES = Cell(support=Support.YES)


def _row(
    *,
    no: Mapping[Pattern, str] | None = None,
    disputed: Mapping[Pattern, str] | None = None,
    nothing: Mapping[Pattern, str] | None = None,
) -> Mapping[Pattern, Cell]:
    """A row of the matrix: supported wherever nothing else is said."""
    cells = dict.fromkeys(Pattern, _YES)
    for support, named in ((Support.NO, no), (Support.DISPUTED, disputed), (Support.NOTHING, nothing)):
        for pattern, why in (named or {}).items():
            cells[pattern] = Cell(support=support, why=why)
    return MappingProxyType(cells)


_ONE_MODEL = (Pattern.ASYNCHRONOUS, Pattern.SERVERLESS, Pattern.COMPONENTS)
_ITSELF = "that is a pattern of its own"
_JOB = {Pattern.BATCH: "a job has no endpoint"}
_NO_GUARDRAILS = "deployment guardrails replace instances, and there are none"
_OWN_ROLLOUT = "each component has a rolling deployment of its own"
_NO_SHADOW = "SageMaker shadows single-model real-time endpoints only"
_NO_CAPTURE = "SageMaker captures data of single-model real-time endpoints and of batch transform only"
_NO_EXPLAINER = "SageMaker Clarify runs beside models that answer at once, on instances of their own"
_NO_INF1 = "SageMaker serves Inf1 instances by single-model real-time endpoints only"
_KEEPS_ONE = "SageMaker keeps at least one instance"
_ONE_VARIANT = "SageMaker gives it one production variant"

MATRIX: Mapping[Feature, Mapping[Pattern, Cell]] = MappingProxyType(
    {
        Feature.AUTOSCALING: _row(nothing=_JOB),
        Feature.SCALE_TO_ZERO: _row(
            no=dict.fromkeys(
                (Pattern.REALTIME, Pattern.MULTI_MODEL, Pattern.PIPELINE, Pattern.MULTI_CONTAINER), _KEEPS_ONE
            ),
            nothing={**_JOB, Pattern.SERVERLESS: "nothing runs between requests"},
        ),
        Feature.BLUE_GREEN: _row(
            no={Pattern.SERVERLESS: _NO_GUARDRAILS, Pattern.COMPONENTS: _OWN_ROLLOUT}, nothing=_JOB
        ),
        Feature.ROLLING: _row(no={Pattern.SERVERLESS: _NO_GUARDRAILS, Pattern.COMPONENTS: _OWN_ROLLOUT}, nothing=_JOB),
        Feature.SEVERAL_VARIANTS: _row(
            no=dict.fromkeys((Pattern.ASYNCHRONOUS, Pattern.SERVERLESS, Pattern.COMPONENTS), _ONE_VARIANT),
            disputed={
                Pattern.MULTI_MODEL: "AWS's feature matrix excludes several variants of multi-model endpoints, and its page on "
                "multi-model endpoints recommends them for A/B tests"
            },
            nothing=_JOB,
        ),
        Feature.SHADOW: _row(
            no=dict.fromkeys(set(Pattern) - {Pattern.REALTIME, Pattern.BATCH}, _NO_SHADOW), nothing=_JOB
        ),
        Feature.DATA_CAPTURE: _row(
            no=dict.fromkeys(
                (
                    Pattern.MULTI_MODEL,
                    Pattern.MULTI_CONTAINER,
                    Pattern.ASYNCHRONOUS,
                    Pattern.SERVERLESS,
                    Pattern.COMPONENTS,
                ),
                _NO_CAPTURE,
            ),
            disputed={
                Pattern.PIPELINE: "AWS's feature matrix excludes data capture of pipelines, and its page on Model Monitor "
                "says that a pipeline is captured as a whole"
            },
        ),
        Feature.EXPLAINER: _row(
            no=dict.fromkeys((Pattern.ASYNCHRONOUS, Pattern.SERVERLESS, Pattern.COMPONENTS), _NO_EXPLAINER),
            disputed=dict.fromkeys(
                (Pattern.PIPELINE, Pattern.MULTI_CONTAINER),
                "AWS's pages on online explanations speak of single-model and multi-model endpoints only",
            ),
            nothing=_JOB,
        ),
        Feature.GPU: _row(
            no={
                Pattern.MULTI_CONTAINER: "SageMaker invokes containers directly on CPU instances only",
                Pattern.SERVERLESS: "serverless endpoints have no GPUs",
            }
        ),
        Feature.INFERENTIA1: _row(no=dict.fromkeys(set(Pattern) - {Pattern.REALTIME}, _NO_INF1)),
        Feature.VOLUME_KEY: _row(),
        Feature.VPC: _row(no={Pattern.SERVERLESS: "serverless endpoints reach no VPC"}),
        Feature.NETWORK_ISOLATION: _row(
            no={Pattern.SERVERLESS: "serverless endpoints cannot be isolated"},
            disputed={Pattern.BATCH: "AWS's feature matrix leaves network isolation of batch transform blank"},
        ),
        Feature.PRIVATE_REGISTRY: _row(
            no={
                Pattern.SERVERLESS: "SageMaker reaches private registries through a VPC, which serverless endpoints lack"
            }
        ),
        Feature.UNCOMPRESSED: _row(
            no=dict.fromkeys(
                (Pattern.MULTI_MODEL, Pattern.SERVERLESS, Pattern.BATCH), "SageMaker unpacks one gzipped archive there"
            )
        ),
        Feature.MULTI_MODEL: _row(
            no={
                **dict.fromkeys((*_ONE_MODEL, Pattern.BATCH), "each request goes to the one model that it has"),
                Pattern.MULTI_CONTAINER: "SageMaker invokes single-model containers directly",
            },
            nothing={Pattern.REALTIME: _ITSELF},
        ),
        Feature.PIPELINE: _row(
            no=dict.fromkeys(_ONE_MODEL, "SageMaker runs one container there"),
            nothing=dict.fromkeys((Pattern.REALTIME, Pattern.MULTI_MODEL, Pattern.MULTI_CONTAINER), _ITSELF),
        ),
        Feature.MULTI_CONTAINER: _row(
            no=dict.fromkeys((*_ONE_MODEL, Pattern.BATCH), "SageMaker runs no containers side by side there"),
            nothing=dict.fromkeys((Pattern.REALTIME, Pattern.MULTI_MODEL, Pattern.PIPELINE), _ITSELF),
        ),
    }
)
"""What SageMaker supports, by feature and pattern.

See: https://docs.aws.amazon.com/sagemaker/latest/dg/model-deploy-feature-matrix.html (read 2026-11-20), and the pages on each
exclusion.
"""


def check(pattern: Pattern, used: Used) -> None:
    """Refuse what the service excludes.

    Args:
        pattern: How the models are hosted.
        used: What is asked for.

    Raises:
        ConfigurationError: When the service has no such combination.
    """
    cell = MATRIX[used.feature][pattern]
    if cell.support is Support.NO:
        raise ConfigurationError(f"{used.what} must {used.must} for {pattern.noun}, got {used.got}: {cell.why}")


def advice(pattern: Pattern, feature: Feature) -> list[Advice]:
    """What to say of a combination that the service's own pages disagree on.

    Args:
        pattern: How the models are hosted.
        feature: What is asked for.
    """
    cell = MATRIX[feature][pattern]
    if cell.support is not Support.DISPUTED:
        return []
    key = "".join(word.capitalize() for word in feature.name.split("_"))
    return [Advice(f"disputed{key}", f"{feature.value} may be refused: {cell.why}")]


def supports(pattern: Pattern, feature: Feature) -> bool:
    """Whether the service has a feature in a pattern, or at least does not say that it has not.

    Args:
        pattern: How the models are hosted.
        feature: The feature.
    """
    return MATRIX[feature][pattern].support in {Support.YES, Support.DISPUTED}
