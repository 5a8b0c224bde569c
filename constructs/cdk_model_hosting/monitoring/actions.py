"""What happens when an alarm goes off."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard, cast
from weakref import WeakKeyDictionary

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import ALARM_ACTIONS
from cdk_model_hosting.placement import place_of
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_sns as sns
    from constructs import Construct

    AlarmAction = cloudwatch.IAlarmAction | sns.ITopic
    """A topic that is told, or any action of CloudWatch's."""


# Topics that CloudWatch cannot publish to, with their ARNs.
_closed: WeakKeyDictionary[sns.ITopic, str] = WeakKeyDictionary()


def close_to_alarms(topic: sns.ITopic) -> None:
    """Note that CloudWatch cannot publish to a topic, so that no alarm is made for it.

    Args:
        topic: The topic.
    """
    _closed[topic] = topic.topic_arn


def check_actions(what: str, actions: Sequence[AlarmAction]) -> None:
    """Refuse what is no action, and too many of them.

    Args:
        what: The argument as the user typed it.
        actions: The actions.

    Raises:
        ConfigurationError: When one is of the wrong kind or a topic that CloudWatch cannot publish to, or there are more than
            CloudWatch takes.
    """
    if not isinstance(actions, list | tuple):
        raise ConfigurationError(f"{what} must be a list, got {actions!r}: an alarm can have several")
    for action in actions:
        if not _is_topic(action) and not callable(getattr(action, "bind", None)):
            raise ConfigurationError(
                f"{what} element must be an SNS topic or an IAlarmAction such as cloudwatch_actions.LambdaAction, got "
                f"{action!r}: CloudWatch can do nothing else"
            )
        if _is_topic(action) and action in _closed:
            raise _unheard(f"{what} element")
    ALARM_ACTIONS.check_length(what, actions)


class BoundActions:
    """Actions, ready to be given to alarms.

    Args:
        actions: The actions.
    """

    def __init__(self, actions: Sequence[AlarmAction]) -> None:
        # A topic is the same for every alarm: its ARN is read once.
        self._parts = [
            action.topic_arn if _is_topic(action) else cast("cloudwatch.IAlarmAction", action) for action in actions
        ]

    def arns(self, scope: Construct, alarm: Callable[[], cloudwatch.IAlarm]) -> list[str]:
        """The actions' ARNs for one alarm.

        Args:
            scope: Where an action may make what it needs, such as a permission.
            alarm: Gives the alarm; asked by actions that are no topics.

        Raises:
            ConfigurationError: When one is a topic that CloudWatch cannot publish to.
        """
        found = [part if isinstance(part, str) else part.bind(scope, alarm()).alarm_action_arn for part in self._parts]
        if set(found) & set(_closed.values()):
            raise _unheard("alarms actions")
        return found


class Targets:
    """Alarms as actions take them.

    Args:
        scope: Whose alarms they are.
    """

    def __init__(self, scope: Construct) -> None:
        self._scope = scope
        self._prefix: str | None = None

    def of(self, name: str, construct_id: str) -> cloudwatch.IAlarm:
        """An alarm. Its ID is unique in the app where its name is literal: a LambdaAction names a permission by it.

        Args:
            name: The alarm's name.
            construct_id: The alarm's ID below the scope.
        """
        from aws_cdk import aws_cloudwatch as cloudwatch  # noqa: PLC0415 - loaded with the alarms themselves

        if self._prefix is None:
            stack = place_of(self._scope).stack
            self._prefix = f"arn:{stack.partition}:cloudwatch:{stack.region}:{stack.account}:alarm:"
        unique = f"{construct_id}Target" if is_token(name) else name.replace("/", ".")
        return cloudwatch.Alarm.from_alarm_arn(self._scope, unique, self._prefix + name)


def _unheard(what: str) -> ConfigurationError:
    return ConfigurationError(
        f"{what} must be a topic that CloudWatch may publish to, got one of Notifications.create(): the key that AWS manages "
        "for SNS lets no alarm use it; give a topic of your own"
    )


def _is_topic(action: AlarmAction) -> TypeGuard[sns.ITopic]:
    # Looked up on the class: asking the object would read the ARN.
    return hasattr(type(action), "topic_arn")
