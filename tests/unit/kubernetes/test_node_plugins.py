"""What runs on nodes with accelerators beside NVIDIA's device plugin."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_model_hosting.kubernetes.dcgm_exporter import DcgmExporter
from cdk_model_hosting.kubernetes.efa_plugin import EfaPlugin
from cdk_model_hosting.kubernetes.neuron_plugin import NeuronPlugin
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from tests.unit.builders import refused
from tests.unit.kubernetes import made
from tests.unit.kubernetes.groups import group, rendered

ALL = [{"operator": "Exists"}]


def values(kind: Any, release: str, **options: Any) -> dict[str, Any]:
    cluster = made.cluster(**options)
    kind(cluster, "AddOn", cluster=cluster)
    found: dict[str, Any] = made.charts(cluster)[release]["Values"]
    return found


def test_gpus_are_watched_whatever_taints_their_nodes_have() -> None:
    found = values(DcgmExporter, "dcgm-exporter")

    assert found["tolerations"] == ALL
    assert found["nodeSelector"] == {"nvidia.com/gpu.present": "true"}
    assert found["podAnnotations"] == {"prometheus.io/port": "9400", "prometheus.io/scrape": "true"}
    assert found["serviceMonitor"] == {"enabled": False}


def test_the_neuron_plugin_alone() -> None:
    found = values(NeuronPlugin, "neuron-helm-chart")

    assert found.pop("devicePlugin") == {"tolerations": ALL}
    assert set(found) == {"draDriver", "npd", "scheduler"}
    assert all(each == {"enabled": False} for each in found.values())


def test_fails_when_eks_brings_the_neuron_plugin() -> None:
    cluster = made.cluster(node_scaling=NodeScaling.AUTO_MODE)
    with refused(
        "NeuronPlugin cluster must not have NodeScaling.AUTO_MODE, got one that has: EKS brings the device plugin with its nodes"
    ):
        NeuronPlugin(cluster, "NeuronPlugin", cluster=cluster)


def test_adapters_are_offered_where_a_group_has_them() -> None:
    found = values(EfaPlugin, "aws-efa-k8s-device-plugin")
    (label,) = found["supportedInstanceLabels"]["keys"]

    fabric = group(instance_types=["p4d.24xlarge"], zones=["eu-west-1a"], efa=True)
    assert [rendered(fabric)["Labels"][label]] == found["supportedInstanceLabels"]["values"]
    assert found["tolerations"] == ALL


@pytest.mark.parametrize("scaling", [NodeScaling.KARPENTER, NodeScaling.AUTO_MODE])
def test_adapters_are_offered_wherever_a_pod_can_have_asked_for_them(scaling: NodeScaling) -> None:
    # Without a word the chart takes all types that can have adapters.
    assert values(EfaPlugin, "aws-efa-k8s-device-plugin", node_scaling=scaling) == {"tolerations": ALL}


@pytest.mark.parametrize("kind", [DcgmExporter, EfaPlugin, NeuronPlugin])
def test_the_cluster_knows_who_does_it(kind: Any) -> None:
    cluster = made.cluster()

    assert cluster.claimed(kind.CLAIM) is None
    assert kind(cluster, "AddOn", cluster=cluster) is cluster.claimed(kind.CLAIM)
