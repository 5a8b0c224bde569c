"""The environment variables: what is read, and what is refused in which words."""

from pathlib import Path

import pytest

from cdk_model_hosting.handlers.model_function.bucket import BucketModel
from cdk_model_hosting.handlers.model_function.contract import Delivery, Variable
from cdk_model_hosting.handlers.model_function.failures import StartError
from cdk_model_hosting.handlers.model_function.local import LocalModel
from cdk_model_hosting.handlers.model_function.settings import Settings

SHA256 = "0123456789abcdef" * 4
LOCAL = {"ENTRY": "predictor:predict", "DELIVERY": "bundled", "PATH": "model"}
BUCKET = {
    "ENTRY": "predictor:predict",
    "DELIVERY": "bucket",
    "BUCKET": "models",
    "KEY": "fraud/1.tar.gz",
    "ETAG": "abc",
}


def read(given: dict[str, str], **changed: str) -> Settings:
    named = {str(Variable[name]): value for name, value in {**given, **changed}.items()}
    return Settings.of({**named, "LAMBDA_TASK_ROOT": "/var/task", "PATH": "/usr/bin"})


def test_what_is_omitted_has_defaults() -> None:
    model = LocalModel(delivery=Delivery.BUNDLED, path=Path("/var/task/model"))
    assert read(LOCAL) == Settings(entry="predictor:predict", loader="onnx", model=model, batch_size=None, sample=None)


def test_everything_is_read() -> None:
    settings = read(LOCAL, LOADER="my.loaders:load", SHA256=SHA256.upper(), BATCH_SIZE=" 10000 ", SAMPLE="sample.json")

    assert settings == Settings(
        entry="predictor:predict",
        loader="my.loaders:load",
        model=LocalModel(delivery=Delivery.BUNDLED, path=Path("/var/task/model"), sha256=SHA256),
        batch_size=10_000,
        sample=Path("/var/task/sample.json"),
    )


@pytest.mark.parametrize(
    ("delivery", "path"),
    [
        ("layer", "/opt/model"),
        ("file_system", "/mnt/models/fraud"),
        ("image", "/var/task/model"),
        ("bundled", "/model"),
    ],
)
def test_an_absolute_path_stays_what_it_is(delivery: str, path: str) -> None:
    assert read(LOCAL, DELIVERY=delivery, PATH=path).model == LocalModel(delivery=Delivery(delivery), path=Path(path))


def test_a_path_begins_where_the_function_is_run_when_nothing_is_said() -> None:
    settings = Settings.of({Variable[name]: value for name, value in LOCAL.items()})

    assert settings.model == LocalModel(delivery=Delivery.BUNDLED, path=Path("model"))


@pytest.mark.parametrize("check", ["VERSION_ID", "ETAG", "SHA256"])
def test_a_bucket_is_read_with_any_of_its_checks(check: str) -> None:
    given = {name: value for name, value in BUCKET.items() if name != "ETAG"}
    expected = {"version_id": None, "etag": None, "sha256": None, check.lower(): SHA256}

    assert read(given, **{check: SHA256}).model == BucketModel(bucket="models", key="fraud/1.tar.gz", **expected)


def test_an_etag_may_come_in_quotes() -> None:
    assert read(BUCKET, ETAG='"abc-7"') == read(BUCKET, ETAG="abc-7")


def test_what_is_blank_counts_as_not_given() -> None:
    assert read(LOCAL, LOADER=" ", SHA256="", BATCH_SIZE="", SAMPLE="", BUCKET="") == read(LOCAL)


