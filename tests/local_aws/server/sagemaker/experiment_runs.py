"""Carries inference experiments through: starts them when it is time, and ends them."""

import logging
import time
import uuid

from tests.local_aws.server import timing
from tests.local_aws.server.sagemaker import configs, endpoints, experiment_configs
from tests.local_aws.server.sagemaker.errors import ServiceError
from tests.local_aws.server.sagemaker.experiment_state import Experiment, experiments
from tests.local_aws.server.sagemaker.state import LOCK, Document

_LOG = logging.getLogger("local_aws.sagemaker")
_LOOK_SECONDS = 0.05
_SECONDS_TO_SETTLE = 900.0
_AHEAD = frozenset({"Creating", "Created", "Starting", "Updating", "Running"})


def follow(experiment: Experiment) -> None:
    """Start an experiment when its time has come, and complete it when that is over."""
    with LOCK:
        if experiment.status == "Creating":
            experiment.becomes("Created")
    while experiment.status in _AHEAD and experiments().get(experiment.name) is experiment:
        if experiment.status == "Created" and experiment.clock >= experiment.start:
            with LOCK:
                experiment.becomes("Starting")
            apply(experiment)
        elif experiment.status == "Running" and experiment.clock >= experiment.end:
            with LOCK:
                experiment.becomes("Stopping")
            finish(experiment, config_name=experiment.config_before, status="Completed")
        begun = time.monotonic()
        time.sleep(_LOOK_SECONDS)
        experiment.clock += timing.seconds_on_aws(time.monotonic() - begun)


def apply(experiment: Experiment) -> None:
    """Bring the configuration of an experiment to its endpoint; it is Running then, or Cancelled when that failed."""
    try:
        endpoint = endpoints.find(experiment.endpoint_name)
        with LOCK:
            experiment.config_before = experiment.config_before or endpoint.fleet.config.name
            experiment.statuses = dict.fromkeys(experiment.variants, "Creating")
        config_name = bring(experiment, experiment_configs.of(experiment, endpoint))
    except (ServiceError, TimeoutError) as error:
        _cancel(experiment, error)
        return
    with LOCK:
        experiment.config_name = config_name
        experiment.statuses = dict.fromkeys(experiment.variants, "InService")
        experiment.becomes("Running")


def finish(experiment: Experiment, *, config_name: str, status: str, reason: str = "") -> None:
    """End an experiment: its endpoint gets a configuration, and the experiment a status.

    Args:
        experiment: The experiment.
        config_name: The configuration that the endpoint goes to.
        status: Completed or Cancelled.
        reason: What the caller gave as the reason.
    """
    try:
        _move(experiment.endpoint_name, config_name)
    except (ServiceError, TimeoutError) as error:
        _cancel(experiment, error)
        return
    with LOCK:
        there = configs.find(config_name)
        left = {**there.variants, **there.shadows}
        experiment.statuses = {name: "InService" if name in left else "Deleted" for name in experiment.variants}
        experiment.becomes(status, reason=reason)


def bring(experiment: Experiment, config: Document) -> str:
    """Create a configuration and bring it to the endpoint of an experiment; return its name.

    Raises:
        ServiceError: It was refused, or the endpoint went back to what it ran before.
        TimeoutError: The endpoint does not settle.
    """
    name = create(experiment, config)
    _move(experiment.endpoint_name, name)
    return name


def create(experiment: Experiment, config: Document) -> str:
    """Create a configuration under a name that tells where it comes from; return the name."""
    name = f"{experiment.name[:40].rstrip('-')}-{uuid.uuid4().hex[:12]}"
    configs.create_endpoint_config({"EndpointConfigName": name, **config})
    return name


def _move(endpoint_name: str, config_name: str) -> None:
    if endpoints.find(endpoint_name).fleet.config.name == config_name:
        return
    endpoints.update_endpoint({"EndpointName": endpoint_name, "EndpointConfigName": config_name})
    found = endpoints.wait_until_settled(endpoint_name, _SECONDS_TO_SETTLE)
    if found is None or found["EndpointConfigName"] != config_name:
        raise ServiceError("ValidationException", f"Endpoint {endpoint_name} could not be updated to {config_name}.")


def _cancel(experiment: Experiment, error: Exception) -> None:
    _LOG.warning("inference experiment %s is cancelled: %s", experiment.name, error)
    with LOCK:
        experiment.becomes("Cancelled", reason=str(error))
