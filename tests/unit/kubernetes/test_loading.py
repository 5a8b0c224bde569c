"""Stacks without a cluster do not pay for what clusters need."""

import subprocess
import sys

import pytest

_MODULES = (
    "gpu_cluster",
    "imported_cluster",
    "serving_cluster",
    "model_namespace",
    "network_policies",
    "chart",
    "access",
)


@pytest.mark.parametrize("module", ["", *(f".kubernetes.{each}" for each in _MODULES)])
def test_the_cdk_of_clusters_is_not_loaded(module: str) -> None:
    script = (
        "import sys\n"
        f"import cdk_model_hosting{module}\n"
        "heavy = ('aws_cdk.aws_eks', 'aws_cdk.aws_eks_v2', 'aws_cdk.aws_ec2', 'aws_cdk.aws_lambda', 'cdk8s', 'cdk8s_plus_36')\n"
        "print([each for each in heavy if each in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
