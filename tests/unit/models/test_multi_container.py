import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

from cdk_model_hosting import Container, ModelStore, MultiContainerModel
from cdk_model_hosting.patterns import Pattern
from tests.unit.builders import IMAGE, container, new_stack, only, refused, text_token


def several(stack: cdk.Stack, *containers: Container) -> MultiContainerModel:
    return MultiContainerModel(stack, "Model", containers=containers)


def test_requests_choose_between_the_containers() -> None:
    stack = new_stack()
    model = several(stack, container(hostname="fraud"), container(hostname="ads"))
    rendered = only(stack, "AWS::SageMaker::Model")
    assert rendered["InferenceExecutionConfig"] == {"Mode": "Direct"}
    assert rendered["Containers"] == [
        {"Image": IMAGE, "ContainerHostname": "fraud"},
        {"Image": IMAGE, "ContainerHostname": "ads"},
    ]
    assert (model.pattern, model.hostnames) == (Pattern.MULTI_CONTAINER, ("fraud", "ads"))


def test_fails_when_there_is_one_container() -> None:
    with refused(
        "MultiContainerModel containers must have 2-15 containers, got 1: a model with several containers has at least two, and "
        "SageMaker places at most 15 on one instance"
    ):
        several(new_stack(), container(hostname="fraud"))


def test_fails_when_a_container_has_no_name() -> None:
    with refused(
        "MultiContainerModel container hostname must be given to all containers, got 1 of 2 without one: each request names the "
        "container that answers it"
    ):
        several(new_stack(), container(hostname="fraud"), container())


def test_fails_when_two_containers_have_one_name() -> None:
    with refused(
        "MultiContainerModel container hostname must be unique in its model, got 'fraud' twice: requests, logs and metrics tell "
        "containers apart by it"
    ):
        several(new_stack(), container(hostname="fraud"), container(hostname="fraud"))


def test_names_may_be_tokens() -> None:
    stack = new_stack()
    model = several(stack, container(hostname=text_token(stack)), container(hostname="ads"))
    assert stack.resolve(model.hostnames[0]) == {"Ref": "Text"}


def test_fails_when_a_container_loads_models_on_request() -> None:
    stack = new_stack()
    store = ModelStore(stack, "Store", bucket=s3.Bucket.from_bucket_name(stack, "Bucket", "models"))
    with refused(
        "MultiContainerModel containers must have no models of a store, got 1 with them: SageMaker invokes containers of one "
        "model each directly; use PipelineModel or MultiModel"
    ):
        several(stack, container(hostname="fraud"), container(hostname="ads", models=store))
