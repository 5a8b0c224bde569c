"""CreateInferenceExperiment and its kin: shadow tests with a beginning and an end."""

import time

from tests.local_aws.server.sagemaker import (
    cloud,
    endpoints,
    experiment_configs,
    experiment_rules,
    experiment_runs,
    tags,
)
from tests.local_aws.server.sagemaker.describing import describe
from tests.local_aws.server.sagemaker.errors import ServiceError
from tests.local_aws.server.sagemaker.experiment_state import SECONDS_WITHOUT_END, Experiment, experiments
from tests.local_aws.server.sagemaker.listing import page, seconds
from tests.local_aws.server.sagemaker.state import LOCK, Document, store
from tests.local_aws.server.sagemaker.validation import validate


def create_inference_experiment(request: Document) -> Document:
    """Create an experiment; it starts when its schedule says so, and at once without one."""
    validate("sagemaker", "CreateInferenceExperiment", request)
    name = request["Name"]
    arn = cloud.arn("sagemaker", f"inference-experiment/{name.lower()}")
    now = time.time()
    start, end = _schedule(request, now)
    with LOCK:
        if name in experiments():
            raise ServiceError("ResourceInUse", f'Inference experiment "{arn}" exists already.')
        kept = {key: value for key, value in request.items() if key != "Tags"}
        experiment = Experiment(name, arn, kept, start, end, now)
        experiment_rules.check(experiment, endpoints.find(experiment.endpoint_name))
        _refuse_a_second(experiment)
        experiments()[name] = experiment
        tags.put(arn, request.get("Tags", []))
    cloud.in_background(experiment_runs.follow, experiment, name=f"experiment-{name}")
    return {"InferenceExperimentArn": arn}


def describe_inference_experiment(request: Document) -> Document:
    """Describe an experiment."""
    validate("sagemaker", "DescribeInferenceExperiment", request)
    with LOCK:
        experiment = find(request["Name"])
        given = {key: value for key, value in experiment.request.items() if key not in {"EndpointName", "Schedule"}}
        variants = [
            {**variant, "Status": experiment.statuses.get(name, "Creating")}
            for name, variant in experiment.variants.items()
        ]
        return {
            **given,
            **_summary(experiment),
            **_endpoint(experiment),
            "Arn": experiment.arn,
            "ModelVariants": variants,
        }


def list_inference_experiments(request: Document) -> Document:
    """List the experiments of this account and region."""
    validate("sagemaker", "ListInferenceExperiments", request)
    with LOCK:
        summaries = [_summary(experiment) for experiment in experiments().values()]
    return page(summaries, request, name_key="Name", result_key="InferenceExperiments", status_key="Status")


def start_inference_experiment(request: Document) -> Document:
    """Start an experiment before its time."""
    validate("sagemaker", "StartInferenceExperiment", request)
    with LOCK:
        experiment = find(request["Name"])
        experiment_rules.check_status(experiment, "start", "Created")
        experiment.start = min(experiment.start, experiment.clock)
    return {"InferenceExperimentArn": experiment.arn}


def update_inference_experiment(request: Document) -> Document:
    """Change an experiment that is to run or runs."""
    validate("sagemaker", "UpdateInferenceExperiment", request)
    with LOCK:
        experiment = find(request["Name"])
        experiment_rules.check_status(experiment, "update", "Created", "Running")
        before, times = experiment.request, (experiment.start, experiment.end)
        experiment.request = {**before, **{key: value for key, value in request.items() if key != "Schedule"}}
        if "Schedule" in request:
            experiment.start, experiment.end = _schedule(
                {"Schedule": {**_times(experiment), **request["Schedule"]}}, 0.0
            )
        try:
            experiment_rules.check(experiment, endpoints.find(experiment.endpoint_name))
        except ServiceError:
            experiment.request, (experiment.start, experiment.end) = before, times
            raise
        reshaped = {"ModelVariants", "DataStorageConfig", "ShadowModeConfig"} & set(request)
        if experiment.status == "Running" and reshaped:
            experiment.becomes("Updating")
            cloud.in_background(experiment_runs.apply, experiment, name=f"update-{experiment.name}")
    return {"InferenceExperimentArn": experiment.arn}


