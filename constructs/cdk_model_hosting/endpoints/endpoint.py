"""What every endpoint can do, made here or imported: be invoked, be measured, be passed on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.arguments import require, require_grantee
from cdk_model_hosting.endpoints.invoking import restrictions
from cdk_model_hosting.endpoints.metrics import EndpointMetrics
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import ENDPOINT_NAME
from cdk_model_hosting.monitoring.kinds import KINDS
from cdk_model_hosting.monitoring.operational import OperationalAlarms
from cdk_model_hosting.monitoring.watched import Watched
from cdk_model_hosting.monitoring.watching import Watching
from cdk_model_hosting.patterns import Pattern
from cdk_model_hosting.placement import place_of
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk.interfaces import aws_sagemaker as refs
    from constructs import Construct

    from cdk_model_hosting.monitoring.actions import AlarmAction
    from cdk_model_hosting.monitoring.comparison import Comparison
    from cdk_model_hosting.monitoring.condition import Condition
    from cdk_model_hosting.monitoring.kinds import Kind


@jsii.implements(sagemaker.IEndpoint)
class Endpoint(cdk.Resource, EndpointMetrics):
    """An endpoint, as other constructs take it: it is an ``aws_sagemaker.IEndpoint``.

    Attributes:
        pattern: How it hosts its models.
        variant_names: Names of its variants that answer callers.
        shadow_names: Names of those that get copies of requests, as far as this app makes them.
        watching: What is watched of it, for dashboards.
    """

    # Host names of its containers, where they are known.
    _hostnames: tuple[str, ...] = ()

    # Whether any of its containers loads models on request, as far as known.
    _loads_models: bool = True

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        variants: Sequence[Watched],
        kind: Kind,
        pattern: Pattern = Pattern.REALTIME,
        environment_from_arn: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id, environment_from_arn=environment_from_arn)
        self._name = name
        self.pattern = pattern
        self.variant_names = tuple(each.variant_name for each in variants)
        self.watching = Watching(kind=kind, variants=tuple(variants))
        self._operational: OperationalAlarms | None = None

    @property
    def endpoint_name(self) -> str:  # type: ignore[override]
        """The endpoint's name. It is literal unless a Token was given, so that alarms can name what they watch."""
        return self._name

    @property
    def endpoint_arn(self) -> str:
        """The endpoint's ARN. SageMaker writes the name in lower case there."""
        name = self._name if is_token(self._name) else self._name.lower()
        stack = place_of(self).stack
        return f"arn:{stack.partition}:sagemaker:{stack.region}:{stack.account}:endpoint/{name}"

    @property
    def endpoint_ref(self) -> refs.EndpointReference:
        """A reference to the endpoint for CDK's own constructs."""
        from aws_cdk.interfaces import aws_sagemaker as refs  # noqa: PLC0415 - loaded when CDK asks for it

        return refs.EndpointReference(endpoint_arn=self.endpoint_arn)

    def grant_invoke(
        self,
        grantee: iam.IGrantable,
        *,
        models: Sequence[str] | None = None,
        containers: Sequence[str] | None = None,
    ) -> iam.Grant:
        """Let somebody send requests to the endpoint, and read answers as a stream.

        Args:
            grantee: Who may.
            models: Target models of a multi-model endpoint that may be asked for, such as ``eu-*``, where ``*`` stands for
                any text; all of them when omitted.
            containers: Host names of the containers of a multi-container endpoint that may be asked; all when omitted.

        Raises:
            ConfigurationError: When the endpoint has no such targets, or the grantee is none.
        """
        require_grantee("grant_invoke grantee", grantee)
        return iam.Grant.add_to_principal(
            grantee=grantee,
            # The API reference asks for the first alone; AWS's own policies name both for streams.
            actions=["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"],
            resource_arns=[self.endpoint_arn],
            conditions=self.restrictions(models, containers),
        )

    def restrictions(
        self, models: Sequence[str] | None, containers: Sequence[str] | None, *, what: str = "grant_invoke"
    ) -> dict[str, Any] | None:
        """The conditions under which somebody may invoke some of its models or containers; None for all of them.

        Args:
            models: Target models.
            containers: Host names of containers.
            what: What the user called, for the messages.

        Raises:
            ConfigurationError: When the endpoint has no such targets.
        """
        return restrictions(
            self.pattern, self._hostnames, models, containers, loads_models=self._loads_models, what=what
        )

    def alarms(
        self,
        *conditions: Condition,
        actions: Sequence[AlarmAction] = (),
        ok_actions: Sequence[AlarmAction] = (),
    ) -> list[cloudwatch.CfnAlarm]:
        """Tell somebody when the endpoint is not well, whatever configuration it serves by.

        Args:
            conditions: What is told of, on every variant; the usual for this kind of endpoint when none are named.
            actions: What happens when an alarm goes off: SNS topics, or any ``IAlarmAction``; at most 5.
            ok_actions: What happens when it is over, at most 5.

        Returns:
            The alarms, by variant and then by condition, for composite alarms and the like.

        Raises:
            ConfigurationError: When a condition is named twice, cannot be watched on a fleet, or an action is none.
        """
        if self._operational is None:
            self._operational = OperationalAlarms(self, "Alarms", watching=self.watching)
        return self._operational.add(conditions, actions=actions, ok_actions=ok_actions)

    def compare(
        self,
        *,
        baseline: str,
        challenger: str,
        window: cdk.Duration | None = None,
        least_requests: int = 100,
        percentile: float = 90,
    ) -> Comparison:
        """Set a variant that might take another one's place beside it, on dashboards and for alarms: see `Comparison.alarms`.

        Args:
            baseline: Name of the variant that serves.
            challenger: Name of the variant that is compared with it; a shadow's, too.
            window: Time over which both are measured, in whole minutes; 5 minutes when omitted.
            least_requests: Requests that both must have had in a window for it to say anything, at least 1.
            percentile: Percentile of the latencies that is compared, 1 to 100, with at most two decimals.

        Raises:
            ConfigurationError: When the endpoint has no two such variants, or a number is outside its range.

        See: https://docs.aws.amazon.com/sagemaker/latest/dg/model-ab-testing.html
        """
        from cdk_model_hosting.monitoring import comparison  # noqa: PLC0415 - loads CloudWatch's module

        return comparison.Comparison(
            self,
            comparison.comparison_id(baseline, challenger),
            watching=self.watching,
            baseline=baseline,
            challenger=challenger,
            window=window,
            least_requests=least_requests,
            percentile=percentile,
        )


