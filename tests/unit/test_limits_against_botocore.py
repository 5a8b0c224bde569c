"""Every limit against the service's own model, so that a number cannot drift from what AWS enforces."""

from typing import Any

import botocore.session
import pytest

from cdk_model_hosting import limits
from cdk_model_hosting.limits import Choice, Limit, Rule, TextLimit

RULES = {name: rule for group in limits.groups().values() for name, rule in group.items()}

# The shape of each limit: a shape of the SageMaker model, or one of Application Auto Scaling where it says so.
COUNTERPARTS = {
    "MODEL_NAME": "ModelName",
    "CONTAINERS": "ContainerDefinitionList",
    "CONTAINER_HOSTNAME": "ContainerHostname",
    "IMAGE_URI": "ContainerImage",
    "MODEL_DATA_URL": "Url",
    "TARGET_MODEL": "sagemaker-runtime:TargetModelHeader",
    "GRANTED_TARGET_MODEL": "sagemaker-runtime:TargetModelHeader",
    "HUB_CONTENT_ARN": "HubContentArn",
    "CREDENTIALS_PROVIDER_ARN": "RepositoryCredentialsProviderArn",
    "ENVIRONMENT_PAIRS": "EnvironmentMap",
    "ENVIRONMENT_KEY": "EnvironmentKey",
    "ENVIRONMENT_VALUE": "EnvironmentValue",
    "SECURITY_GROUPS": "VpcSecurityGroupIds",
    "SUBNETS": "Subnets",
    "KMS_KEY_ID": "KmsKeyId",
    "ROLE_ARN": "RoleArn",
    "TAGS": "TagList",
    "TAG_KEY": "TagKey",
    "TAG_VALUE": "TagValue",
    "ENDPOINT_NAME": "EndpointName",
    "ENDPOINT_CONFIG_NAME": "EndpointConfigName",
    "VARIANT_NAME": "VariantName",
    "VARIANTS": "ProductionVariantList",
    "SHADOW_VARIANTS": "ProductionVariantList",
    "VARIANT_WEIGHT": "VariantWeight",
    "INSTANCE_COUNT": "InitialTaskCount",
    "VOLUME_GB": "ProductionVariantVolumeSizeInGB",
    "MODEL_DOWNLOAD_SECONDS": "ProductionVariantModelDataDownloadTimeoutInSeconds",
    "CONTAINER_STARTUP_SECONDS": "ProductionVariantContainerStartupHealthCheckTimeoutInSeconds",
    "PROVISION_SECONDS": "VariantInstanceProvisionTimeoutInSeconds",
    "INFERENCE_AMI_VERSION": "ProductionVariantInferenceAmiVersion",
    "INSTANCE_POOLS": "InstancePoolList",
    "INSTANCE_POOL_PRIORITY": "InstancePoolPriority",
    "ROUTING_STRATEGY": "RoutingStrategy",
    "ROUTING_PREFIX_LENGTH": "PrefixAwareRoutingPrefixLength",
    "ROUTING_CONCURRENCY": "PrefixAwareRoutingConcurrencyThreshold",
    "CAPACITY_RESERVATION_ARN": "MlReservationArn",
    "S3_DESTINATION": "DestinationS3Uri",
    "CAPTURE_PERCENT": "SamplingPercentage",
    "CAPTURE_OPTIONS": "CaptureOptionList",
    "CAPTURE_MODE": "CaptureMode",
    "CAPTURE_CONTENT_TYPES": "CsvContentTypes",
    "CAPTURE_CONTENT_TYPE": "CsvContentType",
    "MANAGED_MIN_INSTANCES": "ManagedInstanceScalingMinInstanceCount",
    "MANAGED_MAX_INSTANCES": "ManagedInstanceScalingMaxInstanceCount",
    "MANAGED_SCALE_IN_STEP": "ManagedInstanceScalingMaximumStepSize",
    "MANAGED_SCALE_IN_COOLDOWN_MINUTES": "ManagedInstanceScalingCooldownInMinutes",
    "SERVERLESS_MEMORY_MB": "ServerlessMemorySizeInMB",
    "SERVERLESS_CONCURRENCY": "ServerlessMaxConcurrency",
    "SERVERLESS_PROVISIONED_CONCURRENCY": "ServerlessProvisionedConcurrency",
    "ASYNC_CONCURRENCY": "MaxConcurrentInvocationsPerInstance",
    "ASYNC_TOPIC_ARN": "SnsTopicArn",
    "EXPLAIN_CONDITION": "ClarifyEnableExplanations",
    "EXPLAIN_ATTRIBUTE": "ClarifyFeaturesAttribute",
    "EXPLAIN_HEADER": "ClarifyHeader",
    "EXPLAIN_FEATURE_HEADERS": "ClarifyFeatureHeaders",
    "EXPLAIN_FEATURE_TYPE": "ClarifyFeatureType",
    "EXPLAIN_FEATURE_TYPES": "ClarifyFeatureTypes",
    "EXPLAIN_LABEL_HEADERS": "ClarifyLabelHeaders",
    "EXPLAIN_PAYLOAD_MB": "ClarifyMaxPayloadInMB",
    "EXPLAIN_RECORDS": "ClarifyMaxRecordCount",
    "EXPLAIN_LABEL_INDEX": "ClarifyLabelIndex",
    "EXPLAIN_PROBABILITY_INDEX": "ClarifyProbabilityIndex",
    "EXPLAIN_SAMPLES": "ClarifyShapNumberOfSamples",
    "EXPLAIN_BASELINE": "ClarifyShapBaseline",
    "EXPLAIN_BASELINE_URI": "Url",
    "EXPLAIN_LANGUAGE": "ClarifyTextLanguage",
    "EXPLAIN_GRANULARITY": "ClarifyTextGranularity",
    "EXPERIMENT_NAME": "InferenceExperimentName",
    "EXPERIMENT_DESCRIPTION": "InferenceExperimentDescription",
    "EXPERIMENT_PERCENT": "Percentage",
    "COMPONENT_NAME": "InferenceComponentName",
    "COMPONENT_CPUS": "NumberOfCpuCores",
    "COMPONENT_ACCELERATORS": "NumberOfAcceleratorDevices",
    "COMPONENT_MEMORY_MB": "MemoryInMb",
    "COMPONENT_COPIES": "InferenceComponentCopyCount",
    "CANARY_PERCENT": "CapacitySizeValue",
    "LINEAR_PERCENT": "CapacitySizeValue",
    "ROLLING_PERCENT": "CapacitySizeValue",
    "STEP_INSTANCES": "CapacitySizeValue",
    "BAKE_SECONDS": "WaitIntervalInSeconds",
    "TERMINATION_WAIT_SECONDS": "TerminationWaitInSeconds",
    "EXECUTION_SECONDS": "MaximumExecutionTimeoutInSeconds",
    "ROLLBACK_ALARMS": "AlarmList",
    "ALARM_NAME": "AlarmName",
    "TRAFFIC_ROUTING": "TrafficRoutingConfigType",
    "CAPACITY_SIZE_TYPE": "CapacitySizeType",
    "POLICY_NAME": "application-autoscaling:PolicyName",
    "SCHEDULED_ACTION_NAME": "application-autoscaling:ScheduledActionName",
    "RESOURCE_ID": "application-autoscaling:ResourceIdMaxLen1600",
    "ALARM_ACTIONS": "cloudwatch:ResourceList",
    "TRANSFORM_JOB_NAME": "TransformJobName",
    "TRANSFORM_PAYLOAD_MB": "MaxPayloadInMB",
    "TRANSFORM_CONCURRENCY": "MaxConcurrentTransforms",
    "TRANSFORM_STRATEGY": "BatchStrategy",
    "TRANSFORM_SPLIT": "SplitType",
    "TRANSFORM_ASSEMBLY": "AssemblyType",
    "TRANSFORM_COMPRESSION": "CompressionType",
    "TRANSFORM_CONTENT_TYPE": "ContentType",
    "TRANSFORM_URI": "S3Uri",
    "TRANSFORM_FILTER": "JsonPath",
    "TRANSFORM_CLIENT_SECONDS": "InvocationsTimeoutInSeconds",
    "TRANSFORM_CLIENT_RETRIES": "InvocationsMaxRetries",
    "TRANSFORM_ENVIRONMENT_PAIRS": "TransformEnvironmentMap",
    "TRANSFORM_ENVIRONMENT_KEY": "TransformEnvironmentKey",
    "TRANSFORM_ENVIRONMENT_VALUE": "TransformEnvironmentValue",
    "TRANSFORM_INSTANCES": "TransformInstanceCount",
    "SCHEDULE_WINDOW_MINUTES": "scheduler:MaximumWindowInMinutes",
    "SHARD_CONCURRENCY": "stepfunctions:MaxConcurrency",
    "SHARD_FAILURES": "stepfunctions:ToleratedFailurePercentage",
    "CORS_ORIGINS": "lambda:AllowOriginsList",
    "CORS_HEADERS": "lambda:HeadersList",
    "CORS_HEADER": "lambda:Header",
    "CORS_SECONDS": "lambda:MaxAge",
    "QUEUE_BATCH": "lambda:BatchSize",
    "QUEUE_WINDOW_SECONDS": "lambda:MaximumBatchingWindowInSeconds",
    "QUEUE_CONCURRENCY": "lambda:MaximumConcurrency",
    "FUNCTION_RETRIES": "lambda:MaximumRetryAttempts",
    "FUNCTION_EVENT_AGE_SECONDS": "lambda:MaximumEventAgeInSeconds",
    "CLUSTER_NAME": "eks:ClusterName",
    "NODE_GROUP_MINIMUM": "eks:ZeroCapacity",
    "NODE_GROUP_MAXIMUM": "eks:Capacity",
    "NODE_LABEL_KEY": "eks:labelKey",
}

