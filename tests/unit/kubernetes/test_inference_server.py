from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from cdk_model_hosting.kubernetes.exposure import Exposure
from cdk_model_hosting.kubernetes.inference_server import InferenceServer
from cdk_model_hosting.kubernetes.model_namespace import ModelNamespace
from cdk_model_hosting.kubernetes.network_policies import TrafficSource
from cdk_model_hosting.kubernetes.node_scaling import NodeScaling
from cdk_model_hosting.kubernetes.pod_scaling import PodScaling
from cdk_model_hosting.kubernetes.pod_size import PodSize
from cdk_model_hosting.permissions import Permission
from tests.unit.builders import new_stack, refused, resources, text_token
from tests.unit.kubernetes import made
from tests.unit.kubernetes.schemas import VERSIONS, assert_valid
from tests.unit.kubernetes.serving import container, objects, own, pod, serving

NAMESPACE_LABEL = "kubernetes.io/metadata.name"
LABELS = {
    "app.kubernetes.io/name": "ranker",
    "app.kubernetes.io/component": "inference-server",
    "app.kubernetes.io/managed-by": "cdk-model-hosting",
    "model-hosting/server": "ranker",
}
SELECTOR = {"matchLabels": {"model-hosting/server": "ranker"}}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_on_its_own(version: str) -> None:
    server = serving(version=version)
    found = objects(server)

    assert_valid(made.manifests(server), version)
    assert sorted(found) == ["Deployment", "NetworkPolicy", "PodDisruptionBudget", "Service", "ServiceAccount"]
    assert server.address == "http://ranker.models.svc:8080"
    assert found["Deployment"]["metadata"] == {"name": "ranker", "namespace": "models", "labels": LABELS}
    spec = found["Deployment"]["spec"]
    assert spec["template"]["metadata"] == {"labels": LABELS}
    assert {name: spec[name] for name in spec if name != "template"} == {
        "replicas": 1,
        "revisionHistoryLimit": 3,
        # The time for its start, and as much as a new node and its image may take.
        "progressDeadlineSeconds": 1800,
        "selector": SELECTOR,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
    }
    assert found["Service"]["spec"] == {
        "type": "ClusterIP",
        "selector": SELECTOR["matchLabels"],
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP", "targetPort": "http"}],
    }
    assert found["PodDisruptionBudget"]["spec"] == {
        "maxUnavailable": 1,
        "selector": SELECTOR,
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }
    # Nobody may ask, and there is nothing that Prometheus could read.
    assert found["NetworkPolicy"]["spec"] == {"podSelector": SELECTOR, "policyTypes": ["Ingress"]}


