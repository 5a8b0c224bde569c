from pathlib import Path
from typing import Any

import pytest

from cdk_model_hosting import ModelArtifact, TritonBackend, TritonInstances, TritonRepository
from cdk_model_hosting.kubernetes.pod_size import PodSize
from cdk_model_hosting.kubernetes.servers.model_server import ModelServer
from tests.unit.builders import new_stack, refused, resources, text_token
from tests.unit.kubernetes import made
from tests.unit.kubernetes.schemas import VERSIONS, assert_valid
from tests.unit.kubernetes.serving import TRITON, add_ons, container, objects, pod, prefix, serving
from tests.unit.models.triton.builders import CODE, chain, python_model


def triton(repository: TritonRepository | ModelArtifact, **options: Any) -> ModelServer:
    return ModelServer.triton(**{"image": TRITON, "repository": repository, **options})


@pytest.mark.parametrize("version", VERSIONS)
def test_a_repository_that_is_uploaded(version: str, tmp_path: Path) -> None:
    repository = TritonRepository([chain(python_model(tmp_path))])
    server = serving(server=triton(repository), version=version)
    found = container(server)

    assert_valid(made.manifests(server), version)
    assert (found["image"], found["command"]) == (TRITON, ["tritonserver"])
    assert found["args"] == [
        "--model-repository=/models",
        "--model-control-mode=explicit",
        "--load-model=ranker",
        "--load-model=scale",
        "--http-port=8000",
        "--grpc-port=8001",
        "--metrics-port=8002",
        "--exit-timeout-secs=60",
        "--metrics-config=summary_latencies=true",
    ]
    assert found["readinessProbe"]["httpGet"] == {"path": "/v2/health/ready", "port": "http"}
    assert found["startupProbe"]["httpGet"] == {"path": "/v2/health/ready", "port": "http"}
    assert found["livenessProbe"]["httpGet"] == {"path": "/v2/health/live", "port": "http"}
    download, unpack = pod(server)["initContainers"]
    address = download["command"][6]
    assert address.startswith("s3://<cdk-hnb659fds-assets-") or "<token>" in address
    assert unpack["image"] == TRITON
    # Triton answers what it has begun by itself, once nobody asks any more.
    assert found["lifecycle"]["preStop"]["sleep"]["seconds"] == 10
    assert pod(server)["terminationGracePeriodSeconds"] == 90


def test_its_ports_for_models_and_its_port_for_prometheus() -> None:
    cluster = made.cluster()
    add_ons(cluster)
    server = serving(cluster=cluster, server=triton(prefix(cluster)))
    found = objects(server)

    assert server.address == "http://ranker.models.svc:8000"
    assert [(each["name"], each["port"]) for each in found["Service"]["spec"]["ports"]] == [
        ("http", 8000),
        ("grpc", 8001),
    ]
    annotations = found["Deployment"]["spec"]["template"]["metadata"]["annotations"]
    assert (annotations["prometheus.io/port"], annotations["prometheus.io/path"]) == ("8002", "/metrics")
    (reader,) = found["NetworkPolicy"]["spec"]["ingress"]
    assert reader["ports"] == [{"port": 8002, "protocol": "TCP"}]


def test_it_may_read_its_models_and_nothing_else() -> None:
    cluster = made.cluster()
    serving(cluster=cluster, server=triton(prefix(cluster)))

    (role,) = [each for name, each in resources(cluster, "AWS::IAM::Role").items() if name.startswith("Ranker")]
    (policy,) = role["Properties"]["Policies"]
    read, find = policy["PolicyDocument"]["Statement"]
    assert (read["Action"], find["Action"]) == ("s3:GetObject", "s3:ListBucket")
    assert read["Resource"] == {"Fn::Sub": "arn:${AWS::Partition}:s3:::models/ranker/7/*"}
    assert find["Condition"] == {"StringLike": {"s3:prefix": ["ranker/7/*"]}}


