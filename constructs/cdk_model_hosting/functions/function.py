"""A model inside a Lambda function."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import aws_cdk as cdk
from constructs import Construct

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.arguments import require_like
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions.alarm import FunctionAlarm
from cdk_model_hosting.functions.alarms import FunctionAlarms
from cdk_model_hosting.functions.beginning import advice_on_time, advice_on_way
from cdk_model_hosting.functions.bundle import Bundle
from cdk_model_hosting.functions.checks import check_kinds, check_layers, check_size, check_tmp
from cdk_model_hosting.functions.code import FunctionCode
from cdk_model_hosting.functions.concurrency import Concurrency
from cdk_model_hosting.functions.delivery import ModelDelivery
from cdk_model_hosting.functions.deployment import Deployment, check_rollback
from cdk_model_hosting.functions.environment import together_with
from cdk_model_hosting.functions.fronts.front import Front
from cdk_model_hosting.functions.layer import content_of
from cdk_model_hosting.functions.metrics import FunctionMetrics
from cdk_model_hosting.functions.named import check_packages
from cdk_model_hosting.functions.on_failure import OnFailure
from cdk_model_hosting.functions.resources import Settings, make
from cdk_model_hosting.functions.rollout import Shift
from cdk_model_hosting.functions.size import FunctionSize
from cdk_model_hosting.functions.snap_start import advice_for, check_snap_start
from cdk_model_hosting.functions.target import Target
from cdk_model_hosting.functions.vpc import vpc_of
from cdk_model_hosting.functions.watched import WatchedFunction
from cdk_model_hosting.grants import grant
from cdk_model_hosting.limits import FUNCTION_LOG_DAYS
from cdk_model_hosting.models.image import Architecture
from cdk_model_hosting.models.network import Network
from cdk_model_hosting.permissions import Permission
from cdk_model_hosting.placement import place_of
from cdk_model_hosting.rollout.rollout import Rollout
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sqs as sqs

    from cdk_model_hosting.monitoring.actions import AlarmAction

_LONGEST_LABEL = 64
_MEMORY_MB = 1769
_MILLI = 1000
_NO_BYTECODE = (
    "the packages of the function have no bytecode, because this machine has no Python {}: the function begins about three times as "
    "slowly; synthesize with that Python on the path"
)


class ModelFunction(FunctionMetrics, Construct):
    """A function that loads a model when it begins, and answers each request with what the user's `predict` makes of it.

    Every change of code, model or configuration is a new version. It is let begin before any request goes to it: one that cannot, say
    because its model is broken, fails the deployment, and the version before it goes on serving. Then the alias ``live`` moves to
    it, at once or by `rollout`.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        code: What predicts.
        delivery: How the model comes to it.
        architecture: Its processor, which its packages are installed for.
        size: How large it is, and how long it may take; one processor and 10 seconds when omitted.
        front: How requests reach it; `Front.none()` when omitted.
        concurrency: How many environments there may be, and how many are kept ready.
        rollout: How the alias moves to a new version: `Rollout.canary` or `Rollout.linear` by percent; at once when omitted.
        rollback_on: What such a rollout rolls back on, and nothing without one; at most 10 in all: more than 1 % of errors or failed requests, and
            a 99th percentile of more than half of the timeout, when omitted.
        network: VPC to attach it to; when omitted, that of the model's file system, or none. A function in a VPC reaches what is
            outside, S3 for instance, by a NAT gateway or an endpoint of the VPC alone.
        on_failure: Where the events go that nobody waits for, when they fail; after two further tries they are gone when omitted.
        encryption_key: KMS key of the environment variables; Lambda's own when omitted.
        log_days: Days that its log is kept.
        verify_version: Whether each new version is let begin before requests go to it.

    Raises:
        ConfigurationError: When Lambda would refuse the combination.

    Attributes:
        function_name: Its name.
        function_arn: Its ARN, without a version.
        alias_name: The name of the alias.
        alias_arn: ARN of the version that is live: what callers invoke.
        front: How requests reach it, with the resources: the address, the HTTP API or the queue.
        url: Its HTTPS address, if its front has one.
        cfn_function: The function's resource. A version holds what it had when it was published: what is changed here by hand reaches
            the next one only when something else changes too.
        cfn_version: The newest version's resource.
        cfn_alias: The alias's resource.
        cfn_role: The role's resource.
        cfn_log_group: The log group's resource.
        cfn_event_invoke_config: Where failed events go, or None.
        cfn_scalable_target: What keeps environments ready by their use, or None.
        deployment: What moves the alias step by step, or None.

    See: https://docs.aws.amazon.com/lambda/latest/dg/welcome.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: FunctionCode,
        delivery: ModelDelivery,
        architecture: Architecture = Architecture.ARM64,
        size: FunctionSize | None = None,
        front: Front | None = None,
        concurrency: Concurrency | None = None,
        rollout: Rollout | None = None,
        rollback_on: Sequence[FunctionAlarm | cloudwatch.IAlarm] | None = None,
        network: Network | None = None,
        on_failure: OnFailure | None = None,
        encryption_key: kms.IKey | None = None,
        log_days: int = 90,
        verify_version: bool = True,
    ) -> None:
        size = FunctionSize() if size is None else size
        front = Front.none() if front is None else front
        concurrency = Concurrency() if concurrency is None else concurrency
        check_kinds(
            code=(code, FunctionCode),
            delivery=(delivery, ModelDelivery),
            architecture=(architecture, Architecture),
            size=(size, FunctionSize),
            front=(front, Front),
            concurrency=(concurrency, Concurrency),
            rollout=(rollout, Rollout),
            network=(network, Network),
            on_failure=(on_failure, OnFailure),
            verify_version=(verify_version, bool),
        )
        size = size.with_memory(_MEMORY_MB)
        FUNCTION_LOG_DAYS.check("ModelFunction log_days", log_days, optional=False)
        if encryption_key is not None:
            require_like("ModelFunction encryption_key", encryption_key, "key_arn", "a KMS key")
        shift = None if rollout is None else Shift.of(rollout)
        if rollback_on is not None:
            check_rollback(rollback_on)
            _check_watched(shift, rollback_on)
        super().__init__(scope, construct_id)
        bound = delivery.bind(self)
        layers = tuple(each.layer_version_arn for each in code.layers)
        check_layers(self, layers, bound)
        check_tmp(bound, size.ephemeral_mb)
        if concurrency.snap_start:
            check_snap_start(code, bound, size)
        own = () if bound.layer_arn is None else (bound.layer_arn,)
        bundle = Bundle(code=code, target=Target(python=code.python, architecture=architecture), model=bound.files)
        stack = place_of(self).stack
        check_size(bundle, bound, bundling=stack.bundling_required)
        check_packages(bundle, bound)
        self._vpc = vpc_of(self, network, bound.mount)
        made = make(
            self,
            stack,
            bundle,
            bound,
            Settings(
                variables=together_with(code.environment, code.variables() | dict(bound.variables)),
                size=size,
                layer_arns=(*own, *layers),
                layer_contents=tuple(content_of(each) for each in code.layers),
                key=encryption_key,
                log_days=log_days,
                concurrency=concurrency,
                # What is turned off cannot begin.
                verify=verify_version and concurrency.reserved != 0,
                vpc=self._vpc,
                permissions=() if on_failure is None else on_failure.permissions,
            ),
        )
        self.cfn_log_group, self.cfn_role = made.log_group, made.role
        self.cfn_function, self.cfn_version, self.cfn_alias = made.function, made.version, made.live.cfn_alias
        self.function_name, self.function_arn = made.live.function_name, made.live.function_arn
        self.alias_name, self.alias_arn = made.live.name, made.live.arn
        self._resource = f"{self.function_name}:{self.alias_name}"
        label = place_of(scope).unique_name(construct_id, longest=_LONGEST_LABEL)
        self._watched = WatchedFunction(label=label, function_name=self.function_name, resource=self._resource)
        self._role: iam.IRole | None = None
        self._alias: lambda_.IFunction | None = None
        self._alarms: FunctionAlarms | None = None
        self.deployment: Deployment | None = None
        if shift is not None:
            wanted = _usual_alarms(size.timeout_seconds) if rollback_on is None else rollback_on
            self._roll_out(shift, wanted, made.release)
        self.cfn_event_invoke_config = None if on_failure is None else on_failure.bind(self, made.live)
        self.cfn_scalable_target = concurrency.bind(self, made.live, stack)
        self.front = front.bind(self, made.live)
        self.url = self.front.url
        if bundle.packages is not None and not bundle.packages.is_compiled and not bound.is_image:
            self._warn(Advice("packagesWithoutBytecode", _NO_BYTECODE.format(code.python)))
        for each in (*advice_on_time(bound, size.timeout_seconds), *advice_on_way(bound, self._vpc)):
            self._warn(each)
        for each in () if self._vpc is None else self._vpc.advice:
            self._warn(each)
        for each in advice_for(stack.region) if concurrency.snap_start else ():
            self._warn(each)

    @property
    def alias(self) -> lambda_.IFunction:
        """The version that is live, as other constructs take a function: as the target of a rule, the source of a queue."""
        from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 - loaded by stacks with functions alone

        if self._alias is None:
            self._alias = lambda_.Function.from_function_attributes(
                self, "Alias", function_arn=self.alias_arn, role=self.role, same_environment=True
            )
        return self._alias

    @property
    def connections(self) -> ec2.Connections:
        """Who may talk to the function, which is nobody, and whom it may talk to, such as a database.

        Raises:
            ConfigurationError: When the function is in no VPC.
        """
        from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 - loaded by those alone who use a VPC

        if self._vpc is None:
            raise ConfigurationError(
                "ModelFunction connections must belong to a function in a VPC, got one without a network: only a VPC has security "
                "groups"
            )
        return ec2.Connections(security_groups=list(self._vpc.security_groups))

    @property
    def queue(self) -> sqs.IQueue:
        """The queue that its requests come from, as other constructs take it: the target of a rule, of a topic, of a bucket's events.

        Raises:
            ConfigurationError: When its front is none of `Front.queue`.
        """
        source = self.front.queue
        if source is None:
            raise ConfigurationError(
                f"ModelFunction queue must be asked of a function with Front.queue, got {self.front.kind}: no other has one"
            )
        return source.queue

    @property
    def role(self) -> iam.IRole:
        """The role as other constructs take it, to grant the user's code more.

        What the code needs before it answers its first request, when its module is loaded or its sample is predicted, must be there
        before a new version begins: ``table.grant_read_data(function.role).apply_before(function.cfn_version)``. What names the
        function's own `alias` cannot come before it, and must not be among the grants of the role then.

        Grants are for all versions at once. What only the version needs that is live now is taken away in the deployment after the one
        in which the code changes.
        """
        from aws_cdk import aws_iam as iam  # noqa: PLC0415 - loaded by stacks with functions alone

        if self._role is None:
            self._role = iam.Role.from_role_name(self, "ExecutionRole", self.cfn_role.ref)
        return self._role

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody invoke the version that is live, directly.

        Args:
            grantee: Who may.
        """
        return grant(grantee, [Permission(actions=("lambda:InvokeFunction",), resources=(self.alias_arn,))])

    def grant_ask(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody ask over the function's front: with signed requests over HTTPS, or by messages in its queue.

        Args:
            grantee: Who may.

        Raises:
            ConfigurationError: When the function has no front, or anybody may ask there, or those with a token.
        """
        if not self.front.permissions:
            raise ConfigurationError(
                "grant_ask must be called on a function with a front where IAM decides who may ask, got "
                f"{self.front.kind}: there is nothing to grant"
            )
        return grant(grantee, self.front.permissions)

    def alarms(
        self,
        *conditions: FunctionAlarm,
        actions: Sequence[AlarmAction] = (),
        ok_actions: Sequence[AlarmAction] = (),
    ) -> list[cloudwatch.CfnAlarm]:
        """Tell somebody when the version that is live is not well.

        Args:
            conditions: What is told of: errors, failed requests and events that were turned away, when none are named.
            actions: What happens when an alarm goes off: SNS topics, or any ``IAlarmAction``; at most 5.
            ok_actions: What happens when it is over, at most 5.

        Returns:
            The alarms by condition, for composite alarms and the like.

        Raises:
            ConfigurationError: When a condition is named twice, or an action is none.
        """
        if self._alarms is None:
            queue = self.front.queue
            watched = self._watched if queue is None else replace(self._watched, queues=queue.names())
            self._alarms = FunctionAlarms(self, "Alarms", watched=watched)
        return self._alarms.add(conditions, actions=actions, ok_actions=ok_actions)

    def _roll_out(self, shift: Shift, rollback_on: Sequence[FunctionAlarm | cloudwatch.IAlarm], release: str) -> None:
        self.deployment = Deployment(
            self,
            "Rollout",
            shift=shift,
            # What fails in the version before it must not keep back the one that may mend it.
            watched=replace(self._watched, version=self.cfn_version.attr_version),
            release=release,
            function_arn=self.function_arn,
            rollback_on=rollback_on,
        )
        self.cfn_alias.cfn_options.update_policy = self.deployment.update_policy
        for each in self.deployment.advice:
            self._warn(each)

    def _warn(self, advice: Advice) -> None:
        cdk.Annotations.of(self).add_warning_v2(f"cdk-model-hosting:{advice.id}", advice.text)


def _check_watched(shift: Shift | None, rollback_on: Sequence[FunctionAlarm | cloudwatch.IAlarm]) -> None:
    if shift is None and rollback_on:
        raise ConfigurationError(
            f"ModelFunction rollback_on must be given with a rollout, got {len(rollback_on)} without: the alias then moves at once, "
            "and nothing would roll it back"
        )


def _usual_alarms(timeout: int) -> tuple[FunctionAlarm, ...]:
    """What a rollout rolls back on when it is not told: half of the time for an event is much more than most may take."""
    usual = (FunctionAlarm.errors(), FunctionAlarm.failures())
    if is_token(timeout):
        return usual
    return (*usual, FunctionAlarm.lasting("FunctionAlarm.duration", timeout * _MILLI / 2, 99, 1, 1))
