"""The names by which pods find nodes with accelerators."""

from __future__ import annotations

import subprocess
import sys

import pytest
from cdk8s_plus_36 import k8s

from cdk_model_hosting.kubernetes.manifests import Manifests
from cdk_model_hosting.kubernetes.scheduling import (
    GPU_TAINT,
    NEURON_TAINT,
    Taint,
    labels_of,
    resource_of,
    selector_for,
    taint_of,
    tolerations_for,
)


def test_a_pod_tolerates_a_taint_whatever_its_value() -> None:
    assert tolerations_for("nvidia") == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]
    assert tolerations_for("neuron") == [{"key": "aws.amazon.com/neuron", "operator": "Exists", "effect": "NoSchedule"}]
    assert Taint(key="team", value="vision", effect="NoExecute").toleration == {
        "key": "team",
        "operator": "Exists",
        "effect": "NoExecute",
    }


def test_all_accelerators_are_tolerated_when_none_is_named() -> None:
    assert tolerations_for() == [*tolerations_for("nvidia"), *tolerations_for("neuron")]


def test_tolerations_are_the_arguments_of_cdk8s() -> None:
    with Manifests() as m:
        spec = k8s.PodSpec(containers=[k8s.Container(name="a")], tolerations=[k8s.Toleration(**tolerations_for()[0])])
        k8s.KubePod(m.chart, "Pod", metadata=k8s.ObjectMeta(name="pod"), spec=spec)
    (pod,) = m.rendered()
    assert pod["spec"]["tolerations"] == tolerations_for("nvidia")


def test_taints_have_the_name_of_the_resource() -> None:
    assert taint_of("nvidia") == GPU_TAINT
    assert taint_of("neuron") == NEURON_TAINT
    assert (GPU_TAINT.key, NEURON_TAINT.key) == (resource_of("nvidia"), resource_of("neuron"))
    assert GPU_TAINT.value == NEURON_TAINT.value == "present"


def test_labels_and_selectors_go_together() -> None:
    assert labels_of("nvidia", group="spot") == {
        "model-hosting/accelerator": "nvidia",
        "nvidia.com/gpu.present": "true",
        "model-hosting/group": "spot",
    }
    assert labels_of("neuron") == {"model-hosting/accelerator": "neuron"}
    labels = labels_of("neuron", group="a")
    assert selector_for("neuron").items() <= labels.items()
    assert selector_for("neuron", group="a").items() <= labels.items()
    assert not selector_for("neuron", group="b").items() <= labels.items()
    assert not selector_for("nvidia").items() <= labels.items()


@pytest.mark.parametrize("module", ["scheduling", "accelerators", "node_group"])
def test_importing_it_loads_no_kubernetes(module: str) -> None:
    program = (
        f"import sys; import cdk_model_hosting.kubernetes.{module}; "
        "print([name for name in ('aws_cdk.aws_eks_v2', 'aws_cdk.aws_ec2', 'cdk8s', 'cdk8s_plus_36') if name in sys.modules])"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "[]"