def stop_inference_experiment(request: Document) -> Document:
    """Stop an experiment, and say what becomes of its variants."""
    validate("sagemaker", "StopInferenceExperiment", request)
    with LOCK:
        experiment = find(request["Name"])
        experiment_rules.check_status(experiment, "stop", "Created", "Running")
        actions = request["ModelVariantActions"]
        experiment_rules.check_actions(experiment, actions)
        status, reason = request.get("DesiredState", "Completed"), request.get("Reason", "")
        if experiment.status == "Created":
            experiment.becomes("Cancelled", reason=reason)
            return {"InferenceExperimentArn": experiment.arn}
        config_name = _config_after(experiment, actions, request.get("DesiredModelVariants", []))
        experiment.becomes("Stopping")

    def finish() -> None:
        experiment_runs.finish(experiment, config_name=config_name, status=status, reason=reason)

    cloud.in_background(finish, name=f"stop-{experiment.name}")
    return {"InferenceExperimentArn": experiment.arn}


def delete_inference_experiment(request: Document) -> Document:
    """Forget an experiment that is over, or never began; the endpoint stays as it is."""
    validate("sagemaker", "DeleteInferenceExperiment", request)
    with LOCK:
        experiment = find(request["Name"])
        experiment_rules.check_status(experiment, "delete", "Created", "Completed", "Cancelled")
        del experiments()[experiment.name]
        tags.forget(experiment.arn)
    return {"InferenceExperimentArn": experiment.arn}


def find(name: str) -> Experiment:
    """Return an experiment of this account and region.

    Raises:
        ServiceError: There is none of this name.
    """
    with LOCK:
        experiment = experiments().get(name)
    if experiment is None:
        raise ServiceError("ResourceNotFound", f"Inference experiment {name} does not exist.")
    return experiment


def _config_after(experiment: Experiment, actions: Document, desired: list[Document]) -> str:
    """Return the configuration for an endpoint whose experiment stops, made where there is none yet."""
    endpoint = endpoints.find(experiment.endpoint_name)
    wanted = {variant["VariantName"]: variant for variant in desired}
    if actions[experiment.shadow_name] == "Retain":
        return endpoint.fleet.config.name
    kept = experiment.shadow_name if actions[experiment.shadow_name] == "Promote" else experiment.production_name
    if kept == experiment.production_name and not wanted:
        return experiment.config_before
    described = wanted.get(kept, experiment.variants.get(kept))
    if described is None:
        return experiment.config_before
    return experiment_runs.create(experiment, experiment_configs.with_only(described, endpoint))


def _refuse_a_second(experiment: Experiment) -> None:
    for other in experiments().values():
        if other.endpoint_name == experiment.endpoint_name and other.status not in {"Completed", "Cancelled"}:
            raise ServiceError(
                "ResourceInUse", f"Endpoint {other.endpoint_name} has the experiment {other.name} already."
            )


def _schedule(request: Document, now: float) -> tuple[float, float]:
    schedule = request.get("Schedule", {})
    start = seconds(schedule["StartTime"]) if "StartTime" in schedule else now
    return start, seconds(schedule["EndTime"]) if "EndTime" in schedule else start + SECONDS_WITHOUT_END


def _times(experiment: Experiment) -> Document:
    return {"StartTime": experiment.start, "EndTime": experiment.end}


def _summary(experiment: Experiment) -> Document:
    optional = {
        "StatusReason": experiment.reason or None,
        "CompletionTime": experiment.completed,
        "Description": experiment.request.get("Description"),
    }
    return {
        "Name": experiment.name,
        "Type": experiment.request["Type"],
        "RoleArn": experiment.request["RoleArn"],
        "Schedule": _times(experiment),
        "Status": experiment.status,
        "CreationTime": experiment.created,
        "LastModifiedTime": experiment.modified,
        **{key: value for key, value in optional.items() if value is not None},
    }


def _endpoint(experiment: Experiment) -> Document:
    endpoint = store().endpoints.get(experiment.endpoint_name)
    known = describe(endpoint) if endpoint is not None else {}
    told = ("EndpointConfigName", "EndpointStatus", "FailureReason")
    named = {"EndpointName": experiment.endpoint_name, **{key: known[key] for key in told if key in known}}
    return {"EndpointMetadata": named}
