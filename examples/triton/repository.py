"""The fraud model as an ensemble of Triton's: JSON in, a decision out, in one request."""

from pathlib import Path

from cdk_model_hosting import (
    DynamicBatching,
    Tensor,
    TensorType,
    TritonBackend,
    TritonEnsemble,
    TritonInstances,
    TritonModel,
    TritonRepository,
    TritonStep,
)

_HERE = Path(__file__).parent
_FEATURES = 11
_LARGEST_BATCH = 64


def fraud_repository(model_folder: str | Path) -> TritonRepository:
    """Three models and the ensemble of them.

    Args:
        model_folder: Folder with ``model.onnx`` and ``model.json``, as ``examples.fraud.train`` writes it.
    """
    trained = Path(model_folder)
    transaction = Tensor(name="transaction", data_type=TensorType.STRING, shape=[1])
    features = Tensor(name="features", data_type=TensorType.FP32, shape=[_FEATURES])
    probabilities = Tensor(name="probabilities", data_type=TensorType.FP32, shape=[2])
    probability = Tensor(name="fraud_probability", data_type=TensorType.FP32, shape=[1])
    decision = Tensor(name="decision", data_type=TensorType.STRING, shape=[1])

    reader = TritonModel(
        name="reader",
        backend=TritonBackend.PYTHON,
        versions={1: _HERE / "reading.py"},
        files={"model.json": trained / "model.json"},
        inputs=[transaction],
        outputs=[features],
        max_batch_size=_LARGEST_BATCH,
        instances=[TritonInstances.cpu(2)],
    )
    classifier = TritonModel(
        name="classifier",
        backend=TritonBackend.ONNX_RUNTIME,
        versions={1: trained / "model.onnx"},
        inputs=[features],
        outputs=[probabilities],
        max_batch_size=_LARGEST_BATCH,
        batching=DynamicBatching(max_queue_delay_us=500),
    )
    decider = TritonModel(
        name="decider",
        backend=TritonBackend.PYTHON,
        versions={1: _HERE / "deciding.py"},
        files={"model.json": trained / "model.json"},
        inputs=[probabilities],
        outputs=[probability, decision],
        max_batch_size=_LARGEST_BATCH,
        instances=[TritonInstances.cpu()],
    )
    fraud = TritonEnsemble(
        name="fraud",
        inputs=[transaction],
        outputs=[probability, decision],
        steps=[
            TritonStep(model=reader, inputs={"transaction": "transaction"}, outputs={"features": "matrix"}),
            TritonStep(model=classifier, inputs={"features": "matrix"}, outputs={"probabilities": "both"}),
            TritonStep(
                model=decider,
                inputs={"probabilities": "both"},
                outputs={"fraud_probability": "fraud_probability", "decision": "decision"},
            ),
        ],
    )
    return TritonRepository([fraud])
