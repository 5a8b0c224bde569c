"""The environment variables of a function in front of an endpoint."""

import sys

import pytest

from cdk_model_hosting.handlers.model_function.contract import Variable
from cdk_model_hosting.handlers.model_function.endpoint_model import EndpointModel
from cdk_model_hosting.handlers.model_function.failures import StartError
from cdk_model_hosting.handlers.model_function.settings import Settings

PACKAGE = "cdk_model_hosting.handlers.model_function"
GIVEN = {"ENTRY": "predictor:predict", "DELIVERY": "endpoint", "ENDPOINT": "fraud"}
LOCAL = {"ENTRY": "predictor:predict", "DELIVERY": "bundled", "PATH": "model"}


def read(given: dict[str, str], **changed: str) -> Settings:
    return Settings.of({str(Variable[name]): value for name, value in {**given, **changed}.items()})


def test_what_is_omitted_has_defaults() -> None:
    assert read(GIVEN).model == EndpointModel(name="fraud", component=None, region=None, read_seconds=70, uploads=None)


def test_everything_is_read() -> None:
    settings = read(
        GIVEN, COMPONENT="copies", REGION="eu-west-1", READ_SECONDS="5", UPLOADS="s3://bucket/in/", BATCH_SIZE="10"
    )

    assert settings.model == EndpointModel(
        name="fraud", component="copies", region="eu-west-1", read_seconds=5, uploads="s3://bucket/in/"
    )
    assert settings.batch_size == 10


def test_requests_may_be_uploaded_to_the_root_of_a_bucket() -> None:
    assert read(GIVEN, UPLOADS="s3://bucket/").model == EndpointModel(name="fraud", uploads="s3://bucket/")


@pytest.mark.parametrize(
    ("given", "changed", "message"),
    [
        (GIVEN, {"ENDPOINT": " "}, "MODEL_FUNCTION_ENDPOINT must be set: it is the name of the endpoint"),
        (GIVEN, {"PATH": "p"}, "MODEL_FUNCTION_PATH must not be set, got 'p': MODEL_FUNCTION_DELIVERY is endpoint"),
        (GIVEN, {"SHA256": "s"}, "MODEL_FUNCTION_SHA256 must not be set, got 's': MODEL_FUNCTION_DELIVERY is endpoint"),
        (GIVEN, {"LOADER": "l"}, "MODEL_FUNCTION_LOADER must not be set, got 'l': MODEL_FUNCTION_DELIVERY is endpoint"),
        (GIVEN, {"KEY": "k"}, "MODEL_FUNCTION_KEY must not be set, got 'k': MODEL_FUNCTION_DELIVERY is endpoint"),
        (GIVEN, {"UPLOADS": "s3://b/in"}, "MODEL_FUNCTION_UPLOADS must be s3://bucket/prefix/, got 's3://b/in'"),
        (GIVEN, {"READ_SECONDS": "0"}, "MODEL_FUNCTION_READ_SECONDS must be a whole number from 1 to 70, got '0'"),
        (GIVEN, {"READ_SECONDS": "71"}, "MODEL_FUNCTION_READ_SECONDS must be a whole number from 1 to 70, got '71'"),
        *(
            (LOCAL, {name: "7"}, f"MODEL_FUNCTION_{name} must not be set, got '7': MODEL_FUNCTION_DELIVERY is bundled")
            for name in ("ENDPOINT", "COMPONENT", "REGION", "READ_SECONDS", "UPLOADS")
        ),
    ],
)
def test_fails_when_a_variable_is_wrong(given: dict[str, str], changed: dict[str, str], message: str) -> None:
    with pytest.raises(StartError) as raised:
        read(given, **changed)

    assert str(raised.value) == message


def test_fails_when_there_is_no_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    monkeypatch.delitem(sys.modules, f"{PACKAGE}.endpoint", raising=False)
    with pytest.raises(
        StartError, match=r"^boto3 must be installed for a function in front of an endpoint, got none: "
    ):
        EndpointModel(name="fraud").connect()
