"""Events of nobody's in particular: whoever invokes the function sends the request itself."""

from typing import Any

import pytest

from cdk_model_hosting.handlers.model_function.failures import PredictionFailed, RequestRefused
from tests.handlers.model_function import events
from tests.handlers.model_function.stage import Context, Stage

ECHO = """
    import numpy as np

    def load(path):
        return None

    def predict(model, request):
        if request == "wrong":
            raise ValueError("the request must be right, got wrong")
        if request == "secret":
            raise RuntimeError("password=hunter2")
        return {"given": request, "score": np.float32(0.5)}
"""


@pytest.mark.parametrize(
    "event",
    [
        {"amount": 1},
        [1, 2],
        "text",
        None,
        {},
        # What only looks like one of a service's.
        {"requestContext": "mine", "Records": "mine"},
        {"requestContext": {"authorizer": {}}, "Records": []},
        {"Records": [1]},
        {"Records": [{"eventSource": "mine"}]},
        {"version": "2.0"},
    ],
)
def test_any_json_is_a_request(stage: Stage, event: Any) -> None:
    assert stage.start(ECHO).handle(event, Context()) == {"given": event, "score": 0.5}
    assert (stage.line["source"], stage.line["message"]) == ("direct", "answered")
    assert "status" not in stage.line


def test_a_refusal_is_an_error_with_the_reason(stage: Stage) -> None:
    function = stage.start(ECHO)

    with pytest.raises(RequestRefused, match=r"^the request must be right, got wrong$") as raised:
        function.handle("wrong", Context())

    assert raised.value.__suppress_context__
    assert (stage.line["message"], stage.line["Refusals"], stage.line["Failures"]) == ("refused", 1, 0)


def test_any_other_error_tells_where_to_look(stage: Stage) -> None:
    function = stage.start(ECHO)
    expected = r"^the prediction failed: the function's log has the reason under the request request-1$"

    with pytest.raises(PredictionFailed, match=expected) as raised:
        function.handle("secret", Context())

    # Lambda hands the caller the frames of the error itself: none of the user's is among them.
    assert raised.value.__suppress_context__
    frames = []
    trace = raised.value.__traceback__
    while trace is not None:
        frames.append(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next
    assert not any(name.startswith(str(stage.root)) for name in frames)
    assert "password=hunter2" in stage.line["stackTrace"]
    assert stage.line["Failures"] == 1


@pytest.mark.parametrize(("service", "key"), [("aws:s3", "eventSource"), ("aws:sns", "EventSource")])
def test_records_of_another_service_are_refused(stage: Stage, service: str, key: str) -> None:
    function = stage.start(ECHO)

    with pytest.raises(RequestRefused, match=rf"^the records must be messages of SQS, got some of {service}$"):
        function.handle(events.records_of(service, key=key), Context())

    assert (stage.line["source"], stage.line["message"]) == (service, "refused")
