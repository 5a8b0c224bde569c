"""The rules of an endpoint configuration that the service model does not state.

They are told once more here, apart from the constructs' own checks, so that the one can catch the other in a mistake.
"""

import math

from tests.local_aws.server.sagemaker.state import Document, Model
from tests.local_aws.server.sagemaker.validation import refuse_unless

_SERVERLESS_MEMORY = frozenset({1024, 2048, 3072, 4096, 5120, 6144})
_OF_INSTANCES = frozenset(
    {
        "CapacityReservationConfig",
        "EnableSSMAccess",
        "InferenceAmiVersion",
        "InitialInstanceCount",
        "ManagedInstanceScaling",
        "RoutingConfig",
        "VariantInstanceProvisionTimeoutInSeconds",
        "VolumeSizeInGB",
    }
)
_NOT_SERVERLESS = frozenset(
    {
        "AsyncInferenceConfig",
        "DataCaptureConfig",
        "EnableNetworkIsolation",
        "ExplainerConfig",
        "ShadowProductionVariants",
        "VpcConfig",
    }
)
_INF1 = "ml.inf1."
_NVME_PREFIXES = ("g5", "g6", "g7e", "p5", "p6-b200", "trn1", "trn2")


def check(request: Document, models: dict[str, Model]) -> None:
    """Check a configuration whose models are known.

    Raises:
        ServiceError: The service would refuse it.
    """
    variants: list[Document] = request["ProductionVariants"]
    shadows: list[Document] = request.get("ShadowProductionVariants", [])
    names = [variant["VariantName"] for variant in [*variants, *shadows]]
    refuse_unless(len(set(names)) == len(names), f"VariantName values must be unique, got {names}.")
    for variant in [*variants, *shadows]:
        _check_variant(variant, request)
        if "ServerlessConfig" in variant:
            _check_serverless(variant, request, models.get(variant.get("ModelName", "")))
        else:
            _check_volume(variant, request)
    refuse_unless(
        not math.isclose(sum(variant.get("InitialVariantWeight", 1.0) for variant in variants), 0.0),
        "At least one production variant must have an InitialVariantWeight above 0.",
    )
    if shadows:
        _check_shadow(request, models)
    if "AsyncInferenceConfig" in request:
        _check_async(request, models)
    if any(_types(variant, _INF1) for variant in variants):
        _check_inf1(request, models)


def has_local_nvme(instance_type: str) -> bool:
    """Tell whether an instance type brings its own disk, so that no volume is attached to it."""
    family = instance_type.removeprefix("ml.").split(".")[0]
    return "d" in family or family.startswith(_NVME_PREFIXES)


def _check_variant(variant: Document, request: Document) -> None:
    name = variant["VariantName"]
    kinds = [kind for kind in ("InstanceType", "InstancePools", "ServerlessConfig") if kind in variant]
    refuse_unless(
        len(kinds) == 1,
        f"Exactly one of InstanceType, InstancePools and ServerlessConfig must be specified for variant {name},"
        f" got {kinds or 'none'}.",
    )
    if "ModelName" not in variant:
        refuse_unless(
            "ExecutionRoleArn" in request,
            f"Variant {name} names no model, which requires an ExecutionRoleArn on the endpoint configuration.",
        )
    else:
        refuse_unless(
            "ManagedInstanceScaling" not in variant,
            "ManagedInstanceScaling is not supported with the given EndpointConfig setup.",
        )
    managed = variant.get("ManagedInstanceScaling", {})
    least, most = managed.get("MinInstanceCount", 0), managed.get("MaxInstanceCount", math.inf)
    refuse_unless(least <= most, f"MinInstanceCount {least} of variant {name} must not exceed MaxInstanceCount {most}.")
    if "ServerlessConfig" not in variant:
        refuse_unless(
            "InitialInstanceCount" in variant or "ManagedInstanceScaling" in variant,
            f"InitialInstanceCount must be specified for variant {name}.",
        )
    routing = variant.get("RoutingConfig", {})
    refuse_unless(
        (routing.get("RoutingStrategy") == "PREFIX_AWARE") == ("PrefixAwareRoutingConfig" in routing),
        "PrefixAwareRoutingConfig must be specified when and only when RoutingStrategy is PREFIX_AWARE.",
    )


def _check_volume(variant: Document, request: Document) -> None:
    for instance_type in _types(variant):
        if has_local_nvme(instance_type):
            refuse_unless(
                "VolumeSizeInGB" not in variant,
                f"VolumeSizeInGB parameter is not allowed for the selected Instance type {instance_type}.",
            )
            refuse_unless(
                "KmsKeyId" not in request,
                f"KmsKeyId is not allowed for the selected Instance type {instance_type}, which has local storage.",
            )