@pytest.mark.parametrize(
    ("given", "changed", "message"),
    [
        (
            LOCAL,
            {"ENTRY": ""},
            "MODEL_FUNCTION_ENTRY must be set: it names the function that predicts, such as predictor:predict",
        ),
        (LOCAL, {"ENTRY": "predict"}, "MODEL_FUNCTION_ENTRY must be module:function, got 'predict'"),
        (LOCAL, {"ENTRY": "a.1:b"}, "MODEL_FUNCTION_ENTRY must be module:function, got 'a.1:b'"),
        (
            LOCAL,
            {"LOADER": "a:b:c"},
            "MODEL_FUNCTION_LOADER must be the name of a loader or module:function, got 'a:b:c'",
        ),
        (
            LOCAL,
            {"DELIVERY": ""},
            "MODEL_FUNCTION_DELIVERY must be set: it is one of bundled, layer, image, file_system, bucket, endpoint",
        ),
        (
            LOCAL,
            {"DELIVERY": "efs"},
            "MODEL_FUNCTION_DELIVERY must be one of bundled, layer, image, file_system, bucket, endpoint, got 'efs'",
        ),
        (LOCAL, {"PATH": ""}, "MODEL_FUNCTION_PATH must be set: it is the model's file or folder"),
        (LOCAL, {"SHA256": "abc"}, "MODEL_FUNCTION_SHA256 must be 64 hexadecimal digits, got 'abc'"),
        (LOCAL, {"BUCKET": "b"}, "MODEL_FUNCTION_BUCKET must not be set, got 'b': MODEL_FUNCTION_DELIVERY is bundled"),
        (LOCAL, {"KEY": "k"}, "MODEL_FUNCTION_KEY must not be set, got 'k': MODEL_FUNCTION_DELIVERY is bundled"),
        (
            LOCAL,
            {"VERSION_ID": "v"},
            "MODEL_FUNCTION_VERSION_ID must not be set, got 'v': MODEL_FUNCTION_DELIVERY is bundled",
        ),
        (LOCAL, {"ETAG": "e"}, "MODEL_FUNCTION_ETAG must not be set, got 'e': MODEL_FUNCTION_DELIVERY is bundled"),
        (BUCKET, {"PATH": "p"}, "MODEL_FUNCTION_PATH must not be set, got 'p': MODEL_FUNCTION_DELIVERY is bucket"),
        (BUCKET, {"BUCKET": ""}, "MODEL_FUNCTION_BUCKET must be set: it is the name of the model's bucket"),
        (BUCKET, {"KEY": ""}, "MODEL_FUNCTION_KEY must be set: it is the key of the model's object"),
        (
            BUCKET,
            {"ETAG": ""},
            (
                "MODEL_FUNCTION_VERSION_ID, MODEL_FUNCTION_ETAG or MODEL_FUNCTION_SHA256 must be set: an object that is written "
                "anew under its key would be another model"
            ),
        ),
        (LOCAL, {"BATCH_SIZE": "0"}, "MODEL_FUNCTION_BATCH_SIZE must be a whole number from 1 to 10000, got '0'"),
        (
            LOCAL,
            {"BATCH_SIZE": "10001"},
            "MODEL_FUNCTION_BATCH_SIZE must be a whole number from 1 to 10000, got '10001'",
        ),
        (LOCAL, {"BATCH_SIZE": "2.5"}, "MODEL_FUNCTION_BATCH_SIZE must be a whole number from 1 to 10000, got '2.5'"),
    ],
)
def test_fails_when_a_variable_is_wrong(given: dict[str, str], changed: dict[str, str], message: str) -> None:
    with pytest.raises(StartError) as raised:
        read(given, **changed)

    assert str(raised.value) == message


def test_fails_when_a_variable_is_misspelt() -> None:
    with pytest.raises(StartError) as raised:
        Settings.of({"MODEL_FUNCTION_LODER": "onnx"})

    assert str(raised.value) == (
        "MODEL_FUNCTION_LODER must not be set: the function knows MODEL_FUNCTION_ENTRY, MODEL_FUNCTION_LOADER, "
        "MODEL_FUNCTION_DELIVERY, MODEL_FUNCTION_PATH, MODEL_FUNCTION_BUCKET, MODEL_FUNCTION_KEY, MODEL_FUNCTION_VERSION_ID, "
        "MODEL_FUNCTION_ETAG, MODEL_FUNCTION_ENDPOINT, MODEL_FUNCTION_COMPONENT, MODEL_FUNCTION_REGION, MODEL_FUNCTION_READ_SECONDS, "
        "MODEL_FUNCTION_UPLOADS, MODEL_FUNCTION_SHA256, MODEL_FUNCTION_BATCH_SIZE, MODEL_FUNCTION_SAMPLE"
    )
