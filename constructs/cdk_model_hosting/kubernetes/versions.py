"""Kubernetes versions, and the kubectl that goes with each."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits.clusters import KUBERNETES_STANDARD_VERSION, KUBERNETES_VERSION
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from constructs import Construct


def check_version(what: str, version: str) -> Advice | None:
    """Refuse a version that EKS does not run.

    Args:
        what: The argument as the user typed it.
        version: The version, such as ``1.36``.

    Returns:
        What to say of a version that is old, or None.

    Raises:
        ConfigurationError: When EKS does not run it, or it is known at deploy time alone.
    """
    if is_token(version):
        raise ConfigurationError(
            f"{what} must be known at synth, got a Token: the kubectl that is packed with the app must be of that version"
        )
    KUBERNETES_VERSION.check(what, version, optional=False)
    if version in KUBERNETES_STANDARD_VERSION.allowed:
        return None
    return Advice(
        "kubernetesExtendedSupport", f"Kubernetes {version} is in extended support: it costs six times as much an hour"
    )


def kubectl_layer(scope: Construct, construct_id: str, version: str) -> lambda_.ILayerVersion:
    """The kubectl and Helm of the version that a cluster runs.

    Args:
        scope: Where to make the layer.
        construct_id: ID below `scope`.
        version: The cluster's version, such as ``1.36``.

    Raises:
        ConfigurationError: When the package that holds them is not installed.
    """
    minor = version.removeprefix("1.")
    module = f"aws_cdk.lambda_layer_kubectl_v{minor}"
    if find_spec(module) is None:
        raise ConfigurationError(
            f"Kubernetes version must have its kubectl installed, got {version} without: a kubectl of another version may misread the "
            f"cluster; run pip install aws-cdk.lambda-layer-kubectl-v{minor}"
        )
    layer: Any = getattr(import_module(module), f"KubectlV{minor}Layer")
    made: lambda_.ILayerVersion = layer(scope, construct_id)
    return made