FUNCTIONS = [name for name in RULES if name.startswith("FUNCTION_") and name not in COUNTERPARTS]

# Limits that the service model does not state, and where the number is from instead.
WITHOUT_COUNTERPART = {
    **{
        name: "a rule of Kubernetes, or of what is installed there"
        for name, rule in RULES.items()
        if "docs.aws" not in rule.source
    },
    "KUBERNETES_VERSION": "a text in the service model; tested against the CDK's own list",
    "KUBERNETES_STANDARD_VERSION": "stated in the guide's calendar",
    "CLUSTER_ZONES": "stated in the guide's network requirements",
    "PUBLIC_ACCESS_RANGES": "EKS' quota, stated in its guide",
    "SYSTEM_NODES": "EKS' quota of nodes in a group, stated in its guide",
    "CONTROL_PLANE_LOG_DAYS": "the same as those of functions",
    "NODE_GROUP_NAME": "stated in the text of CreateNodegroup",
    "NODE_TYPES": "stated in the text of CreateNodegroup",
    "NODE_TAINTS": "stated in the guide; the shape leaves the list open",
    "NODE_DISK_GB": "the largest volume of EBS, stated in its guide",
    "NODE_LEAVE_SECONDS": "stated in the guide",
    "NODES_UNAVAILABLE": "stated in the text of NodegroupUpdateConfig",
    "CAPACITY_RESERVATION_ID": "EC2's; a text in the service model",
    "NODE_AMI_TYPE": "those with drivers of the enumeration, which test_node_limits.py compares",
    "AUTO_MODE_NODE_DAYS": "stated in the guide",
    "POD_DEVICES": "the most devices of an instance type",
    "ENVIRONMENT_TOTAL": "stated in the text of ContainerDefinition only",
    "OBJECT_KEY": "S3's limit, stated in its guide; the service model leaves the longest key open",
    "MANAGED_POLICY_CHARACTERS": "IAM's quota, stated in its guide; the service model allows for white space",
    "MANAGED_POLICIES": "IAM's quota, stated in its guide",
    "INLINE_POLICY_CHARACTERS": "IAM's quota, stated in its guide; the service model allows for white space",
    "METRIC_PERIOD_SECONDS": "stated in the text of MetricsConfig; the CloudFormation schema has it as an enumeration",
    "EXPLAIN_BASELINE_FORMAT": "stated in the text of MimeType; the shape takes any media type",
    "SHADOW_PERCENT": "a ratio of weights, which are open in the service model",
    "EXPERIMENT_HOURS": "stated in the guide; the text of the schedule repeats the longest",
    "EXPERIMENT_STATE": "an enumeration of the CloudFormation schema; the API starts and stops by calls of their own",
    "ADAPTER_ENVIRONMENT_PAIRS": "stated in the text of InferenceComponentContainerSpecification; the shape is shared",
    "SHIFT_PERCENT": "CodeDeploy's quota, stated in its guide; what SageMaker takes of it is checked by endpoints",
    "ROLLING_BACK_PERCENT": "stated in the text of RollingUpdatePolicy; the shape is shared with the other sizes",
    "UTILIZATION_PERCENT": "a share of the machine, multiplied by cores or devices before the service sees it",
    "ALARM_MINUTES": "CloudWatch's limit, stated in the text of PutMetricAlarm: periods times their length, a day at most",
    "IMAGE_TAG": "ECR's limit on the length; the pattern is that of image references",
    "GRADUAL_FLEET": "follows from the largest step being half the fleet",
    "REALTIME_MIN_CAPACITY": "stated in the guide; the service model leaves capacities open",
    "ZERO_MIN_CAPACITY": "capacities are open in the service model",
    "PROVISIONED_MIN_CAPACITY": "stated in the guide; the service model leaves capacities open",
    "MAX_CAPACITY": "capacities are open in the service model",
    "SCHEDULED_MAX_CAPACITY": "capacities are open in the service model",
    "COOLDOWN_SECONDS": "cooldowns are open in the service model",
    "TARGET_VALUE": "target values are open in the service model",
    "PROVISIONED_UTILIZATION": "a percentage, divided by 100 before the service sees it",
    "SAFETY_FACTOR": "a ratio by its definition",
    "DASHBOARD_NAME": "stated in the text of PutDashboard; the service model leaves the name open",
    "DASHBOARD_WIDGETS": "stated on the page on the dashboard body, which is a text to the service model",
    "DASHBOARD_ALARMS": "the same",
    "BACKLOG_AGE_SECONDS": "the longest RequestTTLSeconds, which is in the model of the runtime",
    "TRANSFORM_IN_FLIGHT_MB": "stated in the text of MaxPayloadInMB, for the product of two members",
    "TRANSFORM_JOINED_FORMAT": "stated in the guide; the shape takes any content type",
    "TRANSFORM_FAMILY": "the families of the types that TransformInstanceType lists",
    "TRANSFORM_AMI_VERSION": "stated in the text of TransformAmiVersion; the shape takes any name",
    "JOB_SECONDS": "the Amazon States Language's limit; a definition is a text to the service model",
    "JOB_RETRIES": "follows from the length of a job's name",
    "RETRY_WAIT_SECONDS": "the Amazon States Language's limit on MaxDelaySeconds",
    "ALARM_HOURS": "CloudWatch's limit, stated in the text of PutMetricAlarm: periods times their length, a week at most",
    "SHARDS": "follows from Step Functions' limit on what a state hands on",
    "ENDPOINT_ANSWER_SECONDS": "stated in the text of InvokeEndpoint: a container must answer within a minute",
    "HTTP_API_SECONDS": "API Gateway's quota in whole seconds, which functions count in",
    "HTTP_API_RATE": "nothing is let through by a rate of 0, and its top is the account's quota",
    "HTTP_API_BURST": "nothing is let through by a burst of 0, and its top is the account's quota",
    "JWT_AUDIENCES": "API Gateway's quota, stated in its guide",
    "JWT_SCOPES": "API Gateway's quota, stated in its guide",
    "JWT_ISSUER": "an address of 2,048 characters, as API Gateway's shape says in its name alone",
    "JWT_SCOPE": "64 characters, as API Gateway's shape says in its name alone",
    "QUEUE_BATCH_AT_ONCE": "the text of CreateEventSourceMapping: more takes a window, which a FIFO queue has not",
    "QUEUE_TRIES": "SQS's limit on maxReceiveCount, stated in its guide",
    "DASHBOARD_MINUTES": "how long CloudWatch keeps metrics, stated in the text of GetMetricStatistics",
    **{
        name: "Triton's own, or its container's: no service of AWS's knows it"
        for name in RULES
        if name[:7] == "TRITON_"
    },
    **dict.fromkeys(
        FUNCTIONS,
        "Lambda's, CloudWatch's or CodeDeploy's, stated in their guides; the models allow for other kinds of functions",
    ),
}

