import dataclasses
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting.endpoints.baseline import Baseline
from cdk_model_hosting.endpoints.explained import ExplainedAnswers, ExplainedFeatures, TextFeatures
from cdk_model_hosting.endpoints.explainer import Explainer
from tests.unit.builders import new_stack, number_token, refused, text_token
from tests.unit.endpoints.configured import configured

BASELINE = Baseline.inline("0,0,0,0")
ENGLISH = TextFeatures(language="en", granularity="sentence")


def clarify(stack: cdk.Stack, explainer: Explainer) -> dict[str, Any]:
    config = configured(stack, explainer_config=explainer.bind(stack).config)["ExplainerConfig"]
    assert set(config) == {"ClarifyExplainerConfig"}
    found: dict[str, Any] = config["ClarifyExplainerConfig"]
    return found


# What the endpoint configuration says


def test_a_baseline_is_enough() -> None:
    explainer = Explainer.shap(baseline=BASELINE)
    assert clarify(new_stack(), explainer) == {
        "ShapConfig": {"ShapBaselineConfig": {"MimeType": "text/csv", "ShapBaseline": "0,0,0,0"}}
    }
    assert explainer.bind(new_stack()).permissions == ()


def test_everything_of_tables_in_csv_can_be_said() -> None:
    explainer = Explainer.shap(
        baseline=BASELINE,
        samples=100,
        seed=7,
        use_logit=True,
        features=ExplainedFeatures(headers=["age", "income", "debt", "cards"]),
        answers=ExplainedAnswers(probability_index=1, label_index=0, label_headers=["fraud"]),
        max_record_count=50,
        max_payload_mb=2,
        enable_explanations="[1]>`0.5`",
    )
    assert clarify(new_stack(), explainer) == {
        "EnableExplanations": "[1]>`0.5`",
        "InferenceConfig": {
            "FeatureHeaders": ["age", "income", "debt", "cards"],
            "LabelHeaders": ["fraud"],
            "LabelIndex": 0,
            "MaxPayloadInMB": 2,
            "MaxRecordCount": 50,
            "ProbabilityIndex": 1,
        },
        "ShapConfig": {
            "NumberOfSamples": 100,
            "Seed": 7,
            "ShapBaselineConfig": {"MimeType": "text/csv", "ShapBaseline": "0,0,0,0"},
            "UseLogit": True,
        },
    }


def test_everything_of_text_in_json_lines_can_be_said() -> None:
    explainer = Explainer.shap(
        baseline=Baseline.inline('{"features":["<unknown>",3]}\n', mime_type="application/jsonlines"),
        features=ExplainedFeatures(
            types=["text", "numerical"], text=ENGLISH, attribute="features", template='{"features":$features}'
        ),
        answers=ExplainedAnswers(probability_attribute="score", label_attribute="label"),
    )
    assert clarify(new_stack(), explainer) == {
        "InferenceConfig": {
            "ContentTemplate": '{"features":$features}',
            "FeaturesAttribute": "features",
            "FeatureTypes": ["text", "numerical"],
            "LabelAttribute": "label",
            "ProbabilityAttribute": "score",
        },
        "ShapConfig": {
            "ShapBaselineConfig": {
                "MimeType": "application/jsonlines",
                "ShapBaseline": '{"features":["<unknown>",3]}\n',
            },
            "TextConfig": {"Granularity": "sentence", "Language": "en"},
        },
    }


# What is refused


@pytest.mark.parametrize(
    ("what", "value", "rule"),
    [
        ("samples", 0, "at least 1 sample, got 0: an explanation compares with one sample at least"),
        ("max_record_count", 0, "at least 1 record, got 0: a request without records explains nothing"),
        ("max_payload_mb", 26, "1-25 MB, got 26: SageMaker sends no larger request to the model"),
        ("seed", "7", "an int, got '7': nothing else is understood there"),
        ("use_logit", 1, "a bool, got 1: nothing else is understood there"),
        ("features", ["age"], "an ExplainedFeatures, got ['age']: nothing else is understood there"),
        ("answers", 1, "an ExplainedAnswers, got 1: nothing else is understood there"),
        (
            "enable_explanations",
            "x" * 65,
            f"1-64 characters (a JMESPath expression), got '{'x' * 58}… of 65 characters: SageMaker accepts no longer condition",
        ),
    ],
)
def test_fails_when_a_value_is_outside_its_range(what: str, value: object, rule: str) -> None:
    given: dict[str, Any] = {what: value}
    with refused(f"Explainer.shap {what} must be {rule}"):
        Explainer.shap(baseline=BASELINE, **given)


