"""The example stacks. The only place that reads context and environment."""

import os

import aws_cdk as cdk

from stacks.realtime_canary import RealtimeCanaryStack
from stacks.realtime_linear import RealtimeLinearStack
from stacks.realtime_rolling import RealtimeRollingStack
from stacks.realtime_scheduled import RealtimeScheduledStack

app = cdk.App()

# The deployer's account and region when there are any, so that image accounts and zones are known at synth.
env = cdk.Environment(account=os.environ.get("CDK_DEFAULT_ACCOUNT"), region=os.environ.get("CDK_DEFAULT_REGION"))
fraud_model = app.node.try_get_context("fraud_model") or "examples/fraud/model"
fraud_regions = app.node.try_get_context("fraud_regions") or "examples/fraud/regions"

RealtimeCanaryStack(app, "RealtimeCanary", model_folder=fraud_model, env=env)
RealtimeLinearStack(app, "RealtimeLinear", model_folder=fraud_model, env=env)
RealtimeRollingStack(app, "RealtimeRolling", model_folder=fraud_model, env=env)
RealtimeScheduledStack(app, "RealtimeScheduled", model_folder=fraud_model, env=env)

app.synth()
