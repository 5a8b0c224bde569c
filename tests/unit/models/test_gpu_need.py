"""Models of a Triton repository that need GPUs: which instances and images are refused for them."""

from pathlib import Path

import pytest

from cdk_model_hosting import (
    Container,
    ContainerImage,
    Fleet,
    ModelArtifact,
    ModelStore,
    MultiModel,
    PipelineModel,
    RealtimeEndpoint,
    ServerlessEndpoint,
    SingleModel,
    TritonBackend,
    TritonInstances,
    TritonRepository,
)
from cdk_model_hosting.instances import instance
from tests.unit.builders import IMAGE, container, new_stack, refused, text_token
from tests.unit.models.triton.builders import chain, python_model

TRITON = ContainerImage.triton("25.09")
ON_CPUS = ContainerImage.triton("25.09", gpu=False)
NO_GPU = (
    "Fleet instance_type must have a GPU for TritonModel 'second', got {}: the Triton server does not load it there"
)
CPU_IMAGE = (
    "ContainerImage.triton gpu must be True for TritonModel 'second', got False: its copies run on GPUs, and that image is "
    "built without them"
)


def ensemble(folder: Path, *instances: TritonInstances) -> ModelArtifact:
    """A model on the processor, and after it one that runs as said."""
    first = python_model(folder, "first", instances=[TritonInstances.cpu()])
    return TritonRepository([chain(first, python_model(folder, "second", instances=instances))]).artifact()


@pytest.fixture
def on_gpus(tmp_path: Path) -> ModelArtifact:
    return ensemble(tmp_path, TritonInstances.cpu(), TritonInstances.gpu())


def single(artifact: ModelArtifact, image: ContainerImage = TRITON) -> SingleModel:
    return SingleModel(new_stack(), "Model", container=Container(image=image, artifact=artifact))


def multi(image: ContainerImage = TRITON) -> MultiModel:
    stack = new_stack()
    return MultiModel(stack, "Model", container=Container(image=image, models=ModelStore(stack, "Store")))


def test_fails_on_instances_without_a_gpu(on_gpus: ModelArtifact) -> None:
    stack = new_stack()
    model = SingleModel(stack, "Model", container=Container(image=TRITON, artifact=on_gpus))
    with refused(NO_GPU.format("ml.c6i.large")):
        RealtimeEndpoint(stack, "Endpoint", model=model, fleet=Fleet(instance_type="ml.c6i.large"))
    RealtimeEndpoint(stack, "Endpoint", model=model, fleet=Fleet(instance_type="ml.g6.xlarge"))


def test_fails_on_chips_that_are_no_gpus(on_gpus: ModelArtifact) -> None:
    with refused(NO_GPU.format("ml.inf2.xlarge")):
        single(on_gpus).check_fleet(instance("ml.inf2.xlarge"))


def test_fails_in_an_image_for_the_processor(on_gpus: ModelArtifact) -> None:
    with refused(CPU_IMAGE):
        single(on_gpus, ON_CPUS).check_fleet(instance("ml.g5.xlarge"))


def test_a_gpu_by_its_number_asks_for_as_many(tmp_path: Path) -> None:
    third = single(ensemble(tmp_path, TritonInstances.gpu(gpus=[0, 2])))
    third.check_fleet(instance("ml.g5.12xlarge"))
    with refused(
        "Fleet instance_type must have at least 3 GPUs for TritonModel 'second', got ml.g5.xlarge: the Triton server does not "
        "load it there"
    ):
        third.check_fleet(instance("ml.g5.xlarge"))
    # Newer than this library: nobody knows how many it has.
    third.check_fleet(instance("ml.g9.48xlarge"))


def test_tensorrt_needs_a_gpu_wherever_its_copies_are(tmp_path: Path) -> None:
    engine = tmp_path / "model.plan"
    engine.touch()
    model = python_model(tmp_path, "second", backend=TritonBackend.TENSORRT, versions={1: engine})
    with refused(NO_GPU.format("ml.c6i.large")):
        single(TritonRepository([model]).artifact()).check_fleet(instance("ml.c6i.large"))


