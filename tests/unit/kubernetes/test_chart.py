from typing import Any

import pytest

from cdk_model_hosting.kubernetes.chart import Chart
from tests.unit.builders import new_stack, refused, text_token

_GOOD: dict[str, Any] = {
    "name": "nvidia-device-plugin",
    "repository": "https://nvidia.github.io/k8s-device-plugin",
    "version": "0.19.3",
    "namespace": "nvidia",
}


def test_the_release_is_named_after_the_chart() -> None:
    assert Chart(**_GOOD).release_name == "nvidia-device-plugin"
    assert Chart(**_GOOD, release="nvdp").release_name == "nvdp"


@pytest.mark.parametrize("version", ["0.19.3", "v1.2.3", "1.0.0-rc.1", "1.0.0+build.5"])
def test_one_version(version: str) -> None:
    assert Chart(**{**_GOOD, "version": version}).version == version


@pytest.mark.parametrize("version", ["^0.19.0", "0.19", "0.19.x", ">=1.0.0", "latest", ""])
def test_fails_when_the_version_is_a_range(version: str) -> None:
    with refused(
        f"Chart version must be one version such as 1.14.1, got {version!r}: a range installs something else tomorrow"
    ):
        Chart(**{**_GOOD, "version": version})


def test_fails_when_the_repository_is_no_address() -> None:
    with refused(
        "Chart repository must begin with https:// or oci://, got 'http://charts': Helm reads charts from there"
    ):
        Chart(**{**_GOOD, "repository": "http://charts"})


def test_fails_when_a_chart_in_a_registry_is_not_addressed_as_a_whole() -> None:
    with refused(
        "Chart repository must end in /karpenter, got 'oci://public.ecr.aws': a chart in an OCI registry is pulled by its whole address"
    ):
        Chart(name="karpenter", repository="oci://public.ecr.aws", version="1.14.1", namespace="kube-system")


def test_a_chart_in_a_registry() -> None:
    address = "oci://public.ecr.aws/karpenter/karpenter"
    chart = Chart(name="karpenter", repository=address, version="1.14.1", namespace="kube-system")
    assert chart.repository == address


def test_fails_when_a_name_is_none_of_kubernetes() -> None:
    shape = "lower case letters, digits and hyphens, beginning and ending with a letter or digit"
    with refused(f"Chart namespace must be 1-63 characters ({shape}), got 'NVIDIA': Kubernetes takes no other name"):
        Chart(**{**_GOOD, "namespace": "NVIDIA"})
    with refused(
        f"Chart release must be 1-53 characters ({shape}), got 'a_b': Helm makes names of Kubernetes objects from it"
    ):
        Chart(**_GOOD, release="a_b")


def test_fails_when_a_value_is_no_text() -> None:
    with refused("Chart version must be a str, got 1.2: nothing else is understood there"):
        Chart(**{**_GOOD, "version": 1.2})


def test_tokens_pass() -> None:
    token = text_token(new_stack())
    chart = Chart(name=token, repository=token, version=token, namespace=token)
    assert chart.release_name == token
    assert Chart(name=token, repository=f"oci://{token}", version="1.0.0", namespace="models").version == "1.0.0"
