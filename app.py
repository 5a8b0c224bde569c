"""The example stacks. The only place that reads context and environment."""

import os
from datetime import datetime

import aws_cdk as cdk

from stacks.ab_test import AbTestStack
from stacks.async_scale_to_zero import AsyncScaleToZeroStack
from stacks.batch_nightly import BatchNightlyStack
from stacks.batch_on_arrival import BatchOnArrivalStack
from stacks.components import ComponentsStack
from stacks.explained import ExplainedStack
from stacks.function_bucket import FunctionBucketStack
from stacks.function_bundled import FunctionBundledStack
from stacks.function_file_system import FunctionFileSystemStack
from stacks.function_image import FunctionImageStack
from stacks.function_layer import FunctionLayerStack
from stacks.function_proxy import FunctionProxyStack
from stacks.gpu_batch_job import GpuBatchJobStack
from stacks.gpu_node_group import GpuNodeGroupStack
from stacks.gpu_triton import GpuTritonStack
from stacks.multi_container import MultiContainerStack
from stacks.multi_model import MultiModelStack
from stacks.pipeline import PipelineStack
from stacks.realtime_canary import RealtimeCanaryStack
from stacks.realtime_linear import RealtimeLinearStack
from stacks.realtime_rolling import RealtimeRollingStack
from stacks.realtime_scheduled import RealtimeScheduledStack
from stacks.serverless import ServerlessStack
from stacks.shadow import ShadowStack
from stacks.shadow_experiment import ShadowExperimentStack
from stacks.triton_ensembles import TritonEnsemblesStack

app = cdk.App()

# The deployer's account and region when there are any, so that image accounts and zones are known at synth.
env = cdk.Environment(account=os.environ.get("CDK_DEFAULT_ACCOUNT"), region=os.environ.get("CDK_DEFAULT_REGION"))
fraud_model = app.node.try_get_context("fraud_model") or "examples/fraud/model"
fraud_candidate = app.node.try_get_context("fraud_candidate") or "examples/fraud/candidate"
fraud_regions = app.node.try_get_context("fraud_regions") or "examples/fraud/regions"
fraud_function = app.node.try_get_context("fraud_function") or "examples/fraud/function"
fraud_proxy = app.node.try_get_context("fraud_proxy") or "examples/fraud/proxy"
# The cluster of somebody else's that gets GPUs: name your own.
existing_cluster = app.node.try_get_context("cluster") or "platform"
existing_vpc = app.node.try_get_context("cluster_vpc") or "vpc-0123456789abcdef0"
existing_zones = (app.node.try_get_context("cluster_zones") or "eu-central-1a,eu-central-1b").split(",")
existing_subnets = (
    app.node.try_get_context("cluster_subnets") or "subnet-0123456789abcdef0,subnet-0123456789abcdef1"
).split(",")
# A release of the nodes' machine image is named for those that must not wait for whatever is the newest: look yours up.
node_release = app.node.try_get_context("node_release")
most_nodes = int(app.node.try_get_context("most_nodes") or 6)
# The payments of a month, and what goes over them: the image is built in that folder.
payments_bucket = app.node.try_get_context("payments_bucket") or "payments-of-the-month"
fraud_worker = app.node.try_get_context("fraud_worker") or "examples/fraud"
# The days of a shadow test are days of the calendar: name others once these are over.
trial_start = datetime.fromisoformat(app.node.try_get_context("trial_start") or "2027-01-04T09:00:00+00:00")
trial_end = datetime.fromisoformat(app.node.try_get_context("trial_end") or "2027-01-11T09:00:00+00:00")

AbTestStack(app, "AbTest", model_folder=fraud_model, candidate_folder=fraud_candidate, env=env)
AsyncScaleToZeroStack(app, "AsyncScaleToZero", model_folder=fraud_model, env=env)
BatchNightlyStack(app, "BatchNightly", model_folder=fraud_model, env=env)
BatchOnArrivalStack(app, "BatchOnArrival", model_folder=fraud_model, env=env)
ComponentsStack(app, "Components", regions_folder=fraud_regions, env=env)
ExplainedStack(app, "Explained", model_folder=fraud_model, env=env)
FunctionBucketStack(app, "FunctionBucket", model_folder=fraud_model, function_folder=fraud_function, env=env)
FunctionBundledStack(app, "FunctionBundled", model_folder=fraud_model, function_folder=fraud_function, env=env)
FunctionFileSystemStack(app, "FunctionFileSystem", model_folder=fraud_model, function_folder=fraud_function, env=env)
FunctionImageStack(app, "FunctionImage", model_folder=fraud_model, function_folder=fraud_function, env=env)
FunctionLayerStack(app, "FunctionLayer", model_folder=fraud_model, function_folder=fraud_function, env=env)
FunctionProxyStack(app, "FunctionProxy", model_folder=fraud_model, proxy_folder=fraud_proxy, env=env)
GpuBatchJobStack(
    app,
    "GpuBatchJob",
    bucket_name=payments_bucket,
    worker_folder=fraud_worker,
    release=node_release or "1.36.1-20261102",
    env=env,
)
GpuNodeGroupStack(
    app,
    "GpuNodeGroup",
    cluster_name=existing_cluster,
    vpc_id=existing_vpc,
    zones=existing_zones,
    subnet_ids=existing_subnets,
    release=node_release,
    most=most_nodes,
    env=env,
)
GpuTritonStack(app, "GpuTriton", model_folder=fraud_model, release=node_release, most=most_nodes, env=env)
MultiContainerStack(app, "MultiContainer", regions_folder=fraud_regions, env=env)
MultiModelStack(app, "MultiModel", regions_folder=fraud_regions, env=env)
PipelineStack(app, "Pipeline", model_folder=fraud_model, env=env)
RealtimeCanaryStack(app, "RealtimeCanary", model_folder=fraud_model, env=env)
RealtimeLinearStack(app, "RealtimeLinear", model_folder=fraud_model, env=env)
RealtimeRollingStack(app, "RealtimeRolling", model_folder=fraud_model, env=env)
RealtimeScheduledStack(app, "RealtimeScheduled", model_folder=fraud_model, env=env)
ServerlessStack(app, "Serverless", model_folder=fraud_model, env=env)
ShadowStack(app, "Shadow", model_folder=fraud_model, candidate_folder=fraud_candidate, env=env)
ShadowExperimentStack(
    app,
    "ShadowExperiment",
    model_folder=fraud_model,
    candidate_folder=fraud_candidate,
    start=trial_start,
    end=trial_end,
    env=env,
)
TritonEnsemblesStack(app, "TritonEnsembles", regions_folder=fraud_regions, env=env)

app.synth()
