from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from cdk_model_hosting import Alarm, AsyncEndpoint, AsyncStorage, Pattern
from tests.unit.builders import join, new_stack, only, refused, stack_in, text_token
from tests.unit.endpoints.queues import KEY, caller, endpoint_in, granted, mine

ARN = "arn:aws:sagemaker:us-west-2:999999999999:endpoint/fraud"
HERE = ["arn:", {"Ref": "AWS::Partition"}, ":sagemaker:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}]


# Callers


def test_a_caller_uploads_requests_and_queues_them() -> None:
    stack = new_stack()
    endpoint = endpoint_in(stack, endpoint_name="Fraud", storage=AsyncStorage(bucket=mine(stack)))
    assert endpoint.grant_invoke_async(caller(stack)).success
    assert granted(stack) == [
        {"Action": "sagemaker:InvokeEndpointAsync", "Effect": "Allow", "Resource": join(*HERE, ":endpoint/fraud")},
        {
            "Action": ["s3:AbortMultipartUpload", "s3:PutObject"],
            "Effect": "Allow",
            "Resource": "arn:aws:s3:::mine/requests/*",
        },
    ]


def test_a_reader_finds_and_reads_answers_and_failures() -> None:
    stack = new_stack()
    key = kms.Key.from_key_arn(stack, "Key", KEY)
    endpoint = endpoint_in(stack, storage=AsyncStorage(bucket=mine(stack), encryption_key=key))
    endpoint.grant_read_answers(caller(stack))
    assert granted(stack) == [
        {
            "Action": "s3:GetObject",
            "Effect": "Allow",
            "Resource": ["arn:aws:s3:::mine/answers/*", "arn:aws:s3:::mine/failures/*"],
        },
        {
            "Action": "s3:ListBucket",
            "Effect": "Allow",
            "Resource": "arn:aws:s3:::mine",
            "Condition": {"StringLike": {"s3:prefix": ["answers/*", "failures/*"]}},
        },
        {"Action": "kms:Decrypt", "Effect": "Allow", "Resource": KEY},
    ]


def test_fails_when_callers_would_wait() -> None:
    stack = new_stack()
    endpoint = endpoint_in(stack)
    imported = AsyncEndpoint.from_endpoint_name(stack, "Imported", "fraud")
    for name, each in (("AsyncEndpoint", endpoint), ("ImportedAsyncEndpoint", imported)):
        with refused(
            f"{name} grant_invoke must be grant_invoke_async, got grant_invoke: an asynchronous endpoint queues its "
            "requests, and refuses callers who wait for the answer"
        ):
            each.grant_invoke(caller(stack) if name == "AsyncEndpoint" else iam.AccountRootPrincipal(), models=["a"])


# Imported


def test_imported_by_name_it_grants_and_measures() -> None:
    stack = new_stack()
    endpoint = AsyncEndpoint.from_endpoint_name(stack, "Imported", "Fraud")
    endpoint.grant_invoke_async(caller(stack))
    assert granted(stack) == [
        {"Action": "sagemaker:InvokeEndpointAsync", "Effect": "Allow", "Resource": join(*HERE, ":endpoint/fraud")}
    ]
    assert endpoint.pattern is Pattern.ASYNCHRONOUS
    assert endpoint.metric_backlog_size().dimensions == {"EndpointName": "Fraud"}
    assert endpoint.metric_failed_inferences().dimensions == {"EndpointName": "Fraud", "VariantName": "AllTraffic"}


def test_imported_by_arn_it_measures_there() -> None:
    stack = stack_in("eu-west-1")
    endpoint = AsyncEndpoint.from_endpoint_arn(stack, "Imported", ARN)
    endpoint.grant_invoke_async(caller(stack))
    assert granted(stack)[0]["Resource"] == ARN
    metric = endpoint.metric_backlog_size()
    assert (metric.region, metric.account) == ("us-west-2", "999999999999")


def test_imported_alarms_are_those_of_a_queue() -> None:
    stack = new_stack()
    AsyncEndpoint.from_endpoint_name(stack, "Imported", text_token(stack)).alarms(Alarm.backlog_without_capacity())
    assert only(stack, "AWS::CloudWatch::Alarm")["MetricName"] == "HasBacklogWithoutCapacity"


def test_fails_when_the_arn_is_no_endpoints() -> None:
    with refused(
        "from_endpoint_arn endpoint_arn must be arn:<partition>:sagemaker:<region>:<account>:endpoint/<name>, got 'fraud': "
        "grants and metrics are made from it"
    ):
        AsyncEndpoint.from_endpoint_arn(new_stack(), "Imported", "fraud")
