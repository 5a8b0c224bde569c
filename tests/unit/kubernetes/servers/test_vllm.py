from typing import Any

import pytest

from cdk_model_hosting.kubernetes.device_plugin import DevicePlugin
from cdk_model_hosting.kubernetes.gpu_sharing import GpuSharing
from cdk_model_hosting.kubernetes.pod_size import PodSize
from cdk_model_hosting.kubernetes.servers.model_server import ModelServer
from cdk_model_hosting.kubernetes.servers.volumes import SecretKey
from tests.unit.builders import new_stack, number_token, refused, resources, text_token
from tests.unit.kubernetes import made
from tests.unit.kubernetes.schemas import assert_valid
from tests.unit.kubernetes.serving import VLLM, container, objects, pod, prefix, serving, warnings

MODEL = "Qwen/Qwen3-8B"


def vllm(**options: Any) -> ModelServer:
    return ModelServer.vllm(**{"image": VLLM, "model": MODEL, **options})


def variables(found: dict[str, Any]) -> dict[str, Any]:
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in found["env"]}


def test_a_model_of_hugging_face() -> None:
    server = serving(server=vllm(), pod=PodSize(gpus=4, memory_mb=65536, shared_memory_mb=16384))
    found = container(server)

    assert_valid(made.manifests(server))
    assert server.address == "http://ranker.models.svc:8000"
    assert (found["image"], found["command"]) == (VLLM, ["vllm", "serve"])
    assert found["args"] == [MODEL, "--host=0.0.0.0", "--port=8000", "--tensor-parallel-size=4"]
    assert variables(found) == {
        "HOME": "/tmp",  # noqa: S108 - a pod's own
        "USER": "server",
        "VLLM_NO_USAGE_STATS": "1",
        "HF_HOME": "/cache",
    }
    assert found["readinessProbe"]["httpGet"] == {"path": "/health", "port": "http"}
    # Half an hour, every ten seconds.
    assert found["startupProbe"]["failureThreshold"] == 180
    assert {"name": "volume-1", "emptyDir": {}} in pod(server)["volumes"]
    assert {"name": "volume-1", "mountPath": "/cache"} in found["volumeMounts"]
    assert objects(server)["Deployment"]["spec"]["template"]["metadata"]["annotations"] == {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": "8000",
        "prometheus.io/path": "/metrics",
    }
    # It may cut off what it has begun when it is told to stop: so it is told later.
    assert found["lifecycle"]["preStop"]["sleep"]["seconds"] == 70
    assert pod(server)["terminationGracePeriodSeconds"] == 90


def test_all_that_it_can_be_told() -> None:
    server = serving(
        server=vllm(
            tensor_parallel=1,
            max_model_len=8192,
            served_name="chat",
            token=SecretKey(name="hugging-face", key="token"),
            cache="downloads",
            arguments=["--enable-prefix-caching"],
            environment={"VLLM_LOGGING_LEVEL": "WARNING"},
        )
    )
    found = container(server)

    assert_valid(made.manifests(server))
    assert found["args"][3:] == [
        "--tensor-parallel-size=1",
        "--max-model-len=8192",
        "--served-model-name=chat",
        "--enable-prefix-caching",
    ]
    assert variables(found)["HF_TOKEN"] == {"secretKeyRef": {"name": "hugging-face", "key": "token"}}
    assert variables(found)["VLLM_LOGGING_LEVEL"] == "WARNING"
    claim = {"name": "volume-1", "persistentVolumeClaim": {"claimName": "downloads"}}
    assert claim in pod(server)["volumes"]


def test_a_model_from_s3() -> None:
    cluster = made.cluster()
    server = serving(cluster=cluster, server=vllm(model=prefix(cluster), served_name="chat"))
    found = container(server)

    assert found["args"][0] == "/models"
    assert variables(found)["HF_HUB_OFFLINE"] == "1"
    assert "HF_HOME" not in variables(found)
    (download,) = pod(server)["initContainers"]
    assert "s3://models/ranker/7/" in download["command"]
    (role,) = [each for name, each in resources(cluster, "AWS::IAM::Role").items() if name.startswith("Ranker")]
    (policy,) = role["Properties"]["Policies"]
    assert [each["Action"] for each in policy["PolicyDocument"]["Statement"]] == ["s3:GetObject", "s3:ListBucket"]


