import pytest

from cdk_model_hosting.kubernetes import versions
from cdk_model_hosting.kubernetes.versions import check_version, kubectl_layer
from tests.unit.builders import new_stack, only, refused, text_token


@pytest.mark.parametrize("version", ["1.34", "1.35", "1.36"])
def test_versions_in_standard_support(version: str) -> None:
    assert check_version("GpuCluster version", version) is None


@pytest.mark.parametrize("version", ["1.31", "1.32", "1.33"])
def test_versions_in_extended_support(version: str) -> None:
    advice = check_version("GpuCluster version", version)
    assert advice is not None
    assert advice.text == f"Kubernetes {version} is in extended support: it costs six times as much an hour"


@pytest.mark.parametrize("version", ["1.30", "1.37", "1.4", "v1.36", "1.36.3", 1.36])
def test_fails_when_eks_does_not_run_the_version(version: str) -> None:
    with refused(
        f"GpuCluster version must be one of 1.31, 1.32, 1.33, 1.34, 1.35, 1.36, got {version!r}: EKS runs no other, and each has a kubectl "
        "of its own"
    ):
        check_version("GpuCluster version", version)


def test_fails_when_the_version_is_known_at_deploy_time_alone() -> None:
    with refused(
        "GpuCluster version must be known at synth, got a Token: the kubectl that is packed with the app must be of that version"
    ):
        check_version("GpuCluster version", text_token(new_stack()))


def test_the_layer_holds_kubectl_of_the_version() -> None:
    stack = new_stack()
    kubectl_layer(stack, "Layer", "1.36")
    assert "kubectl 1.36." in only(stack, "AWS::Lambda::LayerVersion")["Description"]


def test_fails_when_kubectl_of_the_version_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "find_spec", lambda _module: None)
    with refused(
        "Kubernetes version must have its kubectl installed, got 1.35 without: a kubectl of another version may misread the cluster; run "
        "pip install aws-cdk.lambda-layer-kubectl-v35"
    ):
        kubectl_layer(new_stack(), "Layer", "1.35")
