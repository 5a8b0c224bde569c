"""Limits of explained answers."""

from cdk_model_hosting.limits.kinds import Choice, Limit, TextLimit
from cdk_model_hosting.limits.sources import sagemaker_api

_EXPLAINED = sagemaker_api("ClarifyInferenceConfig")

EXPLAIN_CONDITION = TextLimit(
    name="condition that says which records are explained",
    low=1,
    high=64,
    shape="a JMESPath expression",
    why="SageMaker accepts no longer condition",
    source=sagemaker_api("ClarifyExplainerConfig"),
)
EXPLAIN_ATTRIBUTE = TextLimit(
    name="expression or template that finds features, labels or probabilities",
    low=1,
    high=64,
    why="SageMaker accepts no longer expression",
    source=_EXPLAINED,
)
EXPLAIN_HEADER = TextLimit(
    name="name of a feature or a label",
    low=1,
    high=64,
    why="SageMaker accepts no longer name",
    source=_EXPLAINED,
)
EXPLAIN_FEATURE_HEADERS = Limit(
    name="feature names of explained records",
    low=1,
    high=256,
    unit="names",
    why="SageMaker explains no more features",
    source=_EXPLAINED,
)
EXPLAIN_FEATURE_TYPES = Limit(
    name="feature types of explained records",
    low=1,
    high=256,
    unit="types",
    why="SageMaker explains no more features",
    source=_EXPLAINED,
)
EXPLAIN_FEATURE_TYPE = Choice(
    name="type of a feature",
    allowed=("numerical", "categorical", "text"),
    why="SageMaker explains features of no other type",
    source=_EXPLAINED,
)
EXPLAIN_LABEL_HEADERS = Limit(
    name="label names of explained records",
    low=1,
    high=16,
    unit="names",
    why="SageMaker explains no more labels",
    source=_EXPLAINED,
)
EXPLAIN_PAYLOAD_MB = Limit(
    name="payload of one request of the explainer to the model",
    low=1,
    high=25,
    unit="MB",
    why="SageMaker sends no larger request to the model",
    source=_EXPLAINED,
)
EXPLAIN_RECORDS = Limit(
    name="records of one request of the explainer to the model",
    low=1,
    high=None,
    unit="records",
    why="a request without records explains nothing",
    source=_EXPLAINED,
)
EXPLAIN_LABEL_INDEX = Limit(
    name="column of the label in the model's answer",
    low=0,
    high=None,
    why="columns are counted from zero",
    source=_EXPLAINED,
)
EXPLAIN_PROBABILITY_INDEX = Limit(
    name="column of the probability in the model's answer",
    low=0,
    high=None,
    why="columns are counted from zero",
    source=_EXPLAINED,
)
EXPLAIN_SAMPLES = Limit(
    name="synthetic samples of one explanation",
    low=1,
    high=None,
    unit="samples",
    why="an explanation compares with one sample at least",
    source=sagemaker_api("ClarifyShapConfig"),
)
EXPLAIN_BASELINE = TextLimit(
    name="baseline given inline",
    low=1,
    high=4096,
    secret=True,
    why="a longer baseline must be put into S3",
    source=sagemaker_api("ClarifyShapBaselineConfig"),
)
EXPLAIN_BASELINE_URI = TextLimit(
    name="address of a baseline",
    low=1,
    high=1024,
    pattern=r"(https|s3)://([^/]+)/?(.*)",
    shape="an s3:// or https:// address",
    why="SageMaker reads the baseline from there",
    source=sagemaker_api("ClarifyShapBaselineConfig"),
)
EXPLAIN_BASELINE_FORMAT = Choice(
    name="format of a baseline",
    allowed=("text/csv", "application/jsonlines"),
    why="SageMaker reads baselines in no other format",
    source=sagemaker_api("ClarifyShapBaselineConfig"),
)
EXPLAIN_LANGUAGE = Choice(
    name="language of text features",
    allowed=(
        *("af", "sq", "ar", "hy", "eu", "bn", "bg", "ca", "zh", "hr", "cs", "da", "nl", "en", "et", "fi", "fr", "de", "el", "gu"),
        *("he", "hi", "hu", "is", "id", "ga", "it", "kn", "ky", "lv", "lt", "lb", "mk", "ml", "mr", "ne", "nb", "fa", "pl", "pt"),
        *("ro", "ru", "sa", "sr", "tn", "si", "sk", "sl", "es", "sv", "tl", "ta", "tt", "te", "tr", "uk", "ur", "yo", "lij", "xx"),
    ),
    why="SageMaker takes text of no other language apart; xx stands for several",
    source=sagemaker_api("ClarifyTextConfig"),
)  # fmt: skip
EXPLAIN_GRANULARITY = Choice(
    name="unit that text features are explained by",
    allowed=("token", "sentence", "paragraph"),
    why="SageMaker takes text apart into no other units",
    source=sagemaker_api("ClarifyTextConfig"),
)