def test_the_pod_has_no_privilege() -> None:
    spec = pod(serving())

    assert spec["securityContext"] == {
        "runAsUser": 1000,
        "runAsGroup": 1000,
        "fsGroup": 1000,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert spec["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    assert (spec["automountServiceAccountToken"], spec["enableServiceLinks"]) == (False, False)
    assert spec["serviceAccountName"] == "ranker"


def test_root_is_what_an_image_may_insist_on() -> None:
    spec = pod(serving(server=own(user=0, read_only_root=False)))

    assert spec["securityContext"] == {
        "runAsUser": 0,
        "runAsGroup": 0,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert spec["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is False


def test_the_pod_runs_where_its_devices_are() -> None:
    size = PodSize(gpus=4, cpu="16", memory_mb=65536, shared_memory_mb=16384, ephemeral_gb=200, group="large")
    spec = pod(serving(pod=size))

    both = {"nvidia.com/gpu": 4, "memory": "65536Mi", "ephemeral-storage": "200Gi"}
    assert spec["containers"][0]["resources"] == {"limits": both, "requests": {**both, "cpu": "16"}}
    assert spec["nodeSelector"] == {"model-hosting/accelerator": "nvidia", "model-hosting/group": "large"}
    assert spec["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
    shared = {"name": "shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": "16384Mi"}}
    assert shared in spec["volumes"]
    assert {"name": "shared-memory", "mountPath": "/dev/shm"} in spec["containers"][0]["volumeMounts"]  # noqa: S108 - a pod's own


def test_pods_are_spread_each_version_by_itself() -> None:
    rules = pod(serving())["topologySpreadConstraints"]

    assert [each["topologyKey"] for each in rules] == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
    for each in rules:
        assert (each["maxSkew"], each["whenUnsatisfiable"]) == (1, "ScheduleAnyway")
        assert each["matchLabelKeys"] == ["pod-template-hash"]


def test_a_pod_that_goes_finishes_what_it_began() -> None:
    server = serving(longest_request=cdk.Duration.minutes(5))

    assert container(server)["lifecycle"] == {"preStop": {"sleep": {"seconds": 310}}}
    assert pod(server)["terminationGracePeriodSeconds"] == 330


def test_those_who_are_named_may_ask() -> None:
    web = TrafficSource.from_namespace("web", pods={"app": "front"})
    server = serving(server=own(metrics_path="/metrics"), allow_from=[web])
    server.grant_ask(TrafficSource.from_namespace("batch", ports=[9000]))

    policies = {each["metadata"]["name"]: each for each in made.manifests(server) if each["kind"] == "NetworkPolicy"}
    assert_valid(policies.values())
    assert policies["ranker"]["spec"]["ingress"] == [
        {
            "from": [
                {
                    "namespaceSelector": {"matchLabels": {NAMESPACE_LABEL: "web"}},
                    "podSelector": {"matchLabels": {"app": "front"}},
                }
            ],
            "ports": [{"port": 8080, "protocol": "TCP"}],
        },
        {
            "from": [{"namespaceSelector": {"matchLabels": {NAMESPACE_LABEL: "prometheus"}}, "podSelector": {}}],
            "ports": [{"port": 8080, "protocol": "TCP"}],
        },
    ]
    assert policies["ranker-from-batch"]["spec"] == {
        "podSelector": SELECTOR,
        "policyTypes": ["Ingress"],
        "ingress": [
            {
                "from": [{"namespaceSelector": {"matchLabels": {NAMESPACE_LABEL: "batch"}}, "podSelector": {}}],
                "ports": [{"port": 9000, "protocol": "TCP"}],
            }
        ],
    }


@pytest.mark.parametrize(
    ("scaling", "load_balancer"),
    [(NodeScaling.KARPENTER, "service.k8s.aws/nlb"), (NodeScaling.AUTO_MODE, "eks.amazonaws.com/nlb")],
)
def test_an_internal_load_balancer(scaling: NodeScaling, load_balancer: str) -> None:
    cluster = made.cluster(node_scaling=scaling)
    server = serving(cluster=cluster, exposure=Exposure.internal_load_balancer(from_addresses=["10.0.0.0/16"]))
    found = objects(server)

    assert_valid(found.values())
    prefix = "service.beta.kubernetes.io/aws-load-balancer"
    assert found["Service"]["metadata"]["annotations"] == {
        f"{prefix}-scheme": "internal",
        f"{prefix}-nlb-target-type": "ip",
        f"{prefix}-target-group-attributes": "preserve_client_ip.enabled=true",
    }
    spec = found["Service"]["spec"]
    assert (spec["type"], spec["loadBalancerClass"]) == ("LoadBalancer", load_balancer)
    assert (spec["loadBalancerSourceRanges"], spec["allocateLoadBalancerNodePorts"]) == (["10.0.0.0/16"], False)
    assert found["NetworkPolicy"]["spec"]["ingress"] == [
        {"from": [{"ipBlock": {"cidr": "10.0.0.0/16"}}], "ports": [{"port": 8080, "protocol": "TCP"}]}
    ]


def test_its_role_is_its_own() -> None:
    read = Permission(actions=("dynamodb:GetItem",), resources=("arn:aws:dynamodb:eu-west-1:111122223333:table/x",))
    server = serving(permissions=[read])
    s3.Bucket.from_bucket_name(server, "Answers", "answers").grant_write(server.role)

    (role,) = [each for name, each in resources(server, "AWS::IAM::Role").items() if name.startswith("Ranker")]
    (policy,) = role["Properties"]["Policies"]
    assert policy["PolicyDocument"]["Statement"] == [read.render()]
    (association,) = [
        each
        for name, each in resources(server, "AWS::EKS::PodIdentityAssociation").items()
        if name.startswith("Ranker")
    ]
    assert association["Properties"]["ServiceAccount"] == "ranker"


def test_pods_start_when_their_role_is_there() -> None:
    cluster = made.cluster()
    namespace = ModelNamespace(cluster, "Namespace", cluster=cluster, name="models")
    serving(cluster=cluster, namespace=namespace)

    waits = " ".join(made.awaited(cluster, made.applied(cluster, "Deployment")))
    for each in ("ClusterNamespaceManifest", "RankerAccountAssociation", "RankerAccountManifest", "RankerAccountRole"):
        assert each in waits


def test_fails_when_two_servers_share_a_name() -> None:
    cluster = made.cluster()
    serving(cluster=cluster)
    with refused(
        "Stack/Other must not own the server models/ranker of a cluster, got one that Stack/Ranker owns: a cluster has one"
    ):
        serving("Other", cluster=cluster, name="ranker")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"name": "1st"},
            (
                "InferenceServer name must be 1-40 characters (lower case letters, digits and hyphens, beginning with a letter and not ending "
                "with a hyphen), got '1st': it is the name of a service, and pods are found by it with their own endings behind"
            ),
        ),
        (
            {"namespace": "Models"},
            (
                "InferenceServer namespace must be 1-63 characters (lower case letters, digits and hyphens, beginning and ending with a letter "
                "or digit), got 'Models': Kubernetes takes no other name"
            ),
        ),
        (
            {"longest_request": cdk.Duration.hours(2)},
            "InferenceServer longest_request must be 1-3600 seconds, got 7200: a pod that goes away answers it first",
        ),
        (
            {"downloader": "aws-cli:latest"},
            (
                "InferenceServer downloader must end in a tag other than latest, or a digest, got 'aws-cli:latest': a new version rolls out by "
                "its new name"
            ),
        ),
        (
            {"server": "triton"},
            "InferenceServer server must be a ModelServer, got 'triton': nothing else is understood there",
        ),
        ({"pod": 1}, "InferenceServer pod must be a PodSize, got 1: nothing else is understood there"),
        ({"scaling": 2}, "InferenceServer scaling must be a PodScaling, got 2: nothing else is understood there"),
        (
            {"rollout": "canary"},
            "InferenceServer rollout must be a Rollout, got 'canary': nothing else is understood there",
        ),
        (
            {"allow_from": ["web"]},
            "InferenceServer allow_from element must be a TrafficSource, got 'web': nothing else is understood there",
        ),
        (
            {"exposure": "public"},
            "InferenceServer exposure must be an Exposure, got 'public': nothing else is understood there",
        ),
        (
            {"namespace": None},
            "InferenceServer namespace must be a ModelNamespace or str, got None: nothing else is understood there",
        ),
    ],
)
def test_fails_when_an_option_is_wrong(options: dict[str, Any], message: str) -> None:
    cluster = made.cluster()
    needed = {"namespace": "models", "pod": PodSize(), "server": own()}
    with refused(message):
        InferenceServer(cdk.Stack.of(cluster), "Ranker", cluster=cluster, **{**needed, **options})


