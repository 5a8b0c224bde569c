from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Annotations, Match, Template

from cdk_model_hosting import Alarm, Fleet, Pace, RealtimeEndpoint, Rollout, Scaling, Variant
from tests.unit.builders import (
    FLEET,
    PAIR,
    att,
    new_stack,
    number_token,
    only,
    refused,
    resources,
    single,
    statements,
    sub,
    text_token,
    variants,
)

SCALING = Scaling.on_invocations(per_instance_per_minute=600, between=(2, 10))


def endpoint_in(stack: cdk.Stack, **options: Any) -> RealtimeEndpoint:
    return RealtimeEndpoint(stack, "Endpoint", model=single(stack), **{"fleet": FLEET, **options})


def logical(stack: cdk.Stack, kind: str) -> str:
    (found,) = resources(stack, kind)
    return found


@pytest.fixture(scope="module")
def plain() -> cdk.Stack:
    stack = new_stack()
    endpoint_in(stack, endpoint_name="fraud")
    return stack


@pytest.fixture(scope="module")
def scaled() -> cdk.Stack:
    stack = new_stack()
    endpoint_in(stack, endpoint_name="fraud", fleet=Fleet(instance_type="ml.c6i.large"), scaling=SCALING)
    return stack


# One model


def test_one_model_on_one_fleet(plain: cdk.Stack) -> None:
    assert only(plain, "AWS::SageMaker::EndpointConfig") == {
        "ProductionVariants": [
            {
                "VariantName": "AllTraffic",
                "ModelName": att(logical(plain, "AWS::SageMaker::Model"), "ModelName"),
                "InstanceType": "ml.c6i.large",
                "InitialInstanceCount": 1,
                "InitialVariantWeight": 1,
            }
        ]
    }


def test_the_endpoint_follows_its_configuration(plain: cdk.Stack) -> None:
    endpoint = only(plain, "AWS::SageMaker::Endpoint")
    config = logical(plain, "AWS::SageMaker::EndpointConfig")
    assert endpoint["EndpointName"] == "fraud"
    assert endpoint["EndpointConfigName"] == att(config, "EndpointConfigName")
    assert set(endpoint) == {"EndpointName", "EndpointConfigName", "DeploymentConfig"}


def test_a_fixed_fleet_takes_seven_resources(plain: cdk.Stack) -> None:
    found = Template.from_stack(plain).to_json()["Resources"].items()
    kinds = sorted(each["Type"] for name, each in found if not name.startswith("EndpointGuard"))
    assert kinds == [
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Alarm",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Role",
        "AWS::SageMaker::Endpoint",
        "AWS::SageMaker::EndpointConfig",
        "AWS::SageMaker::Model",
    ]


@pytest.mark.parametrize(
    ("given", "got"),
    [(set(), "none of them"), ({"model"}, "model"), ({"fleet"}, "fleet"), ({"scaling"}, "scaling"),
     ({"fleet", "scaling"}, "fleet and scaling"), ({"model", "scaling"}, "model and scaling")],
)  # fmt: skip
def test_fails_when_model_or_fleet_is_missing(given: set[str], got: str) -> None:
    stack = new_stack()
    everything = {"model": single(stack), "fleet": PAIR, "scaling": SCALING}
    with refused(
        f"RealtimeEndpoint must have a model and a fleet, or variants, got {got}: it serves a model on instances"
    ):
        RealtimeEndpoint(stack, "Endpoint", **{key: everything[key] for key in given})  # type: ignore[arg-type]


# Several