@pytest.mark.parametrize("condition", ["true", "false"])
def test_fails_when_a_literal_has_no_backticks(condition: str) -> None:
    with refused(
        f"Explainer.shap enable_explanations must be written as `{condition}` in backticks, got {condition!r}: without them "
        "JMESPath looks for a field of that name in the model's answer"
    ):
        Explainer.shap(baseline=BASELINE, enable_explanations=condition)
    assert Explainer.shap(baseline=BASELINE, enable_explanations=f"`{condition}`").baseline is BASELINE


def test_fails_when_a_backtick_is_left_open() -> None:
    with refused(
        "Explainer.shap enable_explanations must close each backtick, got '[1]>`0.5': SageMaker creates no endpoint with an "
        "expression that is not JMESPath"
    ):
        Explainer.shap(baseline=BASELINE, enable_explanations="[1]>`0.5")


def test_a_backtick_inside_a_literal_opens_none() -> None:
    explainer = Explainer.shap(baseline=BASELINE, enable_explanations=r'name==`"a\`b"`')
    assert explainer.enable_explanations == r'name==`"a\`b"`'


# Tokens and values


def test_everything_may_be_a_token() -> None:
    stack = new_stack()
    headers = cdk.CfnParameter(stack, "Headers", type="CommaDelimitedList").value_as_list
    number: Any = {
        each: number_token(stack, each) for each in ("Samples", "Seed", "Records", "Payload", "Index", "Label")
    }
    explainer = Explainer.shap(
        baseline=Baseline.inline(text_token(stack, "Baseline"), mime_type=text_token(stack, "Mime")),
        samples=number["Samples"],
        seed=number["Seed"],
        features=ExplainedFeatures(
            headers=headers,
            types=[text_token(stack, "Type")],
            text=TextFeatures(language=text_token(stack, "Language"), granularity=text_token(stack, "Granularity")),
            attribute=text_token(stack, "Attribute"),
            template=text_token(stack, "Template"),
        ),
        answers=ExplainedAnswers(
            probability_index=number["Index"],
            label_index=number["Label"],
            label_headers=[text_token(stack, "Header")],
        ),
        max_record_count=number["Records"],
        max_payload_mb=number["Payload"],
        enable_explanations=text_token(stack, "Condition"),
    )
    assert clarify(stack, explainer) == {
        "EnableExplanations": {"Ref": "Condition"},
        "InferenceConfig": {
            "ContentTemplate": {"Ref": "Template"},
            "FeatureHeaders": {"Ref": "Headers"},
            "FeaturesAttribute": {"Ref": "Attribute"},
            "FeatureTypes": [{"Ref": "Type"}],
            "LabelHeaders": [{"Ref": "Header"}],
            "LabelIndex": {"Ref": "Label"},
            "MaxPayloadInMB": {"Ref": "Payload"},
            "MaxRecordCount": {"Ref": "Records"},
            "ProbabilityIndex": {"Ref": "Index"},
        },
        "ShapConfig": {
            "NumberOfSamples": {"Ref": "Samples"},
            "Seed": {"Ref": "Seed"},
            "ShapBaselineConfig": {"MimeType": {"Ref": "Mime"}, "ShapBaseline": {"Ref": "Baseline"}},
            "TextConfig": {"Granularity": {"Ref": "Granularity"}, "Language": {"Ref": "Language"}},
        },
    }


def test_equal_explainers_are_equal() -> None:
    assert Explainer.shap(baseline=Baseline.inline("0"), samples=1) == Explainer.shap(
        baseline=Baseline.inline("0"), samples=1
    )
    headers = ["a"]
    features = ExplainedFeatures(headers=headers)
    headers.append("b")
    assert features == ExplainedFeatures(headers=("a",))
    with pytest.raises(dataclasses.FrozenInstanceError):
        features.headers = ()  # type: ignore[misc]
