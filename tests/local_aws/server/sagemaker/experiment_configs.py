"""The endpoint configurations that an inference experiment brings to its endpoint."""

from tests.local_aws.server.sagemaker.experiment_state import Experiment
from tests.local_aws.server.sagemaker.state import Document, Endpoint

_ALL_PERCENT = 100
_SETTINGS = (
    "ExecutionRoleArn",
    "VpcConfig",
    "EnableNetworkIsolation",
    "MetricsConfig",
    "KmsKeyId",
    "DataCaptureConfig",
)


def of(experiment: Experiment, endpoint: Endpoint) -> Document:
    """Return the configuration while the experiment runs: the production variant, and the shadow with its share."""
    production, shadow = experiment.production_name, experiment.shadow_name
    share = experiment.shadow["SamplingPercentage"] / _ALL_PERCENT
    storage = experiment.request.get("DataStorageConfig")
    config: Document = {
        **_kept(endpoint),
        "ProductionVariants": [{**_production(experiment, endpoint, production), "InitialVariantWeight": 1.0}],
        "ShadowProductionVariants": [{**variant(experiment.variants[shadow]), "InitialVariantWeight": share}],
    }
    if "KmsKey" in experiment.request:
        config["KmsKeyId"] = experiment.request["KmsKey"]
    if storage is not None:
        config["DataCaptureConfig"] = _capture(storage)
    return config


def with_only(described: Document, endpoint: Endpoint) -> Document:
    """Return the configuration of an endpoint that has one variant, described as in ModelVariants."""
    return {**_kept(endpoint), "ProductionVariants": [variant(described)]}


def variant(described: Document) -> Document:
    """Return a variant of a configuration for one of ModelVariants."""
    instances = described["InfrastructureConfig"]["RealTimeInferenceConfig"]
    return {
        "VariantName": described["VariantName"],
        "ModelName": described["ModelName"],
        "InstanceType": instances["InstanceType"],
        "InitialInstanceCount": instances["InstanceCount"],
    }


def _production(experiment: Experiment, endpoint: Endpoint, name: str) -> Document:
    described = experiment.variants.get(name)
    running = endpoint.fleet.variants.get(name)
    settings: Document = running.settings if running is not None else {}
    return {**settings, **(variant(described) if described is not None else {})}


def _kept(endpoint: Endpoint) -> Document:
    """Return the settings of an endpoint's configuration that are not about its variants."""
    known = endpoint.fleet.config.request
    return {key: known[key] for key in _SETTINGS if key in known}


def _capture(storage: Document) -> Document:
    return {
        "InitialSamplingPercentage": _ALL_PERCENT,
        "DestinationS3Uri": storage["Destination"],
        "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
        **({"KmsKeyId": storage["KmsKey"]} if "KmsKey" in storage else {}),
        **({"CaptureContentTypeHeader": storage["ContentType"]} if "ContentType" in storage else {}),
    }
