import math
import os
import re
import subprocess
import sys
from datetime import date
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_model_hosting import limits
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import Choice, Limit, Rule, TextLimit
from tests.unit.builders import refused

# Whoever sets the rule says it there.
SOURCES = re.compile(
    r"https://(docs\.(aws\.amazon|nvidia)\.com/[\w/-]+/[\w-]+\.html|kubernetes\.io/docs/\S+|helm\.sh/docs/\S+|karpenter\.sh/docs/\S+"
    r"|docs\.vllm\.ai/\S+|keda\.sh/docs/\S+|kueue\.sigs\.k8s\.io/docs/\S+|argo-rollouts\.readthedocs\.io/\S+"
    r"|github\.com/(NVIDIA|cdklabs|kubernetes|kubernetes-sigs|awslabs)/\S+)"
)
RULES = {name: rule for group in limits.groups().values() for name, rule in group.items()}

COUNT = Limit(name="things", low=1, high=5, unit="things", why="five fit", source="https://docs.aws.amazon.com/x.html")
SHARE = Limit(name="share", low=0, high=1, above_low=True, integer=False, why="a share", source=COUNT.source)


@pytest.fixture(scope="module")
def parameter() -> cdk.CfnParameter:
    return cdk.CfnParameter(cdk.Stack(cdk.App(), "Stack"), "Parameter", type="Number")


def test_every_limit_says_where_it_comes_from() -> None:
    assert len(RULES) > 80
    for name, rule in RULES.items():
        assert SOURCES.fullmatch(rule.source), (name, rule.source)
        assert date.fromisoformat(rule.read) >= date(2026, 11, 20), name
        assert rule.name, name
        assert rule.why, name
        assert not rule.why.endswith("."), name


def test_no_two_groups_share_a_name() -> None:
    assert len(RULES) == sum(len(group) for group in limits.groups().values())


def test_every_limit_can_be_imported_from_the_package() -> None:
    for name, rule in RULES.items():
        assert getattr(limits, name) is rule


@pytest.mark.parametrize("value", [1, 5, 3.0, None])
def test_a_number_in_the_range_passes(value: float | None) -> None:
    COUNT.check("Things count", value)


def test_tokens_pass_every_check(parameter: cdk.CfnParameter) -> None:
    text, number, many = (
        parameter.value_as_string,
        parameter.value_as_number,
        cdk.Fn.split(",", parameter.value_as_string),
    )
    for rule in RULES.values():
        if isinstance(rule, TextLimit):
            rule.check("What", text)
            rule.check("What", None)
        elif isinstance(rule, Choice):
            rule.check("What", text if isinstance(rule.allowed[0], str) else number)
            rule.check("What", None)
        else:
            assert isinstance(rule, Limit)
            rule.check("What", number)
            rule.check("What", None)
            rule.check_length("What", many)
            rule.check_length("What", None)