@pytest.mark.parametrize("spread", [1, 8])
def test_fails_when_it_is_spread_over_other_gpus(spread: int) -> None:
    with refused(
        f"ModelServer.vllm tensor_parallel must be the 4 of PodSize gpus, got {spread}: the pod has no others, and would pay for those it "
        "leaves idle"
    ):
        serving(server=vllm(tensor_parallel=spread), pod=PodSize(gpus=4))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"model": 7},
            "ModelServer.vllm model must be a str or ModelArtifact, got 7: nothing else is understood there",
        ),
        (
            {"token": "hf_x"},
            "ModelServer.vllm token must be a SecretKey, got 'hf_x': nothing else is understood there",
        ),
        (
            {"cache": "/cache"},
            (
                "ModelServer.vllm cache must be 1-253 characters (lower case letters, digits, hyphens and dots, beginning and ending with a "
                "letter or digit), got '/cache': Kubernetes takes no other name"
            ),
        ),
        (
            {"max_model_len": 0},
            "ModelServer.vllm max_model_len must be at least 1 token, got 0: it is counted in whole tokens",
        ),
        (
            {"tensor_parallel": 0},
            (
                "ModelServer.vllm tensor_parallel must be 1-16 devices, got 0: a pod runs on one node, and no instance has more devices"
            ),
        ),
        (
            {"arguments": "--fast"},
            "ModelServer.vllm arguments must be a list or tuple, got '--fast': nothing else is understood there",
        ),
        (
            {"served_name": 7},
            "ModelServer.vllm served_name must be a str, got 7: nothing else is understood there",
        ),
    ],
)
def test_fails_when_an_option_is_wrong(options: dict[str, Any], message: str) -> None:
    with refused(message):
        vllm(**options)


def test_fails_when_a_model_from_s3_has_no_name() -> None:
    with refused(
        "ModelServer.vllm served_name must be given with a model from S3, got None: requests would have to say /models"
    ):
        vllm(model=prefix(new_stack()))


def test_fails_when_hugging_face_is_not_asked() -> None:
    model = prefix(new_stack())
    token = SecretKey(name="hugging-face", key="token")
    for name, value in (("token", token), ("cache", "downloads")):
        with refused(
            f"ModelServer.vllm {name} must not be given with a model from S3, got {value!r}: nothing is asked of Hugging Face"
        ):
            vllm(model=model, served_name="chat", **{name: value})


def test_tokens_pass() -> None:
    stack = new_stack()
    cluster = made.cluster(stack)
    given: dict[str, Any] = {"tensor_parallel": "Parallel", "max_model_len": "Length"}
    given = {name: number_token(stack, parameter) for name, parameter in given.items()}
    given |= {name: text_token(stack, name) for name in ("model", "cache")}
    given["served_name"] = text_token(stack, "Served")
    serving(cluster=cluster, server=vllm(**given))

    (workload,) = [
        each["Properties"]["Manifest"]["Fn::Join"][1]
        for each in made.template(stack)["Resources"].values()
        if each["Type"] == made.MANIFEST and "Deployment" in str(each["Properties"]["Manifest"])
    ]
    for name in ("Parallel", "Length", "model", "cache", "Served"):
        assert {"Ref": name} in workload


@pytest.mark.parametrize(
    ("sharing", "arguments", "warned"),
    [
        (GpuSharing.time_slicing(replicas=2), [], True),
        (GpuSharing.time_slicing(replicas=2), ["--max-num-seqs=8"], True),
        (GpuSharing.time_slicing(replicas=2), ["--gpu-memory-utilization=0.4"], False),
        (GpuSharing.time_slicing(replicas=2), ["--gpu_memory_utilization", "0.4"], False),
        # Parts have memory of their own.
        (GpuSharing.mig("single"), [], False),
        (None, [], False),
    ],
)
def test_turns_on_a_gpu(sharing: GpuSharing | None, arguments: list[str], warned: bool) -> None:
    cluster = made.cluster()
    DevicePlugin(cluster, "Plugin", cluster=cluster, sharing=sharing)
    text = (
        "ModelServer.vllm takes nine tenths of a GPU's memory unless told otherwise, and pods take turns on each GPU: the next one finds too "
        "little and does not start; give each its part by arguments, such as '--gpu-memory-utilization=0.4'"
    )
    assert warnings(serving(cluster=cluster, server=vllm(arguments=arguments))) == ([text] if warned else [])
