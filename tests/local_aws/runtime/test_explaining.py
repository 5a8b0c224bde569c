"""Explanations are not played, and an endpoint that would give some says so instead of leaving them out."""

import pytest

from tests.local_aws.runtime.hosting import Hosting, unique

CLARIFY = {"ShapConfig": {"ShapBaselineConfig": {"ShapBaseline": "0"}}}


def explaining(hosting: Hosting, **settings: str) -> str:
    name = unique("explaining")
    config = hosting.config(
        {"ModelName": hosting.model("1")}, ExplainerConfig={"ClarifyExplainerConfig": {**CLARIFY, **settings}}
    )
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    hosting.settle(name)
    return name


def test_an_explaining_endpoint_refuses_unless_no_explanation_is_asked_for(hosting: Hosting) -> None:
    name = explaining(hosting)

    with pytest.raises(hosting.runtime.exceptions.ModelError) as caught:
        hosting.invoke(name)

    assert caught.value.response["OriginalMessage"].startswith("SageMaker Clarify is not played by the local AWS")
    assert hosting.version(name, EnableExplanations="`false`") == "1"


def test_an_endpoint_that_explains_only_on_demand_answers(hosting: Hosting) -> None:
    name = explaining(hosting, EnableExplanations="`false`")

    assert hosting.version(name) == "1"
    with pytest.raises(hosting.runtime.exceptions.ModelError):
        hosting.invoke(name, EnableExplanations="`true`")