@pytest.mark.parametrize("beside", ["model", "fleet", "scaling"])
def test_fails_when_both_ways_are_used(beside: str) -> None:
    stack = new_stack()
    several = variants(stack, "a", "b")
    value = {"model": several[0].model, "fleet": PAIR, "scaling": SCALING}[beside]
    with refused(
        "RealtimeEndpoint variants must be given without model, fleet and scaling, got both: each variant brings its own"
    ):
        RealtimeEndpoint(stack, "Endpoint", variants=several, **{beside: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [0, 11])
def test_fails_when_there_are_too_few_or_too_many_variants(count: int) -> None:
    stack = new_stack()
    several = variants(stack, *(f"v{each}" for each in range(count)))
    with refused(
        f"RealtimeEndpoint variants must have 1-10 variants, got {count}: SageMaker splits the traffic of one endpoint "
        "over that many at most"
    ):
        RealtimeEndpoint(stack, "Endpoint", variants=several)


def test_ten_variants_pass() -> None:
    stack = new_stack()
    RealtimeEndpoint(stack, "Endpoint", variants=variants(stack, *(f"v{each}" for each in range(10))))
    assert len(only(stack, "AWS::SageMaker::EndpointConfig")["ProductionVariants"]) == 10


@pytest.mark.parametrize(
    "names", [("Config", "Rollback"), ("A", "AInvocations"), ("a-b", "ab"), ("Resource", "Variant0")]
)
def test_the_names_of_variants_collide_with_no_construct_id(names: tuple[str, str]) -> None:
    stack = new_stack()
    several = variants(stack, *names, fleet=PAIR, scaling=SCALING)
    endpoint = RealtimeEndpoint(stack, "Endpoint", variants=several)
    assert len(resources(stack, "AWS::ApplicationAutoScaling::ScalableTarget")) == 2
    assert set(endpoint.scaled) == set(names)


def test_each_model_of_several_may_look_at_the_alarms() -> None:
    stack = new_stack()
    several = [Variant(model=single(stack, each), fleet=FLEET, name=each) for each in ("a", "b")]
    RealtimeEndpoint(stack, "Endpoint", variants=several)
    for role in resources(stack, "AWS::IAM::Role").values():
        (last,) = role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][1:]
        assert last["Action"] == "cloudwatch:DescribeAlarms"
        assert len(last["Resource"]) == 4


# Encryption


def test_a_key_encrypts_the_volumes() -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    endpoint_in(stack, encryption_key=key, rollback_on=[])
    arn = att(logical(stack, "AWS::KMS::Key"), "Arn")
    assert only(stack, "AWS::SageMaker::EndpointConfig")["KmsKeyId"] == arn
    assert statements(stack)[1:] == [
        {
            "Action": "kms:CreateGrant",
            "Effect": "Allow",
            "Resource": arn,
            "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}},
        },
        {
            "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"],
            "Effect": "Allow",
            "Resource": arn,
        },
    ]


@pytest.mark.parametrize("instance_type", ["ml.g5.xlarge", "ml.c6gd.large", "ml.g4dn.xlarge", "ml.p5.48xlarge"])
def test_fails_when_a_key_meets_nvme_disks(instance_type: str) -> None:
    stack = new_stack()
    with refused(
        f"RealtimeEndpoint encryption_key must be omitted for {instance_type}, got one: its local NVMe disks are "
        "encrypted by the hardware with a key of their own, and it has no volume to encrypt"
    ):
        endpoint_in(stack, fleet=Fleet(instance_type=instance_type), encryption_key=kms.Key(stack, "Key"))


def test_a_key_passes_where_the_type_is_a_token_or_aws_does_not_say() -> None:
    stack = new_stack()
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:111122223333:key/1")
    for index, instance_type in enumerate([text_token(stack), "ml.g7.2xlarge"]):
        fleet = Fleet(instance_type=instance_type)
        RealtimeEndpoint(stack, f"Endpoint{index}", model=single(stack, f"M{index}"), fleet=fleet, encryption_key=key)
    keys = {each["Properties"]["KmsKeyId"] for each in resources(stack, "AWS::SageMaker::EndpointConfig").values()}
    assert keys == {"arn:aws:kms:eu-west-1:111122223333:key/1"}


# Rollout and alarms


