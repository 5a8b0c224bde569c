from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk_model_hosting.kubernetes.chart import Chart
from tests.unit.builders import new_stack, refused, resources
from tests.unit.kubernetes import made

KEDA = Chart(name="keda", repository="https://kedacore.github.io/charts", version="2.20.0", namespace="keda")
MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "models"}}


def test_the_users_objects_are_not_changed() -> None:
    cluster = made.cluster()
    cluster.apply(cluster, "Both", [MAP])
    assert MAP["metadata"] == {"name": "a", "namespace": "models"}


def test_what_comes_after_waits() -> None:
    cluster = made.cluster()
    topic = sns.CfnTopic(cluster, "Topic")
    cluster.apply(cluster, "Map", [MAP], after=[topic])
    cluster.install(cluster, "Keda", KEDA, {}, after=[topic])

    (topic_id,) = resources(cluster, "AWS::SNS::Topic")
    for kind in (made.MANIFEST, made.HELM):
        (found,) = resources(cluster, kind).values()
        assert found["DependsOn"] == [topic_id]


def test_a_chart() -> None:
    cluster = made.cluster()
    cluster.install(cluster, "Keda", KEDA, {"replicas": 2})

    assert made.charts(cluster) == {
        "keda": {
            "Chart": "keda",
            "ClusterName": "models",
            "CreateNamespace": True,
            "Namespace": "keda",
            "Release": "keda",
            "Repository": "https://kedacore.github.io/charts",
            "ServiceToken": made.SERVICE_TOKEN,
            # Helm gives up before the function that runs it is ended: then CloudFormation hears why.
            "Timeout": "840s",
            "Values": {"replicas": 2},
            "Version": "2.20.0",
            "Wait": True,
        }
    }


def test_fails_when_a_release_is_installed_twice() -> None:
    cluster = made.cluster()
    cluster.install(cluster, "One", KEDA, {})
    with refused(
        "Stack/Cluster/Two must not own the Helm release keda/keda of a cluster, got one that Stack/Cluster/One owns: a cluster has one"
    ):
        cluster.install(cluster, "Two", KEDA, {})


def test_fails_when_a_chart_is_none() -> None:
    cluster = made.cluster()
    with refused("ServingCluster.install chart must be a Chart, got 'keda': nothing else is understood there"):
        cluster.install(cluster, "Keda", "keda", {})  # type: ignore[arg-type] # what a user without types writes


def test_what_a_cluster_has_once() -> None:
    cluster = made.cluster()
    one, two = Construct(cluster, "One"), Construct(cluster, "Two")
    assert cluster.claimed("nvidia.com/gpu device plugin") is None
    cluster.claim("nvidia.com/gpu device plugin", one)
    cluster.claim("nvidia.com/gpu device plugin", one)
    assert cluster.claimed("nvidia.com/gpu device plugin") is one
    with refused(
        "Stack/Cluster/Two must not own the nvidia.com/gpu device plugin of a cluster, got one that Stack/Cluster/One owns: a cluster has "
        "one"
    ):
        cluster.claim("nvidia.com/gpu device plugin", two)


def test_two_clusters_have_one_each() -> None:
    stack = new_stack()
    cluster = made.cluster(stack)
    other = made.cluster(stack, "Other", attributes={"cluster_name": "other"})
    cluster.claim("device plugin", cluster)
    other.claim("device plugin", other)
    assert other.claimed("device plugin") is other


def test_node_groups_are_remembered_in_order() -> None:
    cluster = made.cluster()
    groups = [Construct(cluster, each) for each in ("B", "A")]
    for each in groups:
        cluster.add_node_group(each)
    assert cluster.node_groups == tuple(groups)