class ImportedEndpoint(Endpoint):
    """An endpoint that exists already. Made by `RealtimeEndpoint.from_endpoint_name` and its kin."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        arn: str | None,
        variant_names: Sequence[str],
        pattern: Pattern,
    ) -> None:
        require("from_endpoint pattern", pattern, Pattern)
        variants = [Watched(endpoint_name=name, variant_name=each) for each in variant_names]
        super().__init__(
            scope,
            construct_id,
            name=name,
            variants=variants,
            kind=KINDS[pattern],
            pattern=pattern,
            environment_from_arn=arn,
        )
        self._arn = arn
        if arn is not None:
            self._metric_region, self._metric_account = self.env.region, self.env.account
            self.watching.region, self.watching.account = self.env.region, self.env.account

    @property
    def endpoint_arn(self) -> str:
        """The endpoint's ARN."""
        return super().endpoint_arn if self._arn is None else self._arn


_Imported = TypeVar("_Imported", bound=ImportedEndpoint)


def import_by_name(
    kind: type[_Imported],
    scope: Construct,
    construct_id: str,
    endpoint_name: str,
    *,
    variant_names: Sequence[str],
    pattern: Pattern,
) -> _Imported:
    """An existing endpoint of this account and region.

    Raises:
        ConfigurationError: When no endpoint can have that name.
    """
    ENDPOINT_NAME.check("from_endpoint_name endpoint_name", endpoint_name, optional=False)
    return kind(scope, construct_id, name=endpoint_name, arn=None, variant_names=variant_names, pattern=pattern)


def import_by_arn(
    kind: type[_Imported],
    scope: Construct,
    construct_id: str,
    endpoint_arn: str,
    *,
    variant_names: Sequence[str],
    pattern: Pattern,
) -> _Imported:
    """An existing endpoint, perhaps of another account or region, whose metrics are then read there.

    Raises:
        ConfigurationError: When the text is no endpoint's ARN.
    """
    require("from_endpoint_arn endpoint_arn", endpoint_arn, str)
    if is_token(endpoint_arn):
        name = cdk.Fn.select(1, cdk.Fn.split("/", endpoint_arn))
    else:
        head, _, name = endpoint_arn.partition("/")
        if not name or ":sagemaker:" not in head or not head.endswith(":endpoint"):
            raise ConfigurationError(
                "from_endpoint_arn endpoint_arn must be arn:<partition>:sagemaker:<region>:<account>:endpoint/<name>, got "
                f"{endpoint_arn!r}: grants and metrics are made from it"
            )
        ENDPOINT_NAME.check("from_endpoint_arn endpoint name", name)
    return kind(scope, construct_id, name=name, arn=endpoint_arn, variant_names=variant_names, pattern=pattern)