EMPTY = "SageMaker's shape has no shortest length, but an empty value is never meant"

# Where a limit is deliberately narrower than the shape: (what differs, why).
NARROWER = {
    "MODEL_NAME": ({"min"}, EMPTY),
    "CONTAINER_HOSTNAME": ({"min"}, EMPTY),
    "IMAGE_URI": ({"min"}, EMPTY),
    "MODEL_DATA_URL": ({"min"}, EMPTY),
    "HUB_CONTENT_ARN": ({"min"}, EMPTY),
    "ENVIRONMENT_KEY": ({"min"}, EMPTY),
    "KMS_KEY_ID": ({"min"}, EMPTY),
    "ENDPOINT_NAME": ({"min"}, EMPTY),
    "ENDPOINT_CONFIG_NAME": ({"min"}, EMPTY),
    "VARIANT_NAME": ({"min"}, EMPTY),
    "S3_DESTINATION": ({"min"}, EMPTY),
    "ASYNC_TOPIC_ARN": ({"min"}, EMPTY),
    "EXPLAIN_BASELINE_URI": ({"min"}, EMPTY),
    "COMPONENT_NAME": ({"min"}, EMPTY),
    "COMPONENT_COPIES": ({"min"}, "a component that may be at zero starts with a copy, and scaling takes it away"),
    "ALARM_ACTIONS": ({"min"}, "CloudWatch's shape leaves out that a list may be empty"),
    "CONTAINERS": ({"min"}, "one container is a primary container; the guide asks for two at least in a list"),
    "CAPTURE_MODE": ({"enum"}, "the guide names Input and Output, each by itself"),
    "EXPERIMENT_DESCRIPTION": ({"min"}, "CloudFormation takes no empty description"),
    "EXPERIMENT_PERCENT": ({"min"}, "the shape has no lower end, and nothing is tested by no request"),
    "SHADOW_VARIANTS": ({"max"}, "the text of ShadowProductionVariants allows one of each only"),
    "ROUTING_STRATEGY": ({"enum"}, "CloudFormation does not know KV_AWARE"),
    "SERVERLESS_MEMORY_MB": ({"values"}, "the text of MemorySizeInMB allows six values of the range"),
    "CANARY_PERCENT": ({"max"}, "the text of TrafficRoutingConfig allows half the fleet"),
    "LINEAR_PERCENT": ({"min", "max"}, "the text of TrafficRoutingConfig allows 10-50 %"),
    "ROLLING_PERCENT": ({"min", "max"}, "the text of RollingUpdatePolicy allows 5-50 %"),
    "TARGET_MODEL": (
        {"pattern"},
        "the shape takes every printable character; ours are those that are safe in keys of S3",
    ),
    "GRANTED_TARGET_MODEL": ({"pattern"}, "written for Python's expressions; every printable character of ASCII"),
    "TRANSFORM_PAYLOAD_MB": ({"max"}, "the text of MaxPayloadInMB allows 100 MB"),
    "TRANSFORM_CONTENT_TYPE": ({"min"}, EMPTY),
    "TRANSFORM_URI": ({"min"}, EMPTY),
    "TRANSFORM_FILTER": ({"min", "pattern"}, "the guide names the part of JSONPath that SageMaker reads"),
    "TRANSFORM_ENVIRONMENT_KEY": ({"min"}, EMPTY),
    "SHARD_CONCURRENCY": ({"min", "max"}, "the guide's quota; 0 stands for it in the shape"),
    "TRANSFORM_INSTANCES": ({"max"}, "the text of InstanceCount allows 100"),
    "TAG_KEY": ({"pattern"}, "written for Python's expressions, and aws: is reserved; samples are tested"),
    "TAG_VALUE": ({"pattern"}, "written for Python's expressions; samples are tested"),
    "POLICY_NAME": ({"pattern"}, "written for Python's expressions; samples are tested"),
    "CLUSTER_NAME": ({"pattern"}, "the service's pattern says how a name begins only"),
    "NODE_LABEL_KEY": ({"pattern"}, "Kubernetes' own rule, which the service leaves to it"),
    "CORS_ORIGINS": ({"min"}, "who names no origin wants no such rule"),
    "CORS_HEADERS": ({"min"}, "every request has a header for its content's type"),
    "CORS_HEADER": ({"min", "pattern"}, "HTTP's own rule of how headers are named"),
    "RESOURCE_ID": ({"pattern"}, "every text that can be typed fits it"),
}

