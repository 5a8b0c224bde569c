"""Batches of messages, some of which are to come again."""

import json
from typing import Any

import pytest

from cdk_model_hosting.handlers.model_function.failures import RequestRefused
from cdk_model_hosting.handlers.model_function.function import ModelFunction
from tests.handlers.model_function import events
from tests.handlers.model_function.stage import Context, Stage

# Notes what it is called with.
NOTING = """
    def load(path):
        return []

    def predict(model, request):
        model.append(request)
        if request == "wrong":
            raise ValueError("the request must be right, got wrong")
        if request == "broken":
            raise RuntimeError("no")
        return request

    def predict_all(model, requests):
        model.append(list(requests))
        if "broken" in requests:
            raise RuntimeError("no")
        return requests

    def predict_too_few(model, requests):
        return requests[1:]
"""


REFUSING = """
    def load(path):
        return None

    def predict(model, requests):
        raise ValueError("all must be right")
"""


def noted(function: ModelFunction) -> list[Any]:
    found: list[Any] = function._predictor._model
    return found


def again(answer: Any) -> list[str]:
    assert list(answer) == ["batchItemFailures"]
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def test_a_batch_that_goes_well_is_done(stage: Stage) -> None:
    function = stage.start(NOTING)

    assert again(function.handle(events.queue('"a"', '"b"', "3"), Context())) == []
    assert noted(function) == ["a", "b", 3]
    line = stage.line
    assert (line["source"], line["message"], line["BatchSize"], line["Deferred"]) == ("aws:sqs", "answered", 3, 0)


def test_only_what_went_wrong_comes_again(stage: Stage) -> None:
    function = stage.start(NOTING)

    answer = function.handle(events.queue('"a"', "no json", '"wrong"', '"broken"', '"b"'), Context())

    assert again(answer) == ["m2", "m3", "m4"]
    assert noted(function) == ["a", "wrong", "broken", "b"]
    line = stage.line
    assert (line["level"], line["message"]) == ("ERROR", "failed")
    assert (line["BatchSize"], line["Refusals"], line["Failures"]) == (5, 2, 1)
    assert line["reasons"] == [
        "m2: the body must be JSON: Expecting value: line 1 column 1 (char 0)",
        "m3: the request must be right, got wrong",
        "m4: RuntimeError('no')",
    ]
    assert "RuntimeError: no" in line["stackTrace"]


def test_the_log_tells_ten_reasons_of_many(stage: Stage) -> None:
    answer = stage.start(NOTING).handle(events.queue(*['"wrong"'] * 12), Context())

    assert len(again(answer)) == 12
    assert (len(stage.line["reasons"]), stage.line["Refusals"]) == (10, 12)


def test_what_there_is_no_time_for_comes_again(stage: Stage) -> None:
    function = stage.start(NOTING)

    answer = function.handle(events.queue('"a"', '"b"', '"c"'), Context(seconds=[5.0, 1.8, 0.9]))

    assert again(answer) == ["m3"]
    assert noted(function) == ["a", "b"]
    line = stage.line
    assert (line["deferred"], line["Deferred"], line["Failures"]) == (1, 1, 0)
    assert (line["level"], line["message"]) == ("WARNING", "deferred")


def test_a_call_is_not_begun_that_would_take_longer_than_there_is_time(stage: Stage) -> None:
    code = NOTING.replace("model.append(request)", "model.append(request); import time; time.sleep(0.3)", 1)
    function = stage.start(code)

    answer = function.handle(events.queue('"a"', '"b"'), Context(seconds=[5.0, 1.2]))

    assert again(answer) == ["m2"]


def test_a_fifo_queue_stays_in_order_within_its_groups(stage: Stage) -> None:
    function = stage.start(NOTING)
    batch = events.queue('"a1"', '"wrong"', '"a3"', '"b2"', '"a4"', groups=("a", "a", "a", "b", "a"))

    assert again(function.handle(batch, Context())) == ["m2", "m3", "m5"]
    assert noted(function) == ["a1", "wrong", "b2"]
    assert (stage.line["Refusals"], stage.line["deferred"]) == (1, 2)


