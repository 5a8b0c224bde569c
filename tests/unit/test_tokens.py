import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_sqs as sqs

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


def test_takes_no_other_object_of_the_cdk_for_a_token(parameter: cdk.CfnParameter) -> None:
    stack = cdk.Stack.of(parameter)
    queue = sqs.Queue(stack, "Queue")
    values = [
        cdk.Duration.minutes(1),
        cdk.Size.gibibytes(1),
        cdk.RemovalPolicy.RETAIN,
        cdk.Tag("Key", "value"),
        stack,
        queue,
        sqs.Queue.from_queue_arn(stack, "Imported", "arn:aws:sqs:eu-west-1:111122223333:queue"),
        queue.node,
    ]
    assert [value for value in values if is_token(value)] == []


def test_asks_no_object_across_the_kernel(parameter: cdk.CfnParameter, monkeypatch: pytest.MonkeyPatch) -> None:
    values = [cdk.Size.gibibytes(1), parameter.value, cdk.Lazy.any(_Producer())]
    monkeypatch.setattr("jsii._kernel.Kernel.get", _no_crossing)
    monkeypatch.setattr("jsii._kernel.Kernel.invoke", _no_crossing)
    assert [is_token(value) for value in values] == [False, True, True]


def _no_crossing(*_arguments: object) -> None:
    pytest.fail("a value was asked")


@jsii.implements(cdk.IStableAnyProducer, cdk.IStableStringProducer, cdk.INumberProducer)
class _Producer:
    def produce(self, _context: object = None) -> None:
        return None