@pytest.mark.parametrize("where", [None, TritonInstances.cpu(), TritonInstances.auto(2), TritonInstances.by_model()])
@pytest.mark.parametrize("image", [TRITON, ON_CPUS, ContainerImage.from_uri(IMAGE)])
def test_other_copies_run_on_the_processor_too(
    tmp_path: Path, where: TritonInstances | None, image: ContainerImage
) -> None:
    artifact = ensemble(tmp_path, *([] if where is None else [where]))
    assert artifact.gpu_need is None
    single(artifact, image).check_fleet(instance("ml.c6i.large"))


def test_the_instance_type_may_be_a_token(on_gpus: ModelArtifact) -> None:
    single(on_gpus).check_fleet(instance(text_token(new_stack())))


def test_the_version_of_the_image_may_be_a_token(on_gpus: ModelArtifact) -> None:
    version = text_token(new_stack())
    single(on_gpus, ContainerImage.triton(version)).check_fleet(instance("ml.g5.xlarge"))
    with refused(CPU_IMAGE):
        single(on_gpus, ContainerImage.triton(version, gpu=False)).check_fleet(instance("ml.g5.xlarge"))


def test_fails_when_the_model_lies_in_a_store(on_gpus: ModelArtifact) -> None:
    model = multi()
    model.add_model("ranker", on_gpus)
    with refused(NO_GPU.format("ml.c6i.large")):
        model.check_fleet(instance("ml.c6i.large"))
    model.check_fleet(instance("ml.g5.xlarge"))


def test_fails_when_the_model_is_added_after_the_endpoint(on_gpus: ModelArtifact, tmp_path: Path) -> None:
    model = multi()
    model.check_fleet(instance("ml.c6i.large"))
    model.add_model("other", ensemble(tmp_path / "other"))
    with refused(NO_GPU.format("ml.c6i.large")):
        model.add_model("ranker", on_gpus)
    with refused(CPU_IMAGE):
        after = multi(ON_CPUS)
        after.check_fleet(instance("ml.g5.xlarge"))
        after.add_model("ranker", on_gpus)


def test_fails_when_a_container_of_several_has_the_model(on_gpus: ModelArtifact) -> None:
    second = Container(image=TRITON, artifact=on_gpus)
    model = PipelineModel(new_stack(), "Model", containers=[container(), second])
    with refused(NO_GPU.format("ml.c6i.large")):
        model.check_fleet(instance("ml.c6i.large"))
    model.check_fleet(instance("ml.g5.xlarge"))


def test_fails_where_the_pattern_has_no_gpus(on_gpus: ModelArtifact) -> None:
    stack = new_stack()
    model = SingleModel(stack, "Model", container=Container(image=TRITON, artifact=on_gpus))
    with refused(
        "SingleModel artifact must need no GPU for a serverless endpoint, got TritonModel 'second' on GPUs: serverless "
        "endpoints have no GPUs"
    ):
        ServerlessEndpoint(stack, "Endpoint", model=model)


def test_gpus_that_an_image_cannot_use_are_warned_about(tmp_path: Path) -> None:
    artifact = ensemble(tmp_path)
    (advice,) = single(artifact, ON_CPUS).fleet_advice(instance("ml.g5.xlarge"))
    assert advice.id == "idleGpus"
    assert advice.text == (
        "no GPU of ml.g5.xlarge is used: the image of ContainerImage.triton with gpu=False is built without them"
    )
    assert single(artifact, ON_CPUS).fleet_advice(instance("ml.c6i.large")) == []
    assert single(artifact).fleet_advice(instance("ml.g5.xlarge")) == []
    shared = [container(), Container(image=ON_CPUS, artifact=artifact)]
    assert PipelineModel(new_stack(), "Model", containers=shared).fleet_advice(instance("ml.g5.xlarge")) == []