def test_what_was_left_of_a_fifo_queue_for_lack_of_time_holds_back_its_group(stage: Stage) -> None:
    function = stage.start(NOTING)
    batch = events.queue('"a1"', '"a2"', '"b1"', groups=("a", "a", "b"))

    # The time is over for one message only, as no clock would have it.
    assert again(function.handle(batch, Context(seconds=[0.5, 5.0]))) == ["m1", "m2"]
    assert noted(function) == ["b1"]


def test_messages_are_predicted_together(stage: Stage) -> None:
    name = stage.module(NOTING)
    function = stage.start(NOTING, ENTRY=f"{name}:predict_all", BATCH_SIZE="2")

    assert again(function.handle(events.queue("1", "2", "3"), Context())) == []
    assert noted(function) == [[1, 2], [3]]


def test_one_that_spoils_it_for_the_others_is_found(stage: Stage) -> None:
    name = stage.module(NOTING)
    function = stage.start(NOTING, ENTRY=f"{name}:predict_all", BATCH_SIZE="10")

    answer = function.handle(events.queue("1", "no json", '"broken"', "4"), Context())

    assert again(answer) == ["m2", "m3"]
    assert noted(function) == [[1, "broken", 4], [1], ["broken", 4], ["broken"], [4]]


def test_one_of_a_hundred_is_found_by_halves(stage: Stage) -> None:
    name = stage.module(NOTING)
    function = stage.start(NOTING, ENTRY=f"{name}:predict_all", BATCH_SIZE="100")
    bodies = [json.dumps(number) for number in range(100)]
    bodies[7] = '"broken"'

    assert again(function.handle(events.queue(*bodies), Context())) == ["m8"]
    assert len(noted(function)) == 15
    assert (stage.line["Failures"], stage.line["Deferred"]) == (1, 0)


def test_the_search_for_it_ends_before_the_time_does(stage: Stage) -> None:
    """Lambda would bring all of them again, also those that went well."""
    name = stage.module(NOTING)
    function = stage.start(NOTING, ENTRY=f"{name}:predict_all", BATCH_SIZE="4")

    answer = function.handle(events.queue("1", "2", '"broken"', "4"), Context(seconds=[5.0, 4.0, 0.9]))

    assert again(answer) == ["m3", "m4"]
    assert noted(function) == [[1, 2, "broken", 4], [1, 2]]
    line = stage.line
    assert (line["level"], line["message"], line["Failures"], line["Deferred"]) == ("ERROR", "failed", 0, 2)
    assert line["reasons"] == ["there was no time to try 2 again in smaller lists: RuntimeError('no')"]
    assert "RuntimeError: no" in line["stackTrace"]


def test_a_list_that_was_refused_and_not_searched_is_no_error(stage: Stage) -> None:
    function = stage.start(REFUSING, BATCH_SIZE="10")

    assert again(function.handle(events.queue("1", "2"), Context(seconds=[5.0, 0.9]))) == ["m1", "m2"]
    assert (stage.line["level"], stage.line["message"], stage.line["Refusals"]) == ("WARNING", "deferred", 0)
    reason = "there was no time to try 1 again in smaller lists: RequestRefused('all must be right')"
    assert stage.line["reasons"] == [reason, reason]


def test_a_batch_that_is_searched_makes_headway(stage: Stage) -> None:
    """What went well is done, whatever there is no more time for."""
    code = NOTING.replace("model.append(list(requests))", "model.append(list(requests)); import time; time.sleep(0.3)")
    name = stage.module(code)
    function = stage.start(code, ENTRY=f"{name}:predict_all", BATCH_SIZE="2")

    answer = function.handle(events.queue("1", '"broken"', "3", "4"), Context(seconds=[5.0, 4.0, 1.2]))

    assert again(answer) == ["m2", "m3", "m4"]
    assert noted(function) == [[1, "broken"], [1]]


def test_in_a_fifo_queue_those_behind_it_come_again_even_when_they_went_well(stage: Stage) -> None:
    name = stage.module(NOTING)
    function = stage.start(NOTING, ENTRY=f"{name}:predict_all", BATCH_SIZE="10")

    answer = function.handle(events.queue("1", '"broken"', "3", groups=("a", "a", "a")), Context())

    assert again(answer) == ["m2", "m3"]
    assert stage.line["Deferred"] == 1


