from typing import Any

import pytest

from cdk_model_hosting.kubernetes.pod_size import PodSize
from cdk_model_hosting.kubernetes.scheduling import Taint
from tests.unit.builders import new_stack, number_token, refused, text_token
from tests.unit.kubernetes import made
from tests.unit.kubernetes.groups import group
from tests.unit.kubernetes.serving import pod, serving


def test_neuron_devices() -> None:
    spec = pod(serving(pod=PodSize(gpus=2, accelerator="neuron")))

    assert spec["containers"][0]["resources"]["limits"]["aws.amazon.com/neuron"] == 2
    assert spec["nodeSelector"] == {"model-hosting/accelerator": "neuron"}
    assert [each["key"] for each in spec["tolerations"]] == ["aws.amazon.com/neuron"]


def test_a_group_that_is_given_itself() -> None:
    cluster = made.cluster()
    large = group("Large", cluster=cluster, instance_types=["g5.12xlarge"], taints=[Taint(key="team", value="search")])
    spec = pod(serving(cluster=cluster, pod=PodSize(gpus=4, group=large)))

    assert spec["nodeSelector"] == {"model-hosting/accelerator": "nvidia", "model-hosting/group": "large"}
    assert [each["key"] for each in spec["tolerations"]] == ["nvidia.com/gpu", "team"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"gpus": 0},
            "PodSize gpus must be 1-16 devices, got 0: a pod runs on one node, and no instance has more devices",
        ),
        (
            {"accelerator": "amd"},
            "PodSize accelerator must be one of nvidia, neuron, got 'amd': nodes of this library have no other devices",
        ),
        (
            {"cpu": "two"},
            (
                "PodSize cpu must be 1-8 characters (a number such as 2 or 0.5, or thousandths such as 500m), got 'two': Kubernetes counts "
                "processors like this"
            ),
        ),
        (
            {"memory_mb": 100},
            "PodSize memory_mb must be at least 512 MB, got 100: what downloads its model needs as much",
        ),
        (
            {"shared_memory_mb": 0},
            "PodSize shared_memory_mb must be at least 1 MB, got 0: the processes of a server exchange tensors there",
        ),
        (
            {"memory_mb": 1024, "shared_memory_mb": 1024},
            "PodSize shared_memory_mb must be less than the 1024 of memory_mb, got 1024: shared memory is part of the pod's memory",
        ),
        (
            {"ephemeral_gb": 0},
            (
                "PodSize ephemeral_gb must be at least 1 GB, got 0: models, caches and logs lie there, and Kubernetes evicts a pod that writes "
                "more"
            ),
        ),
        (
            {"group": 7},
            "PodSize group must be a GpuNodeGroup or GpuNodePool or str, got 7: nothing else is understood there",
        ),
    ],
)
def test_fails_when_a_number_is_outside_its_range(options: dict[str, Any], message: str) -> None:
    with refused(message):
        PodSize(**options)


def test_fails_when_the_group_has_other_devices() -> None:
    with refused("PodSize group must have neuron devices, got 'gpu' with nvidia: the pod would never run"):
        PodSize(accelerator="neuron", group=group())


def test_tokens_pass() -> None:
    stack = new_stack()
    cluster = made.cluster(stack)
    numbers = ("gpus", "memory_mb", "shared_memory_mb", "ephemeral_gb")
    size: dict[str, Any] = {name: number_token(stack, name.replace("_", "")) for name in numbers}
    size |= {name: text_token(stack, name) for name in ("cpu", "group")}
    serving(cluster=cluster, pod=PodSize(**size))

    (workload,) = [
        each["Properties"]["Manifest"]["Fn::Join"][1]
        for each in made.template(stack)["Resources"].values()
        if each["Type"] == made.MANIFEST and "Deployment" in str(each["Properties"]["Manifest"])
    ]
    for name in ("gpus", "memorymb", "sharedmemorymb", "ephemeralgb", "cpu", "group"):
        assert {"Ref": name} in workload
    # A number of devices stays one, and memory gets its unit.
    assert workload[workload.index({"Ref": "gpus"}) - 1].endswith('"nvidia.com/gpu":')
    assert workload[workload.index({"Ref": "memorymb"}) + 1].startswith('Mi"')
