"""A shadow experiment on an endpoint made beside it."""

from typing import Any

from constructs import Construct

from cdk_model_hosting import RealtimeEndpoint, Variant
from cdk_model_hosting.endpoints.shadow import Shadow
from cdk_model_hosting.experiments.shadow import ShadowExperiment
from tests.unit.builders import PAIR, single


def experiment_in(scope: Construct, **options: Any) -> ShadowExperiment:
    """The experiment, with whatever is given in place of the usual."""
    if "production" not in options:
        options["production"] = Variant(model=single(scope), fleet=PAIR)
    if "shadow" not in options:
        options["shadow"] = Shadow(model=single(scope, "Candidate"), fleet=PAIR, percent=50)
    if "endpoint" not in options:
        variants = [options["production"]]
        options["endpoint"] = RealtimeEndpoint(scope, "Endpoint", variants=variants, endpoint_name="fraud")
    return ShadowExperiment(scope, "Experiment", **options)