def test_in_a_fifo_queue_those_behind_it_are_not_tried_before_it(stage: Stage) -> None:
    name = stage.module(NOTING)
    function = stage.start(NOTING, ENTRY=f"{name}:predict_all", BATCH_SIZE="10")
    batch = events.queue("1", '"broken"', "3", "4", "5", groups=("a", "a", "a", "b", "a"))

    assert again(function.handle(batch, Context())) == ["m2", "m3", "m5"]
    # The whole list comes first, in which nobody knows of it yet.
    assert noted(function) == [[1, "broken", 3, 4, 5], [1, "broken"], [1], ["broken"], [4]]


def test_in_a_fifo_queue_those_behind_one_that_cannot_be_read_are_not_tried(stage: Stage) -> None:
    name = stage.module(NOTING)
    function = stage.start(NOTING, ENTRY=f"{name}:predict_all", BATCH_SIZE="10")

    answer = function.handle(events.queue("1", "no json", "3", groups=("a", "a", "a")), Context())

    assert again(answer) == ["m2", "m3"]
    assert noted(function) == [[1]]
    assert (stage.line["Refusals"], stage.line["Deferred"]) == (1, 1)


def test_a_single_request_is_a_list_of_one_to_what_takes_lists(stage: Stage) -> None:
    name = stage.module(NOTING)
    function = stage.start(NOTING, ENTRY=f"{name}:predict_all", BATCH_SIZE="10")

    assert function.handle(events.http_api("1"), Context())["body"] == "1"
    assert noted(function) == [[1]]


def test_each_request_must_have_its_answer(stage: Stage) -> None:
    name = stage.module(NOTING)
    function = stage.start(NOTING, ENTRY=f"{name}:predict_too_few", BATCH_SIZE="10")

    assert again(function.handle(events.queue("1", "2"), Context())) == ["m1", "m2"]
    assert "predict must return an answer for each of 1 requests, got 0" in stage.line["stackTrace"]


@pytest.mark.parametrize(("returned", "kind"), [({"y": 1}, "dict"), ("y", "str"), (None, "NoneType")])
def test_what_is_no_list_is_no_list_of_answers(stage: Stage, returned: object, kind: str) -> None:
    name = stage.module(f"def predict_all(model, requests):\n    return {returned!r}\n")
    function = stage.start(NOTING, ENTRY=f"{name}:predict_all", BATCH_SIZE="10")

    assert again(function.handle(events.queue("1"), Context())) == ["m1"]
    assert f"must return a list with an answer for each of 1 requests, got a {kind}" in stage.line["stackTrace"]


@pytest.mark.parametrize("bodies", [('"wrong"',), ("no json", '"broken"')])
def test_a_batch_of_which_nothing_went_well_comes_again_as_a_whole(stage: Stage, bodies: tuple[str, ...]) -> None:
    answer = stage.start(NOTING).handle(events.queue(*bodies), Context())

    assert len(again(answer)) == len(bodies)


@pytest.mark.parametrize(
    "record", [{"body": "1"}, {"messageId": "m1"}, {"messageId": "m1", "body": "1", "eventSourceARN": "a:b.fifo"}, 1]
)
def test_fails_when_nobody_could_be_told_which_messages_come_again(stage: Stage, record: Any) -> None:
    event = events.queue("1", "2")
    event["Records"][1] = record

    with pytest.raises(RequestRefused, match=r"^the records must be messages of SQS, got one that is none: "):
        stage.start(NOTING).handle(event, Context())
    assert (stage.line["level"], stage.line["message"], stage.line["Refusals"]) == ("WARNING", "refused", 1)


@pytest.mark.parametrize("body", [None, 5, {}])
def test_a_message_whose_body_is_no_text_is_refused(stage: Stage, body: Any) -> None:
    event = events.queue("1", "2")
    event["Records"][1]["body"] = body

    assert again(stage.start(NOTING).handle(event, Context())) == ["m2"]
    assert stage.line["reasons"] == ["m2: the body must be JSON, got nothing"]
