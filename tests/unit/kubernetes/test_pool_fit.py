"""Pods that no instance of their pool could run."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_model_hosting.kubernetes.device_plugin import DevicePlugin
from cdk_model_hosting.kubernetes.gpu_sharing import GpuSharing
from cdk_model_hosting.kubernetes.pod_fit import check_fit
from cdk_model_hosting.kubernetes.pod_size import PodSize
from tests.unit.builders import number_token, refused, text_token
from tests.unit.kubernetes.pools import auto_mode, cluster_with_karpenter, pool

SMALL: dict[str, Any] = {"instance_types": ["g5.xlarge"]}
TOO_SMALL = (
    "PodSize group must have an instance type that the pod fits on, got 'gpu-spot' of g5.xlarge with 1 devices, 3.92 processors, 14162 MB of "
    "memory, 170 GB of disk for pods: the pod asks for {asked}"
)


@pytest.mark.parametrize(
    ("size", "asked"),
    [
        ({"gpus": 2}, "2 devices, 2 processors, 8192 MB of memory, 20 GB of disk"),
        ({"cpu": "3950m"}, "1 devices, 3.95 processors, 8192 MB of memory, 20 GB of disk"),
        ({"memory_mb": 14_163}, "1 devices, 2 processors, 14163 MB of memory, 20 GB of disk"),
        ({"ephemeral_gb": 171}, "1 devices, 2 processors, 8192 MB of memory, 171 GB of disk"),
    ],
)
def test_fails_when_no_instance_of_the_pool_has_so_much(size: dict[str, Any], asked: str) -> None:
    cluster = cluster_with_karpenter()
    here = pool(cluster, **SMALL)
    with refused(TOO_SMALL.format(asked=asked)):
        check_fit(cluster, PodSize(group=here, **size))


def test_what_an_instance_has_fits() -> None:
    cluster = cluster_with_karpenter()
    here = pool(cluster, disk_gb=100, **SMALL)
    check_fit(cluster, PodSize(group=here, cpu="3.92", memory_mb=14_162, ephemeral_gb=85))


def test_fails_when_each_instance_has_too_little_of_something() -> None:
    cluster = cluster_with_karpenter()
    here = pool(cluster, instance_types=["g5.xlarge", "g4dn.12xlarge"])
    check_fit(cluster, PodSize(group=here, gpus=4))
    with refused(
        "PodSize group must have an instance type that the pod fits on, got 'gpu-spot' of g5.xlarge with 1 devices, 3.92 processors, 14162 MB "
        "of memory, 170 GB of disk and g4dn.12xlarge with 4 devices, 47.81 processors, 173400 MB of memory, 170 GB of disk for pods: the pod "
        "asks for 8 devices, 2 processors, 8192 MB of memory, 20 GB of disk"
    ):
        check_fit(cluster, PodSize(group=here, gpus=8))


def test_nodes_of_eks_have_a_disk_of_their_own() -> None:
    cluster = auto_mode()
    here = pool(cluster, **SMALL)
    check_fit(cluster, PodSize(group=here, ephemeral_gb=500))
    with refused(
        TOO_SMALL.format(asked="2 devices, 2 processors, 8192 MB of memory, 20 GB of disk").replace(
            ", 170 GB of disk", ""
        )
    ):
        check_fit(cluster, PodSize(group=here, gpus=2))


def test_a_family_has_instances_of_any_size() -> None:
    cluster = cluster_with_karpenter()
    check_fit(cluster, PodSize(group=pool(cluster), gpus=8, cpu="90"))


def test_an_instance_that_is_not_known_may_have_enough() -> None:
    cluster = cluster_with_karpenter()
    later = pool(cluster, instance_types=["g5.xlarge", text_token(cluster, "Type")])
    check_fit(cluster, PodSize(group=later, gpus=8, cpu="90", memory_mb=300_000))


def test_tokens_pass() -> None:
    cluster = cluster_with_karpenter()
    here = pool(cluster, disk_gb=number_token(cluster, "Disk"), **SMALL)
    number: Any = number_token(cluster, "Number")
    check_fit(
        cluster, PodSize(group=here, gpus=number, cpu=text_token(cluster, "Cpu"), memory_mb=number, ephemeral_gb=500)
    )


def test_turns_are_more_than_gpus() -> None:
    cluster = cluster_with_karpenter()
    here = pool(cluster, instance_types=["p4d.24xlarge"])
    DevicePlugin(cluster, "Plugin", cluster=cluster, sharing=GpuSharing.mig("single"))
    check_fit(cluster, PodSize(group=here, gpus=16))
