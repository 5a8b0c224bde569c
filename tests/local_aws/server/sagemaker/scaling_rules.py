"""The rules of Application Auto Scaling that its service model does not state."""

import itertools
import math
import re
import zoneinfo
from collections.abc import Iterable

from tests.local_aws.server.sagemaker import components, endpoints
from tests.local_aws.server.sagemaker.errors import ServiceError
from tests.local_aws.server.sagemaker.scaling_state import CONCURRENCY, COPIES, INSTANCES, component_of, variant_of
from tests.local_aws.server.sagemaker.state import Document
from tests.local_aws.server.sagemaker.validation import refuse_unless

_PREDEFINED = {
    "SageMakerVariantInvocationsPerInstance": INSTANCES,
    "SageMakerVariantConcurrentRequestsPerModelHighResolution": INSTANCES,
    "SageMakerVariantProvisionedConcurrencyUtilization": CONCURRENCY,
    "SageMakerInferenceComponentInvocationsPerCopy": COPIES,
    "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution": COPIES,
    "LambdaProvisionedConcurrencyUtilization": "lambda:function:ProvisionedConcurrency",
}
_SCHEDULE = re.compile(
    r"at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)|rate\([1-9]\d* (minute|hour|day)s?\)|cron\(\S+( \S+){5}\)"
)


def check_resource(request: Document) -> None:
    """Check that what is to be scaled is there and can be.

    Raises:
        ServiceError: It is not there, or cannot be scaled.
    """
    resource_id, dimension = request["ResourceId"], request["ScalableDimension"]
    refuse_unless(
        dimension.startswith("sagemaker:"), f"Scalable dimension {dimension} does not belong to namespace sagemaker."
    )
    if dimension == COPIES:
        name = component_of(resource_id)
        refuse_unless(name, f"Unsupported resource ID {resource_id} for dimension {dimension}.")
        refuse_unless(not components.find(name).base_name, f"{name} is an adapter: its copies are those of its base.")
        return
    named = variant_of(resource_id)
    if named is None:
        raise ServiceError("ValidationException", f"Unsupported resource ID {resource_id} for dimension {dimension}.")
    variant = endpoints.find(named[0]).fleet.everyone.get(named[1])
    if variant is None:
        raise ServiceError("ValidationException", f'Could not find variant "{named[1]}" of endpoint "{named[0]}".')
    refuse_unless(
        variant.is_serverless == (dimension == CONCURRENCY),
        f"Scalable dimension {dimension} does not fit variant {variant.name}.",
    )
    refuse_unless(
        not (variant.instance_type or "").startswith("ml.t2."),
        f"You cannot register a variant with {variant.instance_type} instance type as a scalable target.",
    )


def check_bounds(low: int | None, high: int | None) -> None:
    """Check the capacity limits of a target or of a scheduled action.

    Raises:
        ServiceError: They contradict each other.
    """
    refuse_unless(low is None or low >= 0, "Minimum capacity must be at least 0.")
    refuse_unless(high is None or high >= 0, "Maximum capacity must be at least 0.")
    refuse_unless(low is None or high is None or low <= high, "Maximum capacity cannot be less than minimum capacity.")


def check_least(low: int, resource_id: str) -> None:
    """Check how small a variant may become: only an asynchronous one may end without instances.

    Raises:
        ServiceError: The variant would.
    """
    named = variant_of(resource_id)
    may = named is not None and endpoints.find(named[0]).fleet.config.is_async
    refuse_unless(low >= 1 or may, f"Minimum capacity must be at least 1 for {resource_id}.")


def check_policy(request: Document, others: Iterable[Document] = ()) -> None:
    """Check a scaling policy beside the others of its target.

    Raises:
        ServiceError: The service would refuse it.
    """
    kind = request.get("PolicyType", "StepScaling")
    key = f"{kind}PolicyConfiguration"
    refuse_unless(key in request, f"{key} must be specified for policy type {kind}.")
    if kind == "TargetTrackingScaling":
        _check_target_tracking(request[key], request["ScalableDimension"])
        metrics = [_metric(other[key]) for other in others if key in other]
        refuse_unless(
            _metric(request[key]) not in metrics,
            "Only one TargetTrackingScaling policy for a given metric specification is allowed.",
        )
    elif kind == "StepScaling":
        _check_steps(request[key])


def check_schedule(request: Document, *, exists: bool) -> None:
    """Check a scheduled action; one that exists may be changed in part.

    Raises:
        ServiceError: The service would refuse it.
    """
    refuse_unless(exists or "Schedule" in request, "Schedule must be specified.")
    if "Schedule" in request:
        refuse_unless(
            _SCHEDULE.fullmatch(request["Schedule"]), f"Schedule expression {request['Schedule']} is not valid."
        )
    zone = request.get("Timezone", "UTC")
    refuse_unless(zone in zoneinfo.available_timezones(), f"Timezone {zone} is not valid.")
    refuse_unless(request.get("StartTime", 0) <= request.get("EndTime", math.inf), "StartTime must be before EndTime.")
    action = request.get("ScalableTargetAction", {})
    refuse_unless(
        exists or "MinCapacity" in action or "MaxCapacity" in action,
        "ScalableTargetAction must specify MinCapacity, MaxCapacity or both.",
    )
    check_bounds(action.get("MinCapacity"), action.get("MaxCapacity"))


def _check_target_tracking(policy: Document, dimension: str) -> None:
    given = [key for key in ("PredefinedMetricSpecification", "CustomizedMetricSpecification") if key in policy]
    refuse_unless(len(given) == 1, "Exactly one of predefined and customized metric specification must be specified.")
    refuse_unless(policy["TargetValue"] > 0, f"TargetValue must be above 0, got {policy['TargetValue']}.")
    metric = policy.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
    refuse_unless(
        metric is None or _PREDEFINED.get(metric) == dimension,
        f"Predefined metric {metric} does not fit scalable dimension {dimension}.",
    )

    if "CustomizedMetricSpecification" in policy:
        _check_customized(policy["CustomizedMetricSpecification"])


def _check_customized(metric: Document) -> None:
    single = [key for key in ("MetricName", "Namespace", "Statistic") if key in metric]
    refuse_unless(
        len(single) == (0 if "Metrics" in metric else 3),
        f"A customized metric needs either Metrics or MetricName, Namespace and Statistic, got {sorted(metric)}.",
    )
    returning = [query for query in metric.get("Metrics", ()) if query.get("ReturnData", True)]
    refuse_unless(
        "Metrics" not in metric or len(returning) == 1, f"Exactly one metric must return data, got {len(returning)}."
    )


def _metric(policy: Document) -> tuple[Document | None, Document | None]:
    return policy.get("PredefinedMetricSpecification"), policy.get("CustomizedMetricSpecification")


def _check_steps(policy: Document) -> None:
    refuse_unless("AdjustmentType" in policy, "AdjustmentType must be specified for policy type StepScaling.")
    steps = policy.get("StepAdjustments", [])
    refuse_unless(steps, "StepAdjustments must be specified for policy type StepScaling.")
    bounds = sorted(
        (step.get("MetricIntervalLowerBound", -math.inf), step.get("MetricIntervalUpperBound", math.inf))
        for step in steps
    )
    refuse_unless(all(low < high for low, high in bounds), "A step's lower bound must be less than its upper bound.")
    refuse_unless(
        all(before[1] == after[0] for before, after in itertools.pairwise(bounds)),
        "Step intervals must neither overlap nor leave a gap.",
    )
