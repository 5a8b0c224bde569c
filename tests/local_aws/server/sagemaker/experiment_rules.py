"""The rules of inference experiments that the service model does not state."""

from tests.local_aws.server.sagemaker import config_rules, experiment_configs, models
from tests.local_aws.server.sagemaker.errors import ServiceError
from tests.local_aws.server.sagemaker.experiment_state import Experiment
from tests.local_aws.server.sagemaker.state import Document, Endpoint
from tests.local_aws.server.sagemaker.validation import refuse_unless

_MOST_SECONDS = 30 * 24 * 3600
# What becomes of the production variant, and of the shadow variant.
_PLAYED = frozenset({("Retain", "Remove"), ("Retain", "Retain"), ("Remove", "Promote")})


def check(experiment: Experiment, endpoint: Endpoint) -> None:
    """Check an experiment against the endpoint that it is to run on.

    Raises:
        ServiceError: The service would refuse it.
    """
    seconds = experiment.end - experiment.start
    refuse_unless(seconds > 0, "EndTime of the Schedule must be after its StartTime.")
    refuse_unless(seconds <= _MOST_SECONDS, "An inference experiment runs for 30 days at most.")
    production, shadow = experiment.production_name, experiment.shadow_name
    refuse_unless(production != shadow, f"The production variant and the shadow variant are both called {production}.")
    strangers = sorted(set(experiment.variants) - {production, shadow})
    refuse_unless(not strangers, f"ShadowModeConfig does not name the variant(s) {', '.join(strangers)}.")
    refuse_unless(shadow in experiment.variants, f"ModelVariants do not describe the shadow variant {shadow}.")
    refuse_unless(
        production in experiment.variants or production in endpoint.fleet.variants,
        f"Neither ModelVariants nor endpoint {endpoint.name} have the production variant {production}.",
    )
    for variant in experiment.variants.values():
        count = variant["InfrastructureConfig"]["RealTimeInferenceConfig"]["InstanceCount"]
        refuse_unless(count >= 1, f"InstanceCount of variant {variant['VariantName']} must be at least 1.")
    for feature, has in (
        ("serverless", any(variant.is_serverless for variant in endpoint.fleet.variants.values())),
        ("asynchronous", endpoint.fleet.config.is_async),
        ("inference component", any(variant.model is None for variant in endpoint.fleet.variants.values())),
    ):
        refuse_unless(not has, f"Inference experiments do not support {feature} endpoints.")
    config = experiment_configs.of(experiment, endpoint)
    variants = [*config["ProductionVariants"], *config["ShadowProductionVariants"]]
    config_rules.check(config, {variant["ModelName"]: models.find(variant["ModelName"]) for variant in variants})


def check_status(experiment: Experiment, verb: str, *statuses: str) -> None:
    """Refuse to do something to an experiment whose status does not allow it.

    Raises:
        ServiceError: It does not.
    """
    if experiment.status not in statuses:
        raise ServiceError(
            "ConflictException",
            f"Cannot {verb} inference experiment {experiment.name} in status {experiment.status}, only in"
            f" {' or '.join(statuses)}.",
        )


def check_actions(experiment: Experiment, actions: Document) -> None:
    """Check what is to become of the variants when an experiment stops.

    Raises:
        ServiceError: It cannot be done, or is not played.
    """
    names = {experiment.production_name, experiment.shadow_name}
    refuse_unless(
        set(actions) == names,
        f"ModelVariantActions must name {', '.join(sorted(names))}, got {', '.join(sorted(actions))}.",
    )
    chosen = (actions[experiment.production_name], actions[experiment.shadow_name])
    refuse_unless(
        chosen in _PLAYED,
        "The local AWS plays Retain for the production variant with Remove or Retain for the shadow variant, and Remove with"
        f" Promote, got {' with '.join(chosen)}.",
    )
