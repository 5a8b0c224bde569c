"""What the example stacks bring to Kubernetes, by Kubernetes' own word and by that of those who made the custom kinds."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions

from stacks.gpu_triton import GpuTritonStack
from tests.stacks.objects import HELM, MANIFEST, flat, of_type
from tests.stacks.synthesis import make_model_folder
from tests.unit.kubernetes.custom import faults, is_known
from tests.unit.kubernetes.schemas import assert_valid

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.stacks.objects import Resources

# Where the API server refuses an object whose namespace is not there yet.
GIVEN_NAMESPACES = {"default", "kube-system"}

FILLED_IN = re.compile(r"\$\{([\w:.]+)\}")


def known_later(found: re.Match[str]) -> str:
    """What stands for what CloudFormation fills in."""
    if "Subnet" in found[1]:
        return "subnet-0"
    return "sg-0" if found[1].endswith("SecurityGroupId") else "known-later"


def manifests(resources: Resources) -> list[dict[str, Any]]:
    """All objects that a stack makes in its cluster."""
    found = [
        json.loads(FILLED_IN.sub(known_later, flat(each["Properties"]["Manifest"])))
        for each in of_type(resources, MANIFEST).values()
    ]
    return [manifest for several in found for manifest in several]


def version(resources: Resources) -> str:
    """Kubernetes version of a stack's cluster."""
    (cluster,) = of_type(resources, "AWS::EKS::Cluster").values()
    return str(cluster["Properties"]["Version"])


@pytest.fixture
def clusters(templates: dict[str, dict[str, Any]]) -> dict[str, Resources]:
    """The stacks that make objects in a cluster, by name."""
    all_of_them = {name: template["Resources"] for name, template in templates.items()}
    return {name: resources for name, resources in all_of_them.items() if of_type(resources, MANIFEST)}


def test_the_stacks_with_clusters_are_these(clusters: Mapping[str, Resources]) -> None:
    assert set(clusters) == {"GpuBatchJob", "GpuTriton"}


def test_kubernetes_takes_every_object(clusters: Mapping[str, Resources]) -> None:
    for resources in clusters.values():
        assert_valid(manifests(resources), version(resources))


def test_the_makers_of_custom_kinds_take_theirs(clusters: Mapping[str, Resources]) -> None:
    custom = {name: [each for each in manifests(resources) if is_known(each)] for name, resources in clusters.items()}

    assert {name: sorted(each["kind"] for each in several) for name, several in custom.items()} == {
        "GpuBatchJob": ["EC2NodeClass", "NodePool"],
        "GpuTriton": ["AnalysisTemplate", "Rollout", "ScaledObject"],
    }
    for several in custom.values():
        assert faults(several) == []


def test_every_namespace_is_made(clusters: Mapping[str, Resources]) -> None:
    for resources in clusters.values():
        objects = manifests(resources)
        made = {each["metadata"]["name"] for each in objects if each["kind"] == "Namespace"}
        used = {each["metadata"]["namespace"] for each in objects if "namespace" in each["metadata"]}

        assert used <= made | GIVEN_NAMESPACES


def test_no_two_objects_have_one_name(clusters: Mapping[str, Resources]) -> None:
    for resources in clusters.values():
        named = [
            (each["apiVersion"], each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"])
            for each in manifests(resources)
        ]

        assert len(named) == len(set(named))


def test_pods_that_want_devices_fit_to_their_nodes(clusters: Mapping[str, Resources]) -> None:
    """Resources, toleration and selector: one without the others waits for ever, or keeps a GPU from who needs it."""
    for resources in clusters.values():
        specs = [spec for each in manifests(resources) for spec in pods(each)]

        assert specs
        for spec in specs:
            assert {"effect": "NoSchedule", "key": "nvidia.com/gpu", "operator": "Exists"} in spec["tolerations"]
            assert spec["nodeSelector"]["model-hosting/accelerator"] == "nvidia"
            assert [each["resources"]["limits"].get("nvidia.com/gpu") for each in spec["containers"]] == [1]
            assert "hostNetwork" not in spec


def test_every_chart_is_pinned(clusters: Mapping[str, Resources]) -> None:
    for resources in clusters.values():
        charts = [each["Properties"] for each in of_type(resources, HELM).values()]

        assert charts
        for chart in charts:
            assert re.fullmatch(r"v?\d+\.\d+\.\d+", chart["Version"]), chart
            assert chart["Repository"].startswith(("https://", "oci://")), chart
            assert isinstance(json.loads(flat(chart["Values"])), dict)
        releases = [(chart["Namespace"], chart["Release"]) for chart in charts]
        assert len(releases) == len(set(releases))


def test_a_new_model_is_another_pod_and_the_same_one_is_not(model_folder: Path, tmp_path: Path) -> None:
    other = make_model_folder(tmp_path)
    (other / "model.onnx").write_bytes(b"another model")

    first, again, new = (served(folder) for folder in (model_folder, model_folder, other))

    assert first == again
    assert first["initContainers"] != new["initContainers"]
    assert first["containers"] == new["containers"]


def served(model_folder: Path) -> dict[str, Any]:
    """The pods of the server with a model."""
    stack = GpuTritonStack(cdk.App(), "GpuTriton", model_folder=str(model_folder))
    resources = assertions.Template.from_stack(stack).to_json()["Resources"]
    (pod,) = [spec for each in manifests(resources) for spec in pods(each)]
    return pod


def pods(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The pods that an object describes."""
    spec = manifest.get("spec", {})
    if manifest["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    # Karpenter's pools have a template of nodes.
    if manifest["kind"] == "NodePool":
        return []
    return [spec["template"]["spec"]] if "template" in spec else []
