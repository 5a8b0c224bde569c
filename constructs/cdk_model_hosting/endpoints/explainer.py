"""Answers that say why: SageMaker Clarify beside the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.arguments import require
from cdk_model_hosting.endpoints.baseline import Baseline
from cdk_model_hosting.endpoints.explained import ExplainedAnswers, ExplainedFeatures
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import EXPLAIN_CONDITION, EXPLAIN_PAYLOAD_MB, EXPLAIN_RECORDS, EXPLAIN_SAMPLES
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from cdk_model_hosting.permissions import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Explainer:
    """How an endpoint explains its predictions. Made by its factory.

    SageMaker runs a container of its own beside the model on every instance. It asks the model for predictions of many
    records around the one that is explained, so an explanation is far dearer than a prediction, and must still be there
    within 60 seconds. The endpoint's answers become JSON that holds predictions and explanations, in a form that callers
    of the same endpoint without an explainer do not understand.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-online-explainability.html
    """

    baseline: Baseline
    samples: int | None
    seed: int | None
    use_logit: bool | None
    features: ExplainedFeatures
    answers: ExplainedAnswers
    max_record_count: int | None
    max_payload_mb: int | None
    enable_explanations: str | None

    def __post_init__(self) -> None:
        require("Explainer.shap baseline", self.baseline, Baseline)
        require("Explainer.shap features", self.features, ExplainedFeatures)
        require("Explainer.shap answers", self.answers, ExplainedAnswers)
        EXPLAIN_SAMPLES.check("Explainer.shap samples", self.samples)
        if self.seed is not None and not is_token(self.seed):
            require("Explainer.shap seed", self.seed, int)
        if self.use_logit is not None and not is_token(self.use_logit):
            require("Explainer.shap use_logit", self.use_logit, bool)
        EXPLAIN_RECORDS.check("Explainer.shap max_record_count", self.max_record_count)
        EXPLAIN_PAYLOAD_MB.check("Explainer.shap max_payload_mb", self.max_payload_mb)
        EXPLAIN_CONDITION.check("Explainer.shap enable_explanations", self.enable_explanations)
        _check_condition(self.enable_explanations)
        self.features.check_baseline(self.baseline.features)

    @staticmethod
    def shap(
        *,
        baseline: Baseline,
        samples: int | None = None,
        seed: int | None = None,
        use_logit: bool | None = None,
        features: ExplainedFeatures | None = None,
        answers: ExplainedAnswers | None = None,
        max_record_count: int | None = None,
        max_payload_mb: int | None = None,
        enable_explanations: str | None = None,
    ) -> Explainer:
        """By how much each feature moved the prediction away from the baseline's: Kernel SHAP.

        Args:
            baseline: The records that are compared with.
            samples: Synthetic records for each record of the baseline, at least 1. With n features SageMaker takes
                ``2 n + 2048`` when omitted, and never more than ``2 ** n - 2``.
            seed: Start of the random numbers, for explanations that can be repeated.
            use_logit: Whether predictions are compared as log-odds; as they are when omitted.
            features: How features stand in a request; as a line of CSV when omitted.
            answers: Where the probability stands in an answer; it is the whole answer when omitted.
            max_record_count: Most records in one request to the model, at least 1; 1 for a model that takes no more.
                SageMaker finds out when omitted.
            max_payload_mb: Largest request to the model, 1-25 MB; 6 when omitted.
            enable_explanations: JMESPath expression over the model's answer to a record that says whether it is
                explained, such as ``[1]>`0.5```, at most 64 characters. Every record is when omitted. A request may bring
                another.

        Raises:
            ConfigurationError: When a value is outside what the service accepts, or the names of the features are not as
                many as the baseline has.

        See: https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-online-explainability-create-endpoint.html
        """
        return Explainer(
            baseline=baseline,
            samples=samples,
            seed=seed,
            use_logit=use_logit,
            features=ExplainedFeatures() if features is None else features,
            answers=ExplainedAnswers() if answers is None else answers,
            max_record_count=max_record_count,
            max_payload_mb=max_payload_mb,
            enable_explanations=enable_explanations,
        )

    def bind(self, scope: Construct) -> BoundExplainer:
        """Make what the baseline needs, and say what the execution role needs.

        Args:
            scope: The endpoint.
        """
        config, text = sagemaker.CfnEndpointConfig, self.features.text
        baseline = self.baseline.bind(scope)
        shap = config.ClarifyShapConfigProperty(
            shap_baseline_config=baseline.config,
            number_of_samples=self.samples,
            seed=self.seed,
            use_logit=self.use_logit,
            text_config=None
            if text is None
            else config.ClarifyTextConfigProperty(language=text.language, granularity=text.granularity),
        )
        clarify = config.ClarifyExplainerConfigProperty(
            shap_config=shap, inference_config=self._inference(), enable_explanations=self.enable_explanations
        )
        explainer = config.ExplainerConfigProperty(clarify_explainer_config=clarify)
        return BoundExplainer(config=explainer, permissions=baseline.permissions)

    def _inference(self) -> sagemaker.CfnEndpointConfig.ClarifyInferenceConfigProperty | None:
        features, answers = self.features, self.answers
        given = {
            "features_attribute": features.attribute,
            "content_template": features.template,
            "feature_headers": _listed(features.headers),
            "feature_types": _listed(features.types),
            "probability_index": answers.probability_index,
            "label_index": answers.label_index,
            "probability_attribute": answers.probability_attribute,
            "label_attribute": answers.label_attribute,
            "label_headers": _listed(answers.label_headers),
            "max_record_count": self.max_record_count,
            "max_payload_in_mb": self.max_payload_mb,
        }
        given = {name: value for name, value in given.items() if value is not None}
        if not given:
            return None
        return sagemaker.CfnEndpointConfig.ClarifyInferenceConfigProperty(**given)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundExplainer:
    """What an endpoint needs to know of its explainer.

    Args:
        config: The explainer as the endpoint configuration names it.
        permissions: What the execution role needs to read the baseline.
    """

    config: sagemaker.CfnEndpointConfig.ExplainerConfigProperty
    permissions: tuple[Permission, ...]


def _check_condition(condition: str | None) -> None:
    """Refuse what JMESPath reads as something else than was meant."""
    if condition is None or is_token(condition):
        return
    if condition.strip() in ("true", "false"):
        raise ConfigurationError(
            f"Explainer.shap enable_explanations must be written as `{condition.strip()}` in backticks, got {condition!r}: "
            "without them JMESPath looks for a field of that name in the model's answer"
        )
    if (condition.count("`") - condition.count("\\`")) % 2:
        raise ConfigurationError(
            f"Explainer.shap enable_explanations must close each backtick, got {condition!r}: SageMaker creates no endpoint "
            "with an expression that is not JMESPath"
        )


def _listed(values: Sequence[str] | None) -> list[str] | None:
    return None if values is None else list(values)
