"""The lines of the log, which are metrics too."""

import json
import re
from typing import Any

import pytest

from cdk_model_hosting.handlers.model_function.contract import VERSION_METRICS, Metric
from cdk_model_hosting.handlers.model_function.journal import Journal
from tests.handlers.model_function import events
from tests.handlers.model_function.stage import Context, Stage

TRACE = "Root=1-6720a1b2-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:a87bd80c:0"
MILLISECONDS = {"PredictTime", "ModelLoadTime"}


def published(line: dict[str, Any]) -> dict[tuple[str, ...], dict[str, float]]:
    """The metrics of a line by their dimensions, as CloudWatch reads them by the format's specification."""
    found: dict[tuple[str, ...], dict[str, float]] = {}
    for directive in line["_aws"]["CloudWatchMetrics"]:
        assert re.fullmatch(r"[^:]{1,1024}", directive["Namespace"])
        assert not directive["Namespace"].startswith("AWS/")
        for dimensions in directive["Dimensions"]:
            assert all(isinstance(line[name], str) and line[name] for name in dimensions)
            values = {each["Name"]: line[each["Name"]] for each in directive["Metrics"]}
            assert all(isinstance(value, int | float) for value in values.values())
            assert {each["Name"] for each in directive["Metrics"] if each["Unit"] == "Milliseconds"} <= MILLISECONDS
            found[tuple(dimensions)] = values
    return found


def test_a_request_is_one_line_with_its_metrics(stage: Stage) -> None:
    function = stage.start()
    before = len(stage.lines)
    function.handle(events.http_api(), Context())

    (line,) = stage.lines[before:]
    metrics = published(line)
    assert metrics["FunctionName",].keys() == {"PredictTime", "BatchSize", "ColdStart", "Refusals", "Failures"}
    assert metrics["FunctionName", "Version"].keys() == set(VERSION_METRICS)
    assert (line["FunctionName"], line["Version"]) == ("fraud", "7")
    assert (line["BatchSize"], line["Refusals"], line["Failures"]) == (1, 0, 0)
    assert 0 < line["PredictTime"] <= line["durationMs"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["timestamp"])
    assert abs(line["_aws"]["Timestamp"] / 1000 - 1.79e9) < 1e9


def test_a_refused_payload_has_no_time_in_the_predictor(stage: Stage) -> None:
    stage.start().handle(events.http_api("{"), Context())

    assert "PredictTime" not in published(stage.line)["FunctionName",]
    assert published(stage.line)["FunctionName",]["Refusals"] == 1


def test_every_metric_is_published(stage: Stage) -> None:
    function = stage.start()
    function.handle(events.http_api(), Context())
    function.handle(events.queue("{}"), Context())

    named = {name for line in stage.lines for name in published(line)["FunctionName",]}
    assert named == set(Metric) - {Metric.ENDPOINT_TIME}, "an endpoint's time is published where there is one"


@pytest.mark.parametrize(
    ("kind", "cold"), [("on-demand", [1, 0, 0]), ("snap-start", [1, 0, 0]), ("provisioned-concurrency", [0, 0, 0])]
)
def test_the_first_request_waits_for_its_environment(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, kind: str, cold: list[int]
) -> None:
    monkeypatch.setattr("cdk_model_hosting.handlers.model_function.snapshots.register", lambda *_: None)
    stage.environment["AWS_LAMBDA_INITIALIZATION_TYPE"] = kind
    function = stage.start()
    for _ in cold:
        function.handle(events.http_api(), Context())

    assert [line["ColdStart"] for line in stage.lines[1:]] == cold


def test_the_trace_of_each_request_is_told(stage: Stage) -> None:
    variables = stage.variables()
    function = stage.start_with(variables)
    for header in (TRACE, TRACE.replace("6720", "6721"), "Sampled=0"):
        variables["_X_AMZN_TRACE_ID"] = header
        function.handle(events.http_api(), Context())

    told = [line.get("traceId") for line in stage.lines[1:]]
    assert told == ["1-6720a1b2-0123456789abcdef01234567", "1-6721a1b2-0123456789abcdef01234567", None]


def test_a_line_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    Journal({}).write("two\nlines", strange=object)

    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["message"] == "two\nlines"
    assert json.loads(line)["strange"] == "<class 'object'>"


def test_the_bodies_of_requests_are_not_told(stage: Stage) -> None:
    stage.start().handle(events.http_api({"amount": 1, "card": "4111111111111111"}), Context())

    assert "4111111111111111" not in json.dumps(stage.lines)