ANYTHING = {".*", r"[\S\s]*", r"[\s\S]+"}


@pytest.fixture(scope="module")
def models() -> dict[str, Any]:
    session = botocore.session.get_session()
    names = (
        "sagemaker",
        "sagemaker-runtime",
        "application-autoscaling",
        "cloudwatch",
        "scheduler",
        "stepfunctions",
        "lambda",
        "eks",
    )
    return {name: session.get_service_model(name) for name in names}


def test_every_limit_has_a_counterpart_or_says_why_not() -> None:
    assert set(COUNTERPARTS) | set(WITHOUT_COUNTERPART) == set(RULES)
    assert not set(COUNTERPARTS) & set(WITHOUT_COUNTERPART)
    assert set(NARROWER) <= set(COUNTERPARTS)


@pytest.mark.parametrize("name", COUNTERPARTS)
def test_limit_is_the_services_own(name: str, models: dict[str, Any]) -> None:
    service, _, shape_name = COUNTERPARTS[name].rpartition(":")
    shape = models[service or "sagemaker"].shape_for(shape_name)
    theirs = _stated(shape)
    ours = _held(RULES[name])

    differing = {what for what in theirs.keys() | ours.keys() if theirs.get(what) != ours.get(what)}
    expected, _why = NARROWER.get(name, (set(), ""))
    if "values" in expected:
        allowed = RULES[name].allowed  # type: ignore[attr-defined]
        assert (min(allowed), max(allowed)) == (theirs["min"], theirs["max"])
        return
    assert differing == expected
    _assert_narrower(ours, theirs)