@pytest.mark.parametrize(("construct_id", "got"), [("7b", "'7b'"), ("_", "'' of 0 characters")])
def test_fails_when_an_id_makes_no_name(construct_id: str, got: str) -> None:
    with refused(
        f"InferenceServer name, made from construct_id {construct_id!r} where none is given, must be 1-40 characters (lower case letters, "
        f"digits and hyphens, beginning with a letter and not ending with a hyphen), got {got}: it is the name of a service, and pods are "
        "found by it with their own endings behind"
    ):
        serving(construct_id)


def test_fails_when_the_cluster_is_none() -> None:
    with refused("InferenceServer cluster must be a ServingCluster, got 'models': nothing else is understood there"):
        InferenceServer(new_stack(), "Ranker", cluster="models", namespace="models", server=own(), pod=PodSize())  # type: ignore[arg-type] # no types


def test_fails_when_grants_are_for_nobody() -> None:
    server = serving()
    with refused(
        "InferenceServer.grant_ask source must be a TrafficSource, got 'web': nothing else is understood there"
    ):
        server.grant_ask("web")  # type: ignore[arg-type] # no types


@pytest.mark.parametrize(
    ("addresses", "message"),
    [
        ([], "Exposure.internal_load_balancer from_addresses must hold at least one range, got none: nobody could ask"),
        (
            ["vpc"],
            (
                "TrafficSource.from_addresses addresses must be a range of addresses such as 10.0.0.0/16, got 'vpc': network policies know no "
                "other form"
            ),
        ),
    ],
)
def test_fails_when_nobody_could_reach_the_load_balancer(addresses: list[str], message: str) -> None:
    with refused(message):
        Exposure.internal_load_balancer(from_addresses=addresses)


def test_tokens_pass() -> None:
    stack = new_stack()
    cluster = made.cluster(stack)
    names = {name: text_token(stack, name.title()) for name in ("name", "namespace", "downloader")}
    server = serving(cluster=cluster, **names, scaling=PodScaling.fixed(2))

    assert cdk.Token.is_unresolved(server.address)
    (workload,) = [
        each["Properties"]["Manifest"]
        for each in made.template(stack)["Resources"].values()
        if each["Type"] == made.MANIFEST and "Deployment" in str(each["Properties"]["Manifest"])
    ]
    assert {"Ref": "Name"} in workload["Fn::Join"][1]
    assert {"Ref": "Namespace"} in workload["Fn::Join"][1]
