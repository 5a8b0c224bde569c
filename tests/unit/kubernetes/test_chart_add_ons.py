"""What all add-ons have in common that Helm charts install."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_model_hosting.kubernetes import charts
from cdk_model_hosting.kubernetes.argo_rollouts import ArgoRollouts
from cdk_model_hosting.kubernetes.chart import Chart
from cdk_model_hosting.kubernetes.charts import Pin
from cdk_model_hosting.kubernetes.cluster_autoscaler import ClusterAutoscaler
from cdk_model_hosting.kubernetes.dcgm_exporter import DcgmExporter
from cdk_model_hosting.kubernetes.device_plugin import DevicePlugin
from cdk_model_hosting.kubernetes.efa_plugin import EfaPlugin
from cdk_model_hosting.kubernetes.karpenter import Karpenter
from cdk_model_hosting.kubernetes.keda import Keda
from cdk_model_hosting.kubernetes.kueue import Kueue
from cdk_model_hosting.kubernetes.neuron_plugin import NeuronPlugin
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.prometheus import Prometheus
from tests.unit.builders import new_stack, refused
from tests.unit.kubernetes import made
from tests.unit.kubernetes.chart_values import KNOWN, unknown

PINS = {name: each for name, each in vars(charts).items() if isinstance(each, Pin)}
ADD_ONS: dict[Any, Pin] = {
    ArgoRollouts: charts.ARGO_ROLLOUTS,
    ClusterAutoscaler: charts.CLUSTER_AUTOSCALER,
    DcgmExporter: charts.DCGM_EXPORTER,
    DevicePlugin: charts.DEVICE_PLUGIN,
    EfaPlugin: charts.EFA_PLUGIN,
    Karpenter: charts.KARPENTER,
    Keda: charts.KEDA,
    Kueue: charts.KUEUE,
    NeuronPlugin: charts.NEURON_PLUGIN,
    Prometheus: charts.PROMETHEUS,
}
SCALING = {ClusterAutoscaler: NodeScaling.CLUSTER_AUTOSCALER, Karpenter: NodeScaling.KARPENTER}
each_add_on = pytest.mark.parametrize("kind", ADD_ONS, ids=[each.__name__ for each in ADD_ONS])


def cluster_for(kind: Any, **options: Any) -> Any:
    return made.cluster(node_scaling=SCALING.get(kind, NodeScaling.NONE), **options)


@each_add_on
def test_the_pinned_chart_is_installed_with_values_that_it_knows(kind: Any) -> None:
    cluster = cluster_for(kind)
    add_on = kind(cluster, "AddOn", cluster=cluster)

    chart = ADD_ONS[kind].chart
    installed = made.charts(cluster)[chart.release_name]
    assert add_on.namespace == installed["Namespace"] == chart.namespace
    assert (installed["Chart"], installed["Repository"], installed["Version"]) == (
        chart.name,
        chart.repository,
        chart.version,
    )
    assert installed["Wait"] is True
    assert unknown(chart.name, installed["Values"]) == []


@each_add_on
def test_what_needs_it_waits_for_it(kind: Any) -> None:
    cluster = cluster_for(kind)
    add_on = kind(cluster, "AddOn", cluster=cluster)
    cluster.apply(
        cluster, "Custom", [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}], after=[add_on.ready]
    )

    (custom,) = [
        each
        for name, each in made.template(cluster)["Resources"].items()
        if each["Type"] == made.MANIFEST and "Custom" in name
    ]
    assert any(name.startswith("ClusterAddOnChart") for name in custom["DependsOn"])


@each_add_on
def test_a_copy_of_the_chart_may_be_given(kind: Any) -> None:
    cluster = cluster_for(kind)
    mirror = Chart(
        name=ADD_ONS[kind].chart.name, repository="https://charts.example.com", version="9.9.9", namespace="own"
    )
    kind(cluster, "AddOn", cluster=cluster, chart=mirror)

    installed = made.charts(cluster)[mirror.release_name]
    assert (installed["Repository"], installed["Version"], installed["Namespace"]) == (
        "https://charts.example.com",
        "9.9.9",
        "own",
    )


@each_add_on
def test_fails_when_the_cluster_has_it_already(kind: Any) -> None:
    cluster = cluster_for(kind)
    kind(cluster, "One", cluster=cluster)
    what = "node scaling" if kind in SCALING else kind.CLAIM
    with refused(
        f"Stack/Cluster/Two must not own the {what} of a cluster, got one that Stack/Cluster/One owns: a cluster has one"
    ):
        kind(cluster, "Two", cluster=cluster)


@each_add_on
def test_fails_when_an_argument_is_of_another_kind(kind: Any) -> None:
    cluster = cluster_for(kind)
    with refused(f"{kind.__name__} chart must be a Chart, got '1.0.0': nothing else is understood there"):
        kind(cluster, "AddOn", cluster=cluster, chart="1.0.0")
    with refused(f"{kind.__name__} cluster must be a ServingCluster, got 'models': nothing else is understood there"):
        kind(new_stack(), "AddOn", cluster="models")


@pytest.mark.parametrize("pin", PINS.values(), ids=PINS)
def test_pins_are_releases_whose_values_were_read(pin: Pin) -> None:
    assert "-" not in pin.chart.version
    assert pin.source.startswith("https://")
    assert KNOWN[pin.chart.name][0].startswith("https://")


def test_a_value_that_a_chart_does_not_know_is_found() -> None:
    assert unknown("kueue", {"controllerManager": {"replica": 2, "replicas": 2}}) == ["controllerManager.replica"]
