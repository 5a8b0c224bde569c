import pytest

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import CANARY_PERCENT


def test_is_a_value_error_so_that_plain_handlers_catch_it() -> None:
    assert issubclass(ConfigurationError, ValueError)


def test_a_message_names_what_rule_value_and_why() -> None:
    with pytest.raises(ConfigurationError) as refused:
        CANARY_PERCENT.check("Rollout.canary percent", 80)
    what, rule, value, why = "Rollout.canary percent", "must be 1-50 %", "got 80", "SageMaker shifts at most half"
    assert str(refused.value).startswith(f"{what} {rule}, {value}: {why}")
    assert "\n" not in str(refused.value)
