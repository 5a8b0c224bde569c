import aws_cdk as cdk
import pytest

from cdk_model_hosting.durations import literal, seconds
from tests.unit.builders import new_stack, number_token, refused


@pytest.mark.parametrize(
    ("duration", "expected"),
    [(None, None), (cdk.Duration.seconds(0), 0), (cdk.Duration.minutes(5), 300), (cdk.Duration.hours(1), 3600),
     (cdk.Duration.days(2), 172_800), (cdk.Duration.millis(2000), 2), (cdk.Duration.minutes(1.5), 90)],
)  # fmt: skip
def test_whole_seconds(duration: cdk.Duration | None, expected: int | None) -> None:
    found = seconds("Fleet startup_timeout", duration)
    assert found == expected
    assert found is None or isinstance(found, int)


@pytest.mark.parametrize(
    ("duration", "millis"), [(cdk.Duration.millis(500), "500"), (cdk.Duration.seconds(1.5), "1500")]
)
def test_fails_when_the_seconds_are_not_whole(duration: cdk.Duration, millis: str) -> None:
    with refused(
        f"Fleet startup_timeout must be a whole number of seconds, got {millis} milliseconds: the service counts in seconds"
    ):
        seconds("Fleet startup_timeout", duration)


def test_a_token_stays_one() -> None:
    stack = new_stack()
    found = seconds("Fleet startup_timeout", cdk.Duration.seconds(number_token(stack)))
    assert stack.resolve(found) == {"Ref": "Number"}


def test_fails_in_our_own_words_when_a_token_counts_in_another_unit() -> None:
    token = cdk.Duration.minutes(number_token(new_stack()))
    with refused(
        "Fleet startup_timeout must be given as Duration.seconds when it is known only at deploy time, got minutes: "
        "CloudFormation cannot convert it"
    ):
        seconds("Fleet startup_timeout", token)


def test_a_literal_number_is_one() -> None:
    assert literal("Alarm minutes", 0) == 0
    with refused(
        "Alarm minutes must be a literal number, got one that is known only at deploy time: CloudFormation cannot compute "
        "with it"
    ):
        literal("Alarm minutes", number_token(new_stack()))
