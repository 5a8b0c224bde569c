"""How an explainer reads the requests and answers of a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require, require_several
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import (
    EXPLAIN_ATTRIBUTE,
    EXPLAIN_FEATURE_HEADERS,
    EXPLAIN_FEATURE_TYPE,
    EXPLAIN_FEATURE_TYPES,
    EXPLAIN_GRANULARITY,
    EXPLAIN_HEADER,
    EXPLAIN_LABEL_HEADERS,
    EXPLAIN_LABEL_INDEX,
    EXPLAIN_LANGUAGE,
    EXPLAIN_PROBABILITY_INDEX,
)
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdk_model_hosting.limits import Choice, Limit, TextLimit

_PLACEHOLDER = "$features"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFeatures:
    """That text features are explained by their parts and not as a whole.

    Args:
        language: Code of the language, such as ``en``, or ``xx`` for several.
        granularity: The parts: ``token``, ``sentence`` or ``paragraph``.

    Raises:
        ConfigurationError: When SageMaker takes no such text apart.
    """

    language: str
    granularity: str

    def __post_init__(self) -> None:
        EXPLAIN_LANGUAGE.check("TextFeatures language", self.language)
        EXPLAIN_GRANULARITY.check("TextFeatures granularity", self.granularity)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedFeatures:
    """The features of a request.

    Args:
        headers: 1-256 names of the features, in their order, for those who read the explanations.
        types: 1-256 types, ``numerical``, ``categorical`` or ``text``, in the order of the features; only where some are
            text. SageMaker sees them in the baseline when omitted.
        text: How text features are taken apart; only where some are text.
        attribute: JMESPath expression that finds the list of features in a request of JSON Lines, such as ``features``.
        template: What a request of JSON Lines looks like with ``$features`` in place of the list, such as
            ``{"features":$features}``.

    Raises:
        ConfigurationError: When a value is outside what the service accepts, or one of them makes no sense without
            another.
    """

    headers: Sequence[str] | None = None
    types: Sequence[str] | None = None
    text: TextFeatures | None = None
    attribute: str | None = None
    template: str | None = None

    def __post_init__(self) -> None:
        _check_several(self, "headers", EXPLAIN_FEATURE_HEADERS, EXPLAIN_HEADER)
        _check_several(self, "types", EXPLAIN_FEATURE_TYPES, EXPLAIN_FEATURE_TYPE)
        if self.text is not None:
            require("ExplainedFeatures text", self.text, TextFeatures)
        EXPLAIN_ATTRIBUTE.check("ExplainedFeatures attribute", self.attribute)
        EXPLAIN_ATTRIBUTE.check("ExplainedFeatures template", self.template)
        self._check_types()
        self._check_template()

    def check_baseline(self, features: int | None) -> None:
        """Refuse a baseline with another number of features.

        Args:
            features: Features of each of its records; None when they are not known.

        Raises:
            ConfigurationError: When there are more or fewer names, or types, than features.
        """
        for what, values in (("headers", self.headers), ("types", self.types)):
            if features is not None and values is not None and not is_token(values) and len(values) != features:
                raise ConfigurationError(
                    f"ExplainedFeatures {what} must be one for each of the baseline's {features} features, got {len(values)}: "
                    "they are told apart by their order"
                )

    def _check_types(self) -> None:
        types = self.types
        if types is None or is_token(types):
            return
        if self.text is None or not any(is_token(each) or each == "text" for each in types):
            raise ConfigurationError(
                "ExplainedFeatures types must be given with text, and one of them be 'text', got "
                f"{list(types)} {'without' if self.text is None else 'with'} text: SageMaker takes types only to explain text"
            )
        headers = self.headers
        if headers is not None and not is_token(headers) and len(headers) != len(types):
            raise ConfigurationError(
                f"ExplainedFeatures types must be as many as headers, got {len(types)} and {len(headers)}: each feature has one "
                "of both"
            )

    def _check_template(self) -> None:
        if self.attribute is not None and self.template is None:
            raise ConfigurationError(
                f"ExplainedFeatures template must be given with attribute, got attribute {self.attribute!r} alone: the "
                "explainer could take requests apart, and put none together"
            )
        if self.template is not None and not is_token(self.template) and _PLACEHOLDER not in self.template:
            raise ConfigurationError(
                f"ExplainedFeatures template must hold {_PLACEHOLDER}, got {self.template!r}: all requests to the model would "
                "be alike"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedAnswers:
    """Where probabilities and labels stand in the model's answers: by column in CSV, by expression in JSON Lines.

    Args:
        probability_index: Column of the probabilities, counted from 0; the whole answer when omitted.
        label_index: Column of the labels.
        probability_attribute: JMESPath expression that finds the probabilities.
        label_attribute: JMESPath expression that finds the labels.
        label_headers: 1-16 names of the labels, for answers that hold none.

    Raises:
        ConfigurationError: When a value is outside what the service accepts, or columns are mixed with expressions.
    """

    probability_index: int | None = None
    label_index: int | None = None
    probability_attribute: str | None = None
    label_attribute: str | None = None
    label_headers: Sequence[str] | None = None

    def __post_init__(self) -> None:
        EXPLAIN_PROBABILITY_INDEX.check("ExplainedAnswers probability_index", self.probability_index)
        EXPLAIN_LABEL_INDEX.check("ExplainedAnswers label_index", self.label_index)
        EXPLAIN_ATTRIBUTE.check("ExplainedAnswers probability_attribute", self.probability_attribute)
        EXPLAIN_ATTRIBUTE.check("ExplainedAnswers label_attribute", self.label_attribute)
        _check_several(self, "label_headers", EXPLAIN_LABEL_HEADERS, EXPLAIN_HEADER)
        columns = [name for name in ("probability_index", "label_index") if getattr(self, name) is not None]
        expressions = [name for name in ("probability_attribute", "label_attribute") if getattr(self, name) is not None]
        if columns and expressions:
            raise ConfigurationError(
                f"ExplainedAnswers must be found by columns or by expressions, got {columns[0]} and {expressions[0]}: columns "
                "are CSV and expressions JSON Lines, and a model answers in one of them"
            )


def _check_several(
    owner: ExplainedFeatures | ExplainedAnswers, name: str, limit: Limit, each: TextLimit | Choice
) -> None:
    """Check a list of texts, and keep a copy: what the caller does to it later must not change a frozen value."""
    values = getattr(owner, name)
    if values is None:
        return
    what = f"{type(owner).__name__} {name}"
    require_several(what, values, str)
    object.__setattr__(owner, name, tuple(values))
    if not is_token(values):
        limit.check_length(what, values)
        for value in values:
            each.check(f"{what} element", value)
