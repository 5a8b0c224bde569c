import aws_cdk as cdk
import jsii
import pytest

from cdk_model_hosting.tokens import is_token


@pytest.fixture(scope="module")
def parameter() -> cdk.CfnParameter:
    return cdk.CfnParameter(cdk.Stack(cdk.App(), "Stack"), "Parameter", type="Number")


def test_sees_every_token_that_cdk_makes(parameter: cdk.CfnParameter) -> None:
    att = cdk.Fn.get_att("Resource", "Attribute")
    tokens = [
        parameter.value_as_number,
        parameter.value_as_string,
        f"prefix-{parameter.value_as_string}-suffix",
        parameter.value,
        att,
        cdk.Token.as_number(att),
        cdk.Token.as_list(att),
        cdk.Lazy.any(_Producer()),
        cdk.Lazy.string(_Producer()),
        cdk.Lazy.uncached_number(_Producer()),
        cdk.Aws.REGION,
        cdk.Fn.split(",", parameter.value_as_string),
    ]
    assert [value for value in tokens if not cdk.Token.is_unresolved(value)] == []
    assert [value for value in tokens if not is_token(value)] == []


def test_sees_the_thousandth_number_token() -> None:
    numbers = [cdk.Token.as_number(cdk.Fn.get_att("Resource", f"Attribute{index}")) for index in range(1000)]
    assert all(is_token(number) for number in numbers)


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, 0, -1, 512, 1.5, float("inf"), float("-inf"), float("nan"), -1e288, -1.8e308, -(10**400), 10**400,
        "", "name", "${AWS::Region}", "Token", [], ["a"], ["a", "b"], ("a",), {"a": 1}, object(),
    ],
)  # fmt: skip
def test_takes_nothing_else_for_a_token(value: object) -> None:
    assert not is_token(value)


@jsii.implements(cdk.IStableAnyProducer, cdk.IStableStringProducer, cdk.INumberProducer)
class _Producer:
    def produce(self, _context: object = None) -> None:
        return None
