"""Limits of inference components."""

from cdk_model_hosting.limits.kinds import Limit, TextLimit
from cdk_model_hosting.limits.sources import sagemaker_api

_RESOURCES = sagemaker_api("InferenceComponentComputeResourceRequirements")

COMPONENT_NAME = TextLimit(
    name="name of an inference component",
    low=1,
    high=63,
    pattern=r"[a-zA-Z0-9]([\-a-zA-Z0-9]*[a-zA-Z0-9])?",
    shape="letters, digits and hyphens",
    why="requests name the component by it",
    source=sagemaker_api("CreateInferenceComponent"),
)
COMPONENT_CPUS = Limit(
    name="CPU cores of a copy of an inference component",
    low=0.25,
    high=None,
    unit="cores",
    integer=False,
    why="SageMaker gives away no smaller part of a core",
    source=_RESOURCES,
)
COMPONENT_ACCELERATORS = Limit(
    name="accelerators of a copy of an inference component",
    low=1,
    high=None,
    why="copies that need none leave it out",
    source=_RESOURCES,
)
COMPONENT_MEMORY_MB = Limit(
    name="memory of a copy of an inference component",
    low=128,
    high=None,
    unit="MB",
    why="SageMaker places no smaller copy",
    source=_RESOURCES,
)
COMPONENT_COPIES = Limit(
    name="copies that an inference component starts with",
    low=1,
    high=None,
    why="a component that may be at zero starts with a copy, and scaling takes it away",
    source=sagemaker_api("InferenceComponentRuntimeConfig"),
)
ADAPTER_ENVIRONMENT_PAIRS = Limit(
    name="environment variables of an adapter",
    low=0,
    high=16,
    unit="pairs",
    why="SageMaker hands over no more to an adapter's container",
    source=sagemaker_api("InferenceComponentContainerSpecification"),
)
INLINE_POLICY_CHARACTERS = Limit(
    name="inline policies of a role",
    low=1,
    high=10240,
    unit="characters",
    why="IAM keeps no longer ones; bring a role that may read what the components need, or take another endpoint for some",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
    read="2026-11-21",
)