def _check_serverless(variant: Document, request: Document, model: Model | None) -> None:
    settings = variant["ServerlessConfig"]
    refuse_unless(
        settings["MemorySizeInMB"] in _SERVERLESS_MEMORY,
        f"MemorySizeInMB must be one of {sorted(_SERVERLESS_MEMORY)}, got {settings['MemorySizeInMB']}.",
    )
    provisioned = settings.get("ProvisionedConcurrency", 0)
    refuse_unless(
        provisioned <= settings["MaxConcurrency"],
        f"ProvisionedConcurrency {provisioned} must not exceed MaxConcurrency {settings['MaxConcurrency']}.",
    )
    odd = sorted(_OF_INSTANCES & set(variant))
    refuse_unless(not odd, f"{', '.join(odd)} cannot be specified with ServerlessConfig.")
    excluded = sorted(key for key in _NOT_SERVERLESS & set(request) if request[key])
    refuse_unless(not excluded, f"{', '.join(excluded)} is not supported for serverless endpoints.")
    refuse_unless(len(request["ProductionVariants"]) == 1, "Serverless endpoints support one production variant.")
    refuse_unless("ModelName" in variant, "A serverless variant needs a ModelName.")
    if model is not None:
        refuse_unless("VpcConfig" not in model.request, "VpcConfig is not supported for serverless endpoints.")
        refuse_unless(
            not model.request.get("EnableNetworkIsolation"), "Network isolation is not supported for serverless."
        )
        refuse_unless(_is_single(model), "Serverless endpoints support one container in Mode SingleModel.")
        refuse_unless(
            "ModelDataSource" not in model.containers[0], "ModelDataSource is not supported for serverless endpoints."
        )
        refuse_unless(
            not _is_bought(model), "AWS Marketplace model packages are not supported for serverless endpoints."
        )


def _check_shadow(request: Document, models: dict[str, Model]) -> None:
    refuse_unless(
        len(request["ProductionVariants"]) == 1 and len(request["ShadowProductionVariants"]) == 1,
        "Shadow testing takes exactly one production variant and one shadow variant.",
    )
    refuse_unless(
        "AsyncInferenceConfig" not in request, "Shadow variants are not supported for asynchronous endpoints."
    )
    _check_models_named(request, "Shadow variants")
    refuse_unless(all(map(_is_single, models.values())), "Shadow variants support one container in Mode SingleModel.")
    refuse_unless(not any(map(_is_bought, models.values())), "Shadow variants do not support AWS Marketplace models.")
    everyone = [*request["ProductionVariants"], *request["ShadowProductionVariants"]]
    refuse_unless(
        not any(_types(variant, _INF1) for variant in everyone), "Shadow variants do not support Inf1 instances."
    )


def _check_async(request: Document, models: dict[str, Model]) -> None:
    refuse_unless(len(request["ProductionVariants"]) == 1, "Asynchronous endpoints support one production variant.")
    _check_models_named(request, "Asynchronous endpoints")
    refuse_unless("DataCaptureConfig" not in request, "DataCaptureConfig is not supported for asynchronous endpoints.")
    refuse_unless(all(map(_is_single, models.values())), "Asynchronous endpoints support one container, SingleModel.")


def _check_inf1(request: Document, models: dict[str, Model]) -> None:
    plain = "AsyncInferenceConfig" not in request and all(map(_is_single, models.values()))
    refuse_unless(plain, "Inf1 instances support real-time endpoints with one container in Mode SingleModel.")


def _check_models_named(request: Document, what: str) -> None:
    variants = [*request["ProductionVariants"], *request.get("ShadowProductionVariants", [])]
    refuse_unless(all("ModelName" in variant for variant in variants), f"{what} need a ModelName on every variant.")


def _types(variant: Document, prefix: str = "") -> list[str]:
    """List the instance types of a variant, or of all its pools, that begin with a prefix."""
    own = [variant["InstanceType"]] if "InstanceType" in variant else []
    pools = [pool["InstanceType"] for pool in variant.get("InstancePools", [])]
    return [instance_type for instance_type in own + pools if instance_type.startswith(prefix)]


def _is_bought(model: Model) -> bool:
    return any("ModelPackageName" in container for container in model.containers)


def _is_single(model: Model) -> bool:
    return len(model.containers) == 1 and model.containers[0].get("Mode", "SingleModel") == "SingleModel"