@pytest.mark.parametrize(
    ("value", "got", "why"),
    [
        (0, "0", "five fit"),
        (6, "6", "five fit"),
        (2.5, "2.5", "it must be a whole number"),
        (True, "True", "it must be a number"),
        ("3", "'3'", "it must be a number"),
        ([1], "[1]", "it must be a number"),
        (math.nan, "nan", "it must be a finite number"),
        (math.inf, "inf", "it must be a finite number"),
    ],
)
def test_fails_when_a_number_is_wrong(value: Any, got: str, why: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        COUNT.check("Things count", value)
    assert str(refused.value) == f"Things count must be 1-5 things, got {got}: {why}"


def test_the_callers_reason_comes_before_the_limits_own() -> None:
    with pytest.raises(ConfigurationError, match=r"^Things count must be 1-5 things, got 9: because$"):
        COUNT.check("Things count", 9, why="because")


def test_an_open_lower_end_is_excluded() -> None:
    SHARE.check("Share", 0.01)
    SHARE.check("Share", 1)
    for value in (0, 0.0, 1.01, -1):
        with pytest.raises(ConfigurationError, match=r"^Share must be more than 0 and at most 1, got "):
            SHARE.check("Share", value)


def test_a_huge_number_is_refused_and_not_crashed_on() -> None:
    with pytest.raises(ConfigurationError, match=r"^Things count must be 1-5 things, got 1000.*…: five fit$"):
        COUNT.check("Things count", 10**400)
    limits.INSTANCE_COUNT.check("Fleet count", 10**400)


@pytest.mark.parametrize(("entries", "passes"), [(0, False), (1, True), (5, True), (6, False)])
def test_counts_entries(entries: int, passes: bool) -> None:
    if passes:
        COUNT.check_length("Things", ["thing"] * entries)
        return
    with pytest.raises(ConfigurationError) as refused:
        COUNT.check_length("Things", ["thing"] * entries)
    assert str(refused.value) == f"Things must have 1-5 things, got {entries}: five fit"


@pytest.mark.parametrize(
    ("rule", "value", "message"),
    [
        (
            limits.VOLUME_GB,
            900,
            "What must be 1-512 GB, got 900: SageMaker attaches one EBS volume of at most that size",
        ),
        (
            limits.INSTANCE_COUNT,
            0,
            (
                "What must be at least 1 instance, got 0: "
                "a variant starts with one instance at least, even where it later scales to zero"
            ),
        ),
        (
            limits.GRADUAL_FLEET,
            1,
            (
                "What must be at least 2 instances, got 1: "
                "a step is at most half the fleet, and no step is smaller than one instance"
            ),
        ),
        (
            limits.METRIC_PERIOD_SECONDS,
            20,
            "What must be one of 10, 30, 60, 120, 180, 240, 300 seconds, got 20: SageMaker publishes at no other rate",
        ),
        (
            limits.SERVERLESS_MEMORY_MB,
            1500,
            (
                "What must be one of 1024, 2048, 3072, 4096, 5120, 6144 MB, got 1500: "
                "serverless memory comes in steps of 1 GB"
            ),
        ),
        (
            limits.ROUTING_STRATEGY,
            "KV_AWARE",
            (
                "What must be one of LEAST_OUTSTANDING_REQUESTS, RANDOM, PREFIX_AWARE, got 'KV_AWARE': "
                "CloudFormation knows no other routing strategy"
            ),
        ),
        (
            limits.ENDPOINT_NAME,
            "fraud_detector",
            (
                "What must be 1-63 characters (letters, digits and hyphens, no hyphen first or last), "
                "got 'fraud_detector': SageMaker accepts no other endpoint name"
            ),
        ),
        (
            limits.ENDPOINT_NAME,
            "e" * 64,
            (
                "What must be 1-63 characters (letters, digits and hyphens, no hyphen first or last), "
                f"got '{'e' * 58}… of 64 characters: SageMaker accepts no other endpoint name"
            ),
        ),
        (
            limits.ENVIRONMENT_VALUE,
            "secret" * 200,
            "What must be 0-1024 bytes, got 1200 bytes: SageMaker passes no longer value to a container",
        ),
    ],
)
def test_fails_when_a_value_is_wrong(rule: Any, value: object, message: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        rule.check("What", value)
    assert str(refused.value) == message


@pytest.mark.parametrize("value", [3, b"name", ["name"], True])
def test_fails_when_a_text_is_none(value: Any) -> None:
    with pytest.raises(ConfigurationError, match=r", got .*: it must be a string$"):
        limits.ENDPOINT_NAME.check("What", value)


def test_fails_when_a_choice_is_true_although_true_equals_one() -> None:
    choice = Choice(name="choice", allowed=(1, 2), why="two choices", source=COUNT.source)
    choice.check("What", 1)
    with pytest.raises(ConfigurationError, match=r"^What must be one of 1, 2, got True: two choices$"):
        choice.check("What", True)


def test_bytes_are_counted_in_utf8() -> None:
    limits.ENVIRONMENT_VALUE.check("What", "é" * 512)
    with pytest.raises(ConfigurationError, match="got 1026 bytes"):
        limits.ENVIRONMENT_VALUE.check("What", "é" * 513)


@pytest.mark.parametrize(
    ("rule", "accepted", "refused"),
    [
        (limits.ENDPOINT_NAME, ["a", "a-b", "a--b", "A1", "e" * 63], ["", "-a", "a-", "a_b", "a.b", "a\n", "é", "a b"]),
        (limits.MODEL_NAME, ["a", "a-b", "m" * 63], ["", "-a", "a-", "a_b", "m" * 64]),
        (limits.IMAGE_URI, ["1.dkr.ecr.x.amazonaws.com/a:b"], ["", "a b", "i" * 256]),
        (limits.MODEL_DATA_URL, ["s3://bucket/model.tar.gz", "https://x/y"], ["bucket/key", "s3://", "http://x/y"]),
        (limits.S3_DESTINATION, ["s3://b/prefix", "s3://bucket"], ["b/prefix", "s3://", "s3:///x"]),
        (limits.ENVIRONMENT_KEY, ["A", "_a", "A_1"], ["", "1A", "A-B", "A B", "A\n"]),
        (limits.ENVIRONMENT_VALUE, ["", "a\nb"], []),
        (limits.TAG_KEY, ["team", "Équipe 1", "a:b/c=d+e-f@g_h.i", "数"], ["", "aws:x", "AWS:x", "a#b", "a\tb", "k" * 129]),
        (limits.TAG_VALUE, ["", "a b", "v" * 256], ["a#b", "a\nb", "v" * 257]),
        (limits.KMS_KEY_ID, ["alias/key", "arn:aws:kms:us-east-1:123456789012:key/a-b"], ["", "a b", "key!"]),
        (limits.ROLE_ARN, ["arn:aws-cn:iam::123456789012:role/path/name"], ["arn:aws:iam::12:role/name-of-a-role", "role"]),
        (limits.ALARM_NAME, ["Errors > 5"], ["", "   "]),
        (limits.SCHEDULED_ACTION_NAME, ["night off"], ["", "a:b", "a/b", "a|b", " a", "a "]),
        (limits.POLICY_NAME, ["Invocations"], ["", "a\nb"]),
        (limits.ASYNC_TOPIC_ARN, ["arn:aws:sns:eu-west-1:123456789012:done"], ["arn:aws:sns:eu-west-1:1:x", "done"]),
        (limits.CAPTURE_CONTENT_TYPE, ["text/csv", "application/json"], ["csv", "", "text/"]),
    ],
)  # fmt: skip
def test_forms_of_texts(rule: TextLimit, accepted: list[str], refused: list[str]) -> None:
    for value in accepted:
        rule.check("What", value)
    for value in refused:
        with pytest.raises(ConfigurationError, match=r"^What must be "):
            rule.check("What", value)


def test_a_rule_is_data_and_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        limits.VOLUME_GB.high = 1024  # type: ignore[misc]
    with pytest.raises(TypeError):
        Rule(name="abstract", why="none", source=COUNT.source)  # type: ignore[abstract]


def test_importing_the_limits_does_not_import_the_cdk() -> None:
    program = "import sys, cdk_model_hosting.limits; sys.exit(any(n in sys.modules for n in ('aws_cdk', 'jsii')))"
    ran = subprocess.run([sys.executable, "-c", program], check=False, env={"PYTHONPATH": os.pathsep.join(sys.path)})
    assert ran.returncode == 0


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (COUNT, "What must be 1-5 things, got None: it must be a number"),
        (
            RULES["SERVERLESS_MEMORY_MB"],
            "What must be one of 1024, 2048, 3072, 4096, 5120, 6144 MB, got None: serverless memory comes in steps of 1 GB",
        ),
        (
            RULES["VARIANT_NAME"],
            "What must be 1-63 characters (letters, digits and hyphens, no hyphen first or last), got None: it must be a string",
        ),
    ],
)
def test_fails_when_what_is_required_is_none(rule: Any, message: str) -> None:
    with refused(message):
        rule.check("What", None, optional=False)


@pytest.mark.parametrize("rule", [COUNT, RULES["SERVERLESS_MEMORY_MB"]])
def test_fails_when_a_token_stands_for_no_number(rule: Any, parameter: cdk.CfnParameter) -> None:
    text = parameter.value_as_string
    for token in (text, f"{text}0", cdk.Fn.split(",", text), parameter.value):
        with refused(
            "What must be a number, got a Token of another kind: Token.as_number, or value_as_number of a parameter, makes it "
            "one"
        ):
            rule.check("What", token)
