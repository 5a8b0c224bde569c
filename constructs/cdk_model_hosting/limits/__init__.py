"""Service limits as data: each with its range, unit, reason, source and the day it was read.

The same constants feed the checks, their messages and the generated page ``docs/limits.md``, so that no number lives
twice. They are grouped by resource in the modules of this package, and all of them can be imported from here:

    from cdk_model_hosting.limits import VOLUME_GB

    VOLUME_GB.check("Fleet volume_gb", volume_gb)
"""

# ruff: noqa: F403 - every constant of every group is public here; listing them again would be the same list twice
from cdk_model_hosting.limits import (
    answers,
    batch,
    capture,
    clusters,
    components,
    endpoints,
    experiments,
    explained,
    file_systems,
    fronts,
    functions,
    jobs,
    models,
    monitoring,
    node_pools,
    nodes,
    rollout,
    scaling,
    servers,
    triton,
)
from cdk_model_hosting.limits.answers import *
from cdk_model_hosting.limits.batch import *
from cdk_model_hosting.limits.capture import *
from cdk_model_hosting.limits.clusters import *
from cdk_model_hosting.limits.components import *
from cdk_model_hosting.limits.endpoints import *
from cdk_model_hosting.limits.experiments import *
from cdk_model_hosting.limits.explained import *
from cdk_model_hosting.limits.file_systems import *
from cdk_model_hosting.limits.fronts import *
from cdk_model_hosting.limits.functions import *
from cdk_model_hosting.limits.jobs import *
from cdk_model_hosting.limits.kinds import Choice as Choice
from cdk_model_hosting.limits.kinds import Limit as Limit
from cdk_model_hosting.limits.kinds import Rule as Rule
from cdk_model_hosting.limits.kinds import TextLimit as TextLimit
from cdk_model_hosting.limits.models import *
from cdk_model_hosting.limits.monitoring import *
from cdk_model_hosting.limits.node_pools import *
from cdk_model_hosting.limits.nodes import *
from cdk_model_hosting.limits.rollout import *
from cdk_model_hosting.limits.scaling import *
from cdk_model_hosting.limits.servers import *
from cdk_model_hosting.limits.triton import *


def groups() -> dict[str, dict[str, Rule]]:
    """Every limit by the name of its constant, in groups titled as on the limits page."""
    titled = {
        "Models": models,
        "Triton": triton,
        "Endpoints": endpoints,
        "Serverless and asynchronous answers": answers,
        "Inference components": components,
        "Captured requests": capture,
        "Explained answers": explained,
        "Shadow tests": experiments,
        "Batch transform": batch,
        "Models inside Lambda": functions,
        "File systems of functions": file_systems,
        "Fronts of functions": fronts,
        "Clusters": clusters,
        "Nodes of clusters": nodes,
        "Pools of nodes": node_pools,
        "Inference servers on clusters": servers,
        "Jobs on clusters": jobs,
        "Rollouts": rollout,
        "Scaling": scaling,
        "Monitoring": monitoring,
    }
    return {
        title: {name: value for name, value in vars(module).items() if isinstance(value, Rule)}
        for title, module in titled.items()
    }
