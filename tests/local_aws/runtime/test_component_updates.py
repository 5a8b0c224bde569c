"""What an inference component runs is exchanged batch by batch, with the adapters that are loaded into it."""

import functools
import operator

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.runtime.componental import WHOLE, Host, managed
from tests.local_aws.runtime.hosting import BUCKET, Hosting, is_alive, unique
from tests.local_aws.runtime.reading import eventually, metric

NO_CAPACITY = "Inference Component has no capacity to process this request"
ROLLING = {
    "RollingUpdatePolicy": {
        "MaximumBatchSize": {"Type": "COPY_COUNT", "Value": 1},
        "WaitIntervalInSeconds": 60,
        "MaximumExecutionTimeoutInSeconds": 3600,
    }
}


@pytest.fixture(scope="module")
def host(hosting: Hosting) -> Host:
    return Host(hosting, managed(0, 20))


def test_a_new_version_replaces_the_old_one_or_is_taken_back(host: Host) -> None:
    name = host.component("1")
    before = host.invoke(name)["pid"]

    host.update(name, Specification=host.specification("2"))

    assert host.version(name) == "2"
    assert not is_alive(before)
    known = host.update(name, Specification=host.specification("3", ECHO_HEALTH="exit"))
    assert known["InferenceComponentStatus"] == "InService"
    assert host.version(name) == "2"
    host.delete(name)


def test_a_rolling_update_shifts_the_copies_batch_by_batch(host: Host) -> None:
    name = host.component("1", copies=4)

    # Each batch lasts until this block is left.
    with host.hosting.local.time_factor(1):
        host.hosting.sagemaker.update_inference_component(
            InferenceComponentName=name, Specification=host.specification("2"), DeploymentConfig=ROLLING
        )
        for version in ("1", "2"):
            eventually(lambda: host.version(name), functools.partial(operator.eq, version))
        assert host.describe(name)["InferenceComponentStatus"] == "Updating"

    host.settle(name)
    assert {host.version(name) for _ in range(5)} == {"2"}
    assert host.describe(name)["LastDeploymentConfig"] == ROLLING
    host.delete(name)


def test_an_alarm_takes_a_rolling_update_back(host: Host) -> None:
    cloudwatch, alarm, name = host.hosting.local.client("cloudwatch"), unique("alarm"), host.component("1", copies=2)
    cloudwatch.put_metric_alarm(
        AlarmName=alarm,
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Dimensions=[{"Name": "InferenceComponentName", "Value": name}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )
    guarded = {**ROLLING, "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": alarm}]}}

    # Until the alarm goes off.
    with host.hosting.local.time_factor(1):
        host.hosting.sagemaker.update_inference_component(
            InferenceComponentName=name,
            Specification=host.specification("2", ECHO_STATUS="500"),
            DeploymentConfig=guarded,
        )
        with pytest.raises(host.hosting.runtime.exceptions.ModelError):
            eventually(lambda: host.invoke(name), lambda _answer: False)

    assert host.settle(name)["InferenceComponentStatus"] == "InService"
    assert {host.version(name) for _ in range(10)} == {"1"}
    host.delete(name)


def test_copies_can_be_changed_with_an_update_too(host: Host) -> None:
    name = host.component("1")

    known = host.update(name, RuntimeConfig={"CopyCount": 3}, DeploymentConfig=ROLLING)

    assert known["RuntimeConfig"] == {"DesiredCopyCount": 3, "CurrentCopyCount": 3}
    host.delete(name)


def test_an_adapter_answers_through_its_base(hosting: Hosting, host: Host) -> None:
    base = host.component("base", copies=2)
    adapter = host.adapter(base, hosting.artifact("adapted"))

    told = host.invoke(adapter)

    assert told["files"] == {"version.txt": "adapted"}
    assert told["headers"]["x-amzn-sagemaker-adapter-identifier"] == adapter
    assert told["pid"] == host.invoke(base)["pid"]
    assert host.version(base) == "base"
    assert host.describe(adapter)["RuntimeConfig"] == {"DesiredCopyCount": 2, "CurrentCopyCount": 2}
    assert metric(hosting, "Invocations", InferenceComponentName=adapter) == 1
    with pytest.raises(ClientError, match=f"is a base inference component for one or more .*: {adapter}"):
        hosting.sagemaker.delete_inference_component(InferenceComponentName=base)
    host.update(
        adapter,
        Specification={
            "BaseInferenceComponentName": base,
            "Container": {"ArtifactUrl": hosting.artifact("adapted again")},
        },
    )
    assert host.version(adapter) == "adapted again"
    host.delete(adapter)
    assert host.invoke(base)["adapters"] == []
    host.delete(base)


def test_adapters_go_along_with_their_base(hosting: Hosting, host: Host) -> None:
    base = host.component("base")
    adapter = host.adapter(base, hosting.artifact("adapted"))

    host.update(base, Specification=host.specification("other"))
    assert (host.version(base), host.version(adapter)) == ("other", "adapted")
    host.scale(base, 0)
    with pytest.raises(ClientError, match=NO_CAPACITY):
        host.invoke(adapter)
    host.scale(base, 1)
    assert host.version(adapter) == "adapted"


def test_an_adapter_that_cannot_be_loaded_fails(hosting: Hosting, host: Host) -> None:
    base = host.component("base")
    key = f"{unique('adapter')}.tar.gz"
    hosting.local.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"no archive")

    known = host.describe(host.adapter(base, f"s3://{BUCKET}/{key}"))

    assert known["InferenceComponentStatus"] == "Failed"
    assert "could not be loaded" in known["FailureReason"]
    host.delete(known["InferenceComponentName"])


def test_an_endpoint_update_keeps_the_components_and_cannot_take_their_variant(hosting: Hosting) -> None:
    own = Host(hosting, managed(0, 3))
    name = own.component("1", WHOLE, copies=2)
    with pytest.raises(ClientError, match=r"Variant\(s\) Main host inference components"):
        hosting.sagemaker.update_endpoint(
            EndpointName=own.name, EndpointConfigName=hosting.config({"ModelName": hosting.model("2")})
        )

    hosting.update(own.name, hosting.config(managed(1, 5), ExecutionRoleArn=hosting.role))

    assert own.version(name) == "1"
    assert own.instances() == 2
