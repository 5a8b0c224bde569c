"""Which instances a multi-model container is refused on, and which it is warned about."""

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from cdk_model_hosting import Architecture, Container, ContainerImage, Model, ModelStore, MultiModel, PipelineModel
from cdk_model_hosting.instances import InstanceType, instance
from tests.unit.builders import IMAGE, container, new_stack, refused, single, text_token

XGBOOST = ContainerImage.xgboost("1.7-1")
TRITON = ContainerImage.triton("25.09")
OWN = ContainerImage.from_uri(IMAGE)


def multi(image: ContainerImage) -> MultiModel:
    stack = new_stack()
    return MultiModel(stack, "Model", container=on_request(stack, image))


def on_request(stack: cdk.Stack, image: ContainerImage) -> Container:
    store = ModelStore(stack, "Store", bucket=s3.Bucket.from_bucket_name(stack, "Bucket", "models"))
    return Container(image=image, models=store)


def pipeline(image: ContainerImage) -> PipelineModel:
    stack = new_stack()
    first = Container(image=ContainerImage.from_uri(IMAGE, architecture=Architecture.X86_64))
    return PipelineModel(stack, "Model", containers=[first, on_request(stack, image)])


@pytest.mark.parametrize("name", ["ml.c6i.large", "ml.m5d.xlarge", "ml.t2.medium", "ml.c9z.xlarge"])
@pytest.mark.parametrize("image", [XGBOOST, TRITON, OWN])
def test_every_cpu_instance_will_do(image: ContainerImage, name: str) -> None:
    model = multi(image)
    model.check_fleet(instance(name))
    assert model.fleet_advice(instance(name)) == []


@pytest.mark.parametrize("name", ["ml.g5.xlarge", "ml.g5.16xlarge", "ml.g4dn.8xlarge", "ml.p3.2xlarge", "ml.p2.xlarge"])
@pytest.mark.parametrize("image", [TRITON, OWN])
def test_a_single_gpu_will_do_for_triton_and_for_images_of_ones_own(image: ContainerImage, name: str) -> None:
    model = multi(image)
    model.check_fleet(instance(name))
    assert model.fleet_advice(instance(name)) == []


@pytest.mark.parametrize("name", ["ml.g6.xlarge", "ml.g6e.2xlarge", "ml.g7.2xlarge", "ml.g7e.4xlarge", "ml.p5.4xlarge"])
def test_a_single_gpu_that_aws_does_not_list_is_warned_about(name: str) -> None:
    model = multi(TRITON)
    model.check_fleet(instance(name))
    (advice,) = model.fleet_advice(instance(name))
    assert advice.id == "unlistedMultiModelInstance"
    assert advice.text == (
        f"{name} may be refused for models that are loaded on request: AWS asks for instances with a single GPU, and lists "
        "those of g4dn, g5, p2, p3"
    )


@pytest.mark.parametrize(
    "name", ["ml.g5.12xlarge", "ml.p4d.24xlarge", "ml.inf1.xlarge", "ml.inf2.xlarge", "ml.dl1.24xlarge"]
)
def test_fails_on_several_gpus_and_on_other_chips(name: str) -> None:
    with refused(
        f"Fleet instance_type must have no accelerator or a single GPU for MultiModel, got {name}: SageMaker loads models on "
        "request on no other instances"
    ):
        multi(OWN).check_fleet(instance(name))
    assert multi(OWN).fleet_advice(instance(name)) == []


def test_a_gpu_instance_that_is_newer_than_this_library_is_not_refused() -> None:
    model = multi(TRITON)
    newer: InstanceType = instance("ml.g9.xlarge")
    assert newer.single_gpu is None
    model.check_fleet(newer)
    assert len(model.fleet_advice(newer)) == 1


@pytest.mark.parametrize(
    ("image", "published"),
    [
        (XGBOOST, "sagemaker-xgboost:1.7-1"),
        (ContainerImage.scikit_learn("1.4-2"), "sagemaker-scikit-learn:1.4-2-cpu-py3"),
        (ContainerImage.deep_learning("pytorch-inference", "2.6.0-gpu"), "pytorch-inference:2.6.0-gpu"),
    ],
)
def test_fails_when_a_published_image_without_triton_is_to_load_into_a_gpu(
    image: ContainerImage, published: str
) -> None:
    with refused(
        f"MultiModel image must run Triton on ml.g5.xlarge, got {published}: SageMaker loads models into a GPU by Triton's "
        "container only; use ContainerImage.triton, or CPU instances"
    ):
        multi(image).check_fleet(instance("ml.g5.xlarge"))


def test_the_container_of_a_pipeline_that_loads_models_is_held_to_the_same() -> None:
    with refused(
        "PipelineModel image must run Triton on ml.g5.xlarge, got sagemaker-xgboost:1.7-1: SageMaker loads models into a GPU by "
        "Triton's container only; use ContainerImage.triton, or CPU instances"
    ):
        pipeline(XGBOOST).check_fleet(instance("ml.g5.xlarge"))
    pipeline(TRITON).check_fleet(instance("ml.g5.xlarge"))
    assert len(pipeline(TRITON).fleet_advice(instance("ml.g6.xlarge"))) == 1


def test_an_instance_type_may_be_a_token() -> None:
    stack = new_stack()
    machine = instance(text_token(stack))
    model = MultiModel(stack, "Model", container=on_request(stack, XGBOOST))
    model.check_fleet(machine)
    assert model.fleet_advice(machine) == []


@pytest.mark.parametrize("name", ["ml.g5.12xlarge", "ml.inf1.xlarge", "ml.g6.xlarge"])
def test_models_that_are_loaded_at_the_start_run_anywhere(name: str) -> None:
    stack = new_stack()
    two: Model = PipelineModel(stack, "Pipeline", containers=[container(), container()])
    for model in (single(stack), two, Model.from_model_name(stack, "Imported", "fraud")):
        model.check_fleet(instance(name))
        assert model.fleet_advice(instance(name)) == []


def test_images_know_whether_they_run_triton() -> None:
    assert (TRITON.is_triton, TRITON.published_as) == (True, "sagemaker-tritonserver:25.09-py3")
    assert ContainerImage.deep_learning("sagemaker-tritonserver", "25.09-py3").is_triton is True
    assert (XGBOOST.is_triton, OWN.is_triton, OWN.published_as) == (False, None, None)