def test_named_models_alone_are_loaded() -> None:
    def arguments(**options: Any) -> list[str]:
        cluster = made.cluster()
        return list(container(serving(cluster=cluster, server=triton(prefix(cluster), **options)))["args"])

    assert "--load-model=*" in arguments()
    some = arguments(models=["a"], arguments=["--log-verbose=1"])
    assert [each for each in some if each.startswith("--load-model")] == ["--load-model=a"]
    assert some[-1] == "--log-verbose=1"


def test_another_model_is_another_pod(tmp_path: Path) -> None:
    def url(folder: str, text: str) -> Any:
        file = tmp_path / folder / "model.py"
        file.parent.mkdir()
        file.write_text(text, encoding="utf-8")
        repository = TritonRepository([python_model(tmp_path, versions={1: file})])
        manifest = next(
            each["Properties"]["Manifest"]
            for each in made.template(serving(server=triton(repository)))["Resources"].values()
            if each["Type"] == made.MANIFEST and "tritonserver" in str(each["Properties"]["Manifest"])
        )
        return str(manifest)

    first, same, other = url("a", f"{CODE}x = 1\n"), url("b", f"{CODE}x = 1\n"), url("c", f"{CODE}x = 2\n")
    assert first == same
    assert first != other


def test_fails_when_a_model_needs_more_gpus(tmp_path: Path) -> None:
    model = python_model(tmp_path, instances=[TritonInstances.gpu(gpus=[0, 1])])
    with refused(
        "PodSize gpus must be at least the 2 that TritonModel 'scale' is placed on, got 1: the model would not load"
    ):
        serving(server=triton(TritonRepository([model])))
    serving(server=triton(TritonRepository([model])), pod=PodSize(gpus=2))


def test_an_artifact_of_a_repository_knows_its_gpus_too(tmp_path: Path) -> None:
    model = python_model(tmp_path, instances=[TritonInstances.gpu(gpus=[0, 1])])
    with refused(
        "PodSize gpus must be at least the 2 that TritonModel 'scale' is placed on, got 1: the model would not load"
    ):
        serving(server=triton(TritonRepository([model]).artifact()))


def test_fails_when_a_model_is_not_there(tmp_path: Path) -> None:
    repository = TritonRepository([python_model(tmp_path)])
    with refused(
        "ModelServer.triton models must be of the repository, got 'ranker', which is none of 'scale': the server would not start"
    ):
        triton(repository, models=["ranker"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"repository": "s3://models/x"},
            (
                "ModelServer.triton repository must be a TritonRepository or ModelArtifact, got 's3://models/x': nothing else is understood "
                "there"
            ),
        ),
        (
            {"models": "ranker"},
            "ModelServer.triton models must be a list or tuple, got 'ranker': nothing else is understood there",
        ),
        (
            {"arguments": "--verbose"},
            "ModelServer.triton arguments must be a list or tuple, got '--verbose': nothing else is understood there",
        ),
    ],
)
def test_fails_when_an_option_is_wrong(options: dict[str, Any], message: str) -> None:
    with refused(message):
        triton(**{"repository": prefix(new_stack()), **options})


def test_tokens_pass() -> None:
    stack = new_stack()
    cluster = made.cluster(stack)
    server = triton(prefix(stack), image=text_token(stack, "Image"), models=[text_token(stack, "Model")])
    serving(cluster=cluster, server=server)

    (workload,) = [
        each["Properties"]["Manifest"]["Fn::Join"][1]
        for each in made.template(stack)["Resources"].values()
        if each["Type"] == made.MANIFEST and "Deployment" in str(each["Properties"]["Manifest"])
    ]
    assert {"Ref": "Image"} in workload
    assert {"Ref": "Model"} in workload


def test_backends_without_gpus_fit_anywhere(tmp_path: Path) -> None:
    model = python_model(tmp_path, backend=TritonBackend.PYTHON, instances=[TritonInstances.cpu()])
    assert container(serving(server=triton(TritonRepository([model]))))["name"] == "server"
