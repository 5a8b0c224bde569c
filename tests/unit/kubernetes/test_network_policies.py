from typing import Any

import pytest

from cdk_model_hosting.kubernetes.manifests import Manifests
from cdk_model_hosting.kubernetes.network_policies import OWN_NAMESPACE, TrafficSource, network_policies_on, policy
from tests.unit.builders import new_stack, refused, text_token
from tests.unit.kubernetes.schemas import VERSIONS, assert_valid


def rendered(*sources: TrafficSource, **options: Any) -> dict[str, Any]:
    with Manifests() as m:
        policy(m, "Policy", name="triton", namespace="models", sources=sources, **options)
    (found,) = m.rendered()
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_who_may_ask(version: str) -> None:
    found = rendered(
        OWN_NAMESPACE,
        TrafficSource.from_namespace("monitoring", pods={"app": "prometheus"}, ports=[8002]),
        TrafficSource.from_addresses("10.0.0.0/16", ports=[8000, 8001]),
        pods={"app": "triton"},
    )

    assert_valid([found], version)
    assert found["metadata"] == {"name": "triton", "namespace": "models"}
    assert found["spec"] == {
        "podSelector": {"matchLabels": {"app": "triton"}},
        "policyTypes": ["Ingress"],
        "ingress": [
            {"from": [{"podSelector": {}}]},
            {
                "from": [
                    {
                        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}},
                        "podSelector": {"matchLabels": {"app": "prometheus"}},
                    }
                ],
                "ports": [{"port": 8002, "protocol": "TCP"}],
            },
            {
                "from": [{"ipBlock": {"cidr": "10.0.0.0/16"}}],
                "ports": [{"port": 8000, "protocol": "TCP"}, {"port": 8001, "protocol": "TCP"}],
            },
        ],
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_nobody_may_ask(version: str) -> None:
    found = rendered()
    assert_valid([found], version)
    # An empty selector is all pods; no rules are no requests.
    assert found["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}


@pytest.mark.parametrize("version", VERSIONS)
def test_auto_mode_is_told_to_enforce_them(version: str) -> None:
    found = network_policies_on()
    assert_valid(found, version)
    assert found == [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "amazon-vpc-cni", "namespace": "kube-system"},
            "data": {"enable-network-policy-controller": "true"},
        }
    ]


def test_fails_when_a_source_is_none() -> None:
    with refused(
        "TrafficSource.from_namespace namespace must be 1-63 characters (lower case letters, digits and hyphens, beginning and ending with "
        "a letter or digit), got 'Monitoring': Kubernetes takes no other name"
    ):
        TrafficSource.from_namespace("Monitoring")
    with refused(
        "TrafficSource.from_addresses addresses must be a range of addresses such as 10.0.0.0/16, got '10.0.0.1/16': network policies know "
        "no other form"
    ):
        TrafficSource.from_addresses("10.0.0.1/16")
    with refused(
        "TrafficSource.from_namespace pods must be a dict or mappingproxy, got 'a': nothing else is understood there"
    ):
        TrafficSource.from_namespace("monitoring", pods="a")  # type: ignore[arg-type] # what a user without types writes


@pytest.mark.parametrize("port", [0, 65_536])
def test_fails_when_a_port_is_none(port: int) -> None:
    with refused(f"TrafficSource.from_addresses ports element must be 1-65535, got {port}: TCP has no other ports"):
        TrafficSource.from_addresses("10.0.0.0/16", ports=[port])


def test_tokens_pass() -> None:
    token = text_token(new_stack())
    assert TrafficSource.from_addresses(token).addresses == token
    assert TrafficSource.from_namespace(token).namespace == token
