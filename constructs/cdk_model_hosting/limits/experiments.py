"""Limits of shadow variants, and of experiments with them."""

from cdk_model_hosting.limits.kinds import Choice, Limit, TextLimit
from cdk_model_hosting.limits.sources import sagemaker_api, sagemaker_guide

_EXPERIMENT = sagemaker_api("CreateInferenceExperiment")

SHADOW_PERCENT = Limit(
    name="share of the requests that a shadow variant gets a copy of",
    low=0,
    high=100,
    unit="%",
    integer=False,
    above_low=True,
    why="it gets a copy of some requests at least, and of each request once at most",
    source=sagemaker_guide("model-shadow-deployment"),
)
EXPERIMENT_PERCENT = Limit(
    name="share of the requests that an experiment copies",
    low=1,
    high=100,
    unit="%",
    why="SageMaker samples in whole percents",
    source=sagemaker_api("ShadowModelVariantConfig"),
)
EXPERIMENT_NAME = TextLimit(
    name="name of an experiment",
    low=1,
    high=120,
    pattern=r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,119}",
    shape="letters, digits and hyphens, no hyphen first or last",
    why="SageMaker accepts no other name of an experiment",
    source=_EXPERIMENT,
)
EXPERIMENT_DESCRIPTION = TextLimit(
    name="description of an experiment",
    low=1,
    high=1024,
    why="SageMaker accepts no longer description, and CloudFormation no empty one",
    source=_EXPERIMENT,
)
EXPERIMENT_HOURS = Limit(
    name="length of an experiment",
    low=1,
    high=30 * 24,
    unit="hours",
    integer=False,
    why="SageMaker runs an experiment for an hour at least, and for 30 days at most",
    source=sagemaker_guide("shadow-tests-create"),
)
EXPERIMENT_STATE = Choice(
    name="state that an experiment is put into",
    allowed=("Running", "Completed", "Cancelled"),
    why="SageMaker starts an experiment, completes it or cancels it",
    source="https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sagemaker-inferenceexperiment.html",
)