def _stated(shape: Any) -> dict[str, Any]:
    stated = {key: shape.metadata[key] for key in ("min", "max", "pattern", "enum") if key in shape.metadata}
    if "enum" in stated:
        stated["enum"] = frozenset(stated["enum"])
    if stated.get("pattern") in ANYTHING:
        del stated["pattern"]
    return stated


def _held(rule: Rule) -> dict[str, Any]:
    if isinstance(rule, Choice):
        return {"enum": frozenset(rule.allowed)}
    if isinstance(rule, TextLimit):
        return {"min": rule.low, "max": rule.high} | ({"pattern": rule.pattern} if rule.pattern else {})
    assert isinstance(rule, Limit)
    return {"min": rule.low} | ({} if rule.high is None else {"max": rule.high})


def _assert_narrower(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert ours.get("min", 0) >= theirs.get("min", 0)
    if "max" in theirs:
        assert ours["max"] <= theirs["max"]
    if "enum" in theirs:
        assert ours["enum"] <= theirs["enum"]


def test_texts_of_the_service_model_still_say_what_the_shapes_do_not(models: dict[str, Any]) -> None:
    sagemaker = models["sagemaker"]

    def text(shape: str, member: str) -> str:
        return str(sagemaker.shape_for(shape).members[member].documentation)

    assert "combined, is 32 KB" in text("ContainerDefinition", "Environment")
    assert "1024 bytes" in text("ContainerDefinition", "Environment")
    assert "less than or equal to 50%" in text("TrafficRoutingConfig", "CanarySize")
    assert "10-50%" in text("TrafficRoutingConfig", "LinearStepSize")
    assert "between 5% to 50%" in text("RollingUpdatePolicy", "MaximumBatchSize")
    memory = text("ProductionVariantServerlessConfig", "MemorySizeInMB")
    assert all(f"{value} MB" in memory for value in limits.SERVERLESS_MEMORY_MB.allowed)
    period = text("MetricsConfig", "MetricPublishFrequencyInSeconds")
    assert all(f"<code>{value}</code>" in period for value in limits.METRIC_PERIOD_SECONDS.allowed)
    assert "cannot be greater than 100 MB" in text("CreateTransformJobRequest", "MaxPayloadInMB")
    assert "the maximum is <code>100</code>" in text("TransformResources", "InstanceCount")
    for version in limits.TRANSFORM_AMI_VERSION.allowed:
        assert str(version) in text("TransformResources", "TransformAmiVersion")
    for media_type in limits.EXPLAIN_BASELINE_FORMAT.allowed:
        assert str(media_type) in text("ClarifyShapBaselineConfig", "MimeType")
    assert "maximum duration that you can set for an inference experiment is 30 days" in str(
        sagemaker.shape_for("InferenceExperimentSchedule").documentation
    )
    assert "one variant for <code>ShadowProductionVariants</code>" in text(
        "CreateEndpointConfigInput", "ShadowProductionVariants"
    )


def test_transform_jobs_run_on_the_families_that_are_listed(models: dict[str, Any]) -> None:
    types = models["sagemaker"].shape_for("TransformInstanceType").enum
    assert {each.split(".")[1] for each in types} == set(limits.TRANSFORM_FAMILY.allowed)