def test_without_a_rollout_everything_shifts_at_once_and_bakes(plain: cdk.Stack) -> None:
    assert only(plain, "AWS::SageMaker::Endpoint")["DeploymentConfig"] == {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0},
            "TerminationWaitInSeconds": 300,
            "MaximumExecutionTimeoutInSeconds": 2100,
        },
        "AutoRollbackConfiguration": {
            "Alarms": [
                {"AlarmName": "fraud/AllTraffic/ServerErrors/rollback"},
                {"AlarmName": "fraud/AllTraffic/ModelLatencyP99/rollback"},
            ]
        },
    }


def test_the_endpoint_waits_for_the_alarms_and_no_cycle_comes_of_it(plain: cdk.Stack) -> None:
    (endpoint,) = resources(plain, "AWS::SageMaker::Endpoint").values()
    assert set(endpoint["DependsOn"]) == set(resources(plain, "AWS::CloudWatch::Alarm"))


def test_own_conditions_take_the_place_of_the_default_ones() -> None:
    stack = new_stack()
    endpoint_in(stack, rollback_on=[Alarm.server_errors(above=1)])
    assert only(stack, "AWS::CloudWatch::Alarm")["Threshold"] == 0.01


def test_without_alarms_nothing_rolls_back() -> None:
    stack = new_stack()
    endpoint_in(stack, rollback_on=[])
    assert resources(stack, "AWS::CloudWatch::Alarm") == {}
    assert "DeploymentConfig" not in only(stack, "AWS::SageMaker::Endpoint")
    assert len(statements(stack)) == 1


def test_a_rollout_is_kept_without_alarms() -> None:
    stack = new_stack()
    endpoint_in(stack, rollback_on=[], rollout=Rollout.all_at_once(bake=cdk.Duration.minutes(1)))
    config = only(stack, "AWS::SageMaker::Endpoint")["DeploymentConfig"]
    assert set(config) == {"BlueGreenUpdatePolicy"}
    assert config["BlueGreenUpdatePolicy"]["TerminationWaitInSeconds"] == 60


# What else is said


def warnings(stack: cdk.Stack, text: str) -> int:
    return len(Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp(text)))


def test_a_plain_endpoint_needs_no_advice(plain: cdk.Stack, scaled: cdk.Stack) -> None:
    assert warnings(plain, ".*") == warnings(scaled, ".*") == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"fleet": Fleet(instance_type="ml.c99.large")}, "ml.c99.large .* is newer than this library"),
        ({"fleet": Fleet(instance_type="ml.g7.2xlarge", volume_gb=9)}, "volume_gb .* may be refused"),
        ({"fleet": Fleet(instance_type="ml.inf1.xlarge")}, "guardrails exclude Inf1"),
        ({"rollout": Rollout.all_at_once(bake=cdk.Duration.seconds(60))}, "let it bake longer"),
        (
            {"rollout": Rollout.canary(percent=10, bake=cdk.Duration.minutes(5)), "fleet": PAIR, "rollback_on": []},
            "no alarm to roll back on",
        ),
    ],
)
def test_advice(options: dict[str, Any], said: str) -> None:
    stack = new_stack()
    endpoint_in(stack, **options)
    assert warnings(stack, said) == 1


def test_advises_when_a_key_may_be_refused() -> None:
    stack = new_stack()
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:111122223333:key/1")
    endpoint_in(stack, fleet=Fleet(instance_type="ml.g7.2xlarge"), encryption_key=key)
    assert warnings(stack, "encryption_key may be refused") == 1


def test_advises_when_a_fixed_fleet_stands_beside_a_scaled_one() -> None:
    stack = new_stack()
    model = single(stack)
    several = [Variant(model=model, fleet=PAIR, name="a"), Variant(model=model, fleet=PAIR, name="b", scaling=SCALING)]
    RealtimeEndpoint(stack, "Endpoint", variants=several)
    assert warnings(stack, "a changed count of a variant without scaling is ignored") == 1


