"""The fraud example, from the archive that goes to S3, in a real Triton server."""

import json
import tarfile
from collections.abc import Iterator

import aws_cdk as cdk
import numpy as np
import pytest

from cdk_model_hosting import Container, ContainerImage, SingleModel
from examples.fraud.records import Sample, sample_records
from examples.fraud.train import NAME, RECIPES, TrainedModel, train
from examples.fraud.transactions import generate
from examples.triton.repository import fraud_repository
from tests.triton.conftest import Run
from tests.triton.server import TritonServer

COUNT = 40


@pytest.fixture(scope="module")
def trained() -> TrainedModel:
    return train(RECIPES["1"])


@pytest.fixture(scope="module")
def sample() -> Sample:
    return sample_records(COUNT, seed=5)


@pytest.fixture(scope="module")
def server(run: Run, trained: TrainedModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TritonServer]:
    """A server on what a stack puts into S3, with the model that the stack's environment names to the container."""
    place = tmp_path_factory.mktemp("fraud")
    trained.export(place / "trained", name=NAME, version="1")
    repository = fraud_repository(place / "trained")
    app = cdk.App(outdir=str(place / "cdk.out"))
    container = Container(
        image=ContainerImage.triton("25.09", gpu=False),
        artifact=repository.artifact(),
        environment=repository.environment(),
    )
    model = SingleModel(cdk.Stack(app, "Stack"), "Model", container=container)
    (archive,) = (place / "cdk.out").glob("asset.*.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(place / "model", filter="data")
    name = model.containers[0].environment["SAGEMAKER_TRITON_DEFAULT_MODEL_NAME"]
    with run(place / "model", f"--load-model={name}") as started:
        yield started


def _texts(records: list[dict[str, float | int | bool | str]]) -> dict[str, object]:
    data = [json.dumps(each) for each in records]
    return {"name": "transaction", "datatype": "BYTES", "shape": [len(data), 1], "data": data}


def test_answers_are_scikit_learns(server: TritonServer, trained: TrainedModel, sample: Sample) -> None:
    answer = server.infer("fraud", _texts(sample.records)).outputs()
    drawn = generate(COUNT * 200, seed=(5, 3))
    expected = trained.classifier.predict_proba(drawn.matrix())[:, 1]
    rows = [
        next(index for index in range(len(expected)) if drawn.records([index])[0] == each) for each in sample.records
    ]
    np.testing.assert_allclose(answer["fraud_probability"], expected[rows], rtol=0, atol=1e-6)
    assert answer["decision"] == [
        "review" if probability >= trained.threshold else "approve" for probability in expected[rows]
    ]
    assert {"review", "approve"} == set(answer["decision"])


def test_a_batch_and_its_items_alone_are_answered_alike(server: TritonServer, sample: Sample) -> None:
    together = server.infer("fraud", _texts(sample.records[:5])).outputs()["fraud_probability"]
    alone = [server.infer("fraud", _texts([each])).outputs()["fraud_probability"][0] for each in sample.records[:5]]
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-6)


def test_a_record_that_cannot_be_read_is_told(server: TritonServer, sample: Sample) -> None:
    answer = server.infer("fraud", _texts([{**sample.records[0], "merchant_category": "charity"}]))
    assert answer.status >= 400
    assert "transaction cannot be read" in answer.json()["error"]
