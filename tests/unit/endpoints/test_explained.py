from typing import Any

import pytest

from cdk_model_hosting.endpoints.baseline import Baseline
from cdk_model_hosting.endpoints.explained import ExplainedAnswers, ExplainedFeatures, TextFeatures
from cdk_model_hosting.endpoints.explainer import Explainer
from tests.unit.builders import refused

BASELINE = Baseline.inline("0,0,0,0")
ENGLISH = TextFeatures(language="en", granularity="sentence")


# Features


def test_fails_when_names_are_not_as_many_as_the_baseline_has() -> None:
    with refused(
        "ExplainedFeatures headers must be one for each of the baseline's 4 features, got 3: they are told apart by their "
        "order"
    ):
        Explainer.shap(baseline=BASELINE, features=ExplainedFeatures(headers=["age", "income", "debt"]))


def test_quoted_commas_part_no_features() -> None:
    baseline = Baseline.inline('"one, two",3\n"",0\n')
    features = ExplainedFeatures(headers=["text", "number"], types=["text", "numerical"], text=ENGLISH)
    assert Explainer.shap(baseline=baseline, features=features).features is features
    with refused(
        "ExplainedFeatures types must be one for each of the baseline's 2 features, got 1: they are told apart by their order"
    ):
        Explainer.shap(baseline=baseline, features=ExplainedFeatures(types=["text"], text=ENGLISH))


@pytest.mark.parametrize(("count", "got"), [(0, 0), (257, 257)])
def test_fails_when_there_are_too_few_or_too_many_names(count: int, got: int) -> None:
    with refused(f"ExplainedFeatures headers must have 1-256 names, got {got}: SageMaker explains no more features"):
        ExplainedFeatures(headers=[f"f{each}" for each in range(count)])


def test_fails_when_a_name_is_too_long() -> None:
    with refused(
        f"ExplainedFeatures headers element must be 1-64 characters, got {repr('f' * 65)[:59]}… of 65 characters: SageMaker "
        "accepts no longer name"
    ):
        ExplainedFeatures(headers=["f" * 65])


def test_fails_when_a_type_is_none() -> None:
    with refused(
        "ExplainedFeatures types element must be one of numerical, categorical, text, got 'number': SageMaker explains "
        "features of no other type"
    ):
        ExplainedFeatures(types=["number"], text=ENGLISH)


@pytest.mark.parametrize(
    ("types", "text", "got"),
    [(["text"], None, "['text'] without"), (["numerical"], ENGLISH, "['numerical'] with"),
     (["numerical"], None, "['numerical'] without")],
)  # fmt: skip
def test_fails_when_types_are_given_without_text(types: list[str], text: TextFeatures | None, got: str) -> None:
    with refused(
        f"ExplainedFeatures types must be given with text, and one of them be 'text', got {got} text: SageMaker takes types "
        "only to explain text"
    ):
        ExplainedFeatures(types=types, text=text)


def test_fails_when_types_and_names_differ_in_number() -> None:
    with refused("ExplainedFeatures types must be as many as headers, got 1 and 2: each feature has one of both"):
        ExplainedFeatures(headers=["a", "b"], types=["text"], text=ENGLISH)


def test_fails_when_requests_can_be_taken_apart_and_not_put_together() -> None:
    with refused(
        "ExplainedFeatures template must be given with attribute, got attribute 'features' alone: the explainer could take "
        "requests apart, and put none together"
    ):
        ExplainedFeatures(attribute="features")


def test_fails_when_the_template_has_no_place_for_features() -> None:
    with refused(
        """ExplainedFeatures template must hold $features, got '{"features":[]}': all requests to the model would be alike"""
    ):
        ExplainedFeatures(attribute="features", template='{"features":[]}')


@pytest.mark.parametrize("what", ["attribute", "template"])
def test_fails_when_an_expression_is_too_long(what: str) -> None:
    given = {"attribute": "a", "template": "$features", what: "$features" + "x" * 56}
    with refused(
        f"ExplainedFeatures {what} must be 1-64 characters, got {repr(given[what])[:59]}… of 65 characters: SageMaker accepts "
        "no longer expression"
    ):
        ExplainedFeatures(**given)  # type: ignore[arg-type]


def test_fails_when_the_language_is_not_known() -> None:
    with refused(
        "TextFeatures language must be one of af, sq, ar, hy, eu, bn, bg, ca, zh, hr, cs, da, nl, en, et, fi, fr, de, el, gu, "
        "he, hi, hu, is, id, ga, it, kn, ky, lv, lt, lb, mk, ml, mr, ne, nb, fa, pl, pt, ro, ru, sa, sr, tn, si, sk, sl, es, "
        "sv, tl, ta, tt, te, tr, uk, ur, yo, lij, xx, got 'english': SageMaker takes text of no other language apart; xx "
        "stands for several"
    ):
        TextFeatures(language="english", granularity="token")


def test_fails_when_the_granularity_is_not_known() -> None:
    with refused(
        "TextFeatures granularity must be one of token, sentence, paragraph, got 'word': SageMaker takes text apart into no "
        "other units"
    ):
        TextFeatures(language="en", granularity="word")


# Answers


@pytest.mark.parametrize("what", ["probability_index", "label_index"])
def test_fails_when_a_column_is_negative(what: str) -> None:
    negative: dict[str, Any] = {what: -1}
    with refused(f"ExplainedAnswers {what} must be at least 0, got -1: columns are counted from zero"):
        ExplainedAnswers(**negative)


@pytest.mark.parametrize("column", ["probability_index", "label_index"])
@pytest.mark.parametrize("expression", ["probability_attribute", "label_attribute"])
def test_fails_when_columns_are_mixed_with_expressions(column: str, expression: str) -> None:
    both: dict[str, Any] = {column: 0, expression: "score"}
    with refused(
        f"ExplainedAnswers must be found by columns or by expressions, got {column} and {expression}: columns are CSV and "
        "expressions JSON Lines, and a model answers in one of them"
    ):
        ExplainedAnswers(**both)


def test_fails_when_there_are_too_many_labels() -> None:
    with refused("ExplainedAnswers label_headers must have 1-16 names, got 17: SageMaker explains no more labels"):
        ExplainedAnswers(label_headers=[f"l{each}" for each in range(17)])