def test_advice_can_be_acknowledged() -> None:
    stack = new_stack()
    endpoint = endpoint_in(stack, fleet=Fleet(instance_type="ml.c99.large"))
    cdk.Annotations.of(endpoint).acknowledge_warning("cdk-model-hosting:unknownInstanceType")
    assert warnings(stack, ".*") == 0


# Everything may be a Token


def test_no_token_is_lost_or_computed_with() -> None:
    stack = new_stack()
    numbers = {
        each: number_token(stack, each) for each in ("Low", "High", "Target", "Percent", "Bake", "Final", "Cool")
    }
    endpoint_in(
        stack,
        fleet=Fleet(instance_type=text_token(stack, "Type")),
        scaling=Scaling.on_invocations(
            per_instance_per_minute=numbers["Target"],
            between=(numbers["Low"], numbers["High"]),  # type: ignore[arg-type]
            pace=Pace(scale_in_cooldown=cdk.Duration.seconds(numbers["Cool"])),
        ),
        rollout=Rollout.canary(
            percent=numbers["Percent"],  # type: ignore[arg-type]
            bake=cdk.Duration.seconds(numbers["Bake"]),
            final_bake=cdk.Duration.seconds(numbers["Final"]),
        ),
    )
    text = str(Template.from_stack(stack).to_json()["Resources"])
    for each in numbers:
        assert text.count(f"{{'Ref': '{each}'}}") == (2 if each == "Low" else 1), each
    assert "e+28" not in text
    policy = only(stack, "AWS::SageMaker::Endpoint")["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    assert policy["MaximumExecutionTimeoutInSeconds"] == 28800


# From outside


def test_tags_reach_model_configuration_and_endpoint() -> None:
    stack = new_stack()
    endpoint_in(stack)
    cdk.Tags.of(stack).add("team", "fraud")
    for kind in ("Model", "EndpointConfig", "Endpoint"):
        assert only(stack, f"AWS::SageMaker::{kind}")["Tags"] == [{"Key": "team", "Value": "fraud"}]


def test_the_resources_can_be_changed_from_outside() -> None:
    stack = new_stack()
    endpoint = endpoint_in(stack)
    endpoint.cfn_endpoint.add_property_override("RetainDeploymentConfig", value=True)
    endpoint.cfn_endpoint_config.add_property_override("MetricsConfig.EnableEnhancedMetrics", value=True)
    assert only(stack, "AWS::SageMaker::Endpoint")["RetainDeploymentConfig"] is True
    assert only(stack, "AWS::SageMaker::EndpointConfig")["MetricsConfig"] == {"EnableEnhancedMetrics": True}


def test_an_alarm_of_ones_own_may_roll_back() -> None:
    stack = new_stack()
    metric = cloudwatch.Metric(namespace="Shop", metric_name="Chargebacks")
    own = cloudwatch.Alarm(stack, "Own", metric=metric, threshold=1, evaluation_periods=1)
    endpoint_in(stack, rollback_on=[own])
    alarm = logical(stack, "AWS::CloudWatch::Alarm")
    rollback = only(stack, "AWS::SageMaker::Endpoint")["DeploymentConfig"]["AutoRollbackConfiguration"]
    assert rollback == {"Alarms": [{"AlarmName": {"Ref": alarm}}]}
    assert statements(stack)[1]["Resource"] == att(alarm, "Arn")


def test_synthesizing_twice_gives_the_same_template() -> None:
    def made() -> dict[str, Any]:
        stack = new_stack()
        endpoint_in(
            stack, fleet=PAIR, scaling=SCALING, rollout=Rollout.canary(percent=10, bake=cdk.Duration.minutes(5))
        )
        return dict(Template.from_stack(stack).to_json())

    assert made() == made()


def test_the_alarms_arn_is_literal_but_for_partition_region_and_account(plain: cdk.Stack) -> None:
    assert statements(plain)[1]["Resource"][0] == sub(
        "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:fraud/AllTraffic/ServerErrors/rollback"
    )
