"""An endpoint that runs on no instances of its own: SageMaker brings up copies of the model as requests arrive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.arguments import require
from cdk_model_hosting.endpoints.endpoint import ImportedEndpoint, import_by_arn, import_by_name
from cdk_model_hosting.endpoints.hosted import HostedEndpoint, check_flags, hosted_model
from cdk_model_hosting.endpoints.metrics_serverless import ServerlessMetrics
from cdk_model_hosting.endpoints.variant import ONLY_VARIANT
from cdk_model_hosting.endpoints.volume_key import check_key
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import (
    SERVERLESS_CONCURRENCY,
    SERVERLESS_MEMORY_MB,
    SERVERLESS_PROVISIONED_CONCURRENCY,
)
from cdk_model_hosting.models.image import Architecture
from cdk_model_hosting.models.model import Model
from cdk_model_hosting.monitoring.watched import Watched
from cdk_model_hosting.patterns import Feature, Pattern, Used
from cdk_model_hosting.scaling.policy import PROVISIONED_CONCURRENCY, ScaledFleet
from cdk_model_hosting.scaling.scaling import Scaling
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_kms as kms
    from constructs import Construct


@dataclass(frozen=True, slots=True, kw_only=True)
class _Copies:
    """The one variant of a serverless endpoint."""

    model: Model
    memory_mb: int
    max_concurrency: int
    provisioned_concurrency: int | None
    scaling: Scaling | None
    name: str = ONLY_VARIANT

    def __post_init__(self) -> None:
        require("ServerlessEndpoint model", self.model, Model)
        SERVERLESS_MEMORY_MB.check("ServerlessEndpoint memory_mb", self.memory_mb, optional=False)
        SERVERLESS_CONCURRENCY.check("ServerlessEndpoint max_concurrency", self.max_concurrency, optional=False)
        SERVERLESS_PROVISIONED_CONCURRENCY.check(
            "ServerlessEndpoint provisioned_concurrency",
            self.provisioned_concurrency,
            why="SageMaker keeps so many copies of one serverless endpoint warm; leave it out for none",
        )
        self._at_most("provisioned_concurrency", self.provisioned_concurrency)
        for built in self.model.architectures:
            if built is not Architecture.X86_64:
                raise ConfigurationError(
                    f"ServerlessEndpoint model must be built for {Architecture.X86_64.value}, got {built.value}: serverless "
                    "endpoints run nothing else"
                )
        if self.scaling is None:
            return
        require("ServerlessEndpoint scaling", self.scaling, Scaling)
        self._at_most("scaling maximum", self.scaling.largest)
        provisioned = self.provisioned_concurrency
        bounds = (self.scaling.minimum, self.scaling.maximum)
        if provisioned is None or any(is_token(each) for each in (provisioned, *bounds)):
            return
        if not bounds[0] <= provisioned <= bounds[1]:
            raise ConfigurationError(
                f"ServerlessEndpoint provisioned_concurrency must lie between the scaling's bounds {bounds[0]} and "
                f"{bounds[1]}, got {provisioned}: scaling would change it at once"
            )

    def _at_most(self, what: str, number: int | None) -> None:
        if number is None or is_token(number) or is_token(self.max_concurrency) or number <= self.max_concurrency:
            return
        raise ConfigurationError(
            f"ServerlessEndpoint {what} must be at most max_concurrency {self.max_concurrency}, got {number}: what is kept "
            "ready counts among what may run"
        )

    @property
    def _provisioned(self) -> int | None:
        if self.provisioned_concurrency is not None or self.scaling is None:
            return self.provisioned_concurrency
        return self.scaling.minimum

    def render(self) -> sagemaker.CfnEndpointConfig.ProductionVariantProperty:
        """The variant as the endpoint configuration names it."""
        return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name=self.name,
            model_name=self.model.model_name,
            initial_variant_weight=1,
            serverless_config=sagemaker.CfnEndpointConfig.ServerlessConfigProperty(
                memory_size_in_mb=self.memory_mb,
                max_concurrency=self.max_concurrency,
                provisioned_concurrency=self._provisioned,
            ),
        )

    def watched(self, endpoint_name: str) -> Watched:
        """The variant as alarms and dashboards look at it."""
        bounds = None if self.scaling is None else (self.scaling.smallest, self.scaling.largest)
        return Watched(endpoint_name=endpoint_name, variant_name=self.name, bounds=bounds)

    def scaled(self, endpoint_name: str, stack: cdk.Stack, pattern: Pattern) -> ScaledFleet:
        """The variant as scaling policies act on it."""
        return ScaledFleet(
            endpoint_name=endpoint_name,
            variant_name=self.name,
            machine=None,
            stack=stack,
            dimension=PROVISIONED_CONCURRENCY,
            pattern=pattern,
        )


class ImportedServerlessEndpoint(ServerlessMetrics, ImportedEndpoint):
    """A serverless endpoint that exists already. Made by `ServerlessEndpoint.from_endpoint_name` and its kin."""


class ServerlessEndpoint(ServerlessMetrics, HostedEndpoint):
    """An endpoint that is paid for by the millisecond, and whose first answer after a pause takes longer.

    For traffic that comes and goes, and models of at most 6 GB of memory without a GPU. Requests and answers are at most
    4 MB, and an answer must come within 60 seconds.

    A changed model takes the place of the old one all at once: deployment guardrails are for endpoints on instances. Where
    a new version must prove itself first, use a `RealtimeEndpoint`.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        model: What is served: a model of one container, in no VPC and with its network.
        memory_mb: Memory of each copy: 1024, 2048, 3072, 4096, 5120 or 6144. The CPU share grows with it.
        max_concurrency: Requests that are answered at once, 1-200; more are throttled.
        provisioned_concurrency: Copies that are kept ready and paid for, 1 to `max_concurrency`; none when omitted.
        scaling: How the copies that are kept ready follow the traffic; `Scaling.on_provisioned_use`.
        endpoint_name: Name, at most 63 characters. Made of the stack's name and the path when omitted.
        encryption_key: KMS key that the configuration names; SageMaker's own when omitted. AWS lists keys as supported for
            serverless endpoints, and describes them by the volumes of instances, of which there are none here.
        verify_rollout: Whether the deployment fails when SageMaker has silently rolled the endpoint back.

    Raises:
        ConfigurationError: When the service would refuse the combination.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        model: Model,
        memory_mb: int = 2048,
        max_concurrency: int = 20,
        provisioned_concurrency: int | None = None,
        scaling: Scaling | None = None,
        endpoint_name: str | None = None,
        encryption_key: kms.IKey | None = None,
        verify_rollout: bool = True,
    ) -> None:
        check_flags("ServerlessEndpoint", verify_rollout=verify_rollout)
        check_key("ServerlessEndpoint", encryption_key)
        uses = hosted_model("ServerlessEndpoint", model)
        if encryption_key is not None:
            uses.append(Used(Feature.VOLUME_KEY, "ServerlessEndpoint encryption_key"))
        copies = _Copies(
            model=model,
            memory_mb=memory_mb,
            max_concurrency=max_concurrency,
            provisioned_concurrency=provisioned_concurrency,
            scaling=scaling,
        )
        super().__init__(
            scope,
            construct_id,
            pattern=Pattern.SERVERLESS,
            variants=[copies],
            uses=uses,
            endpoint_name=endpoint_name,
        )
        self._configure([copies], encryption_key)
        self._serve()
        name = self.cfn_endpoint.attr_endpoint_name if scaling is not None or verify_rollout else self.endpoint_name
        self._scale([copies], name)
        if verify_rollout:
            self._verify(name)
        self._advice.extend(model.advice())
        if scaling is not None:
            self._advice.append(_UNCONFIRMED)
        self._warn()

    @staticmethod
    def from_endpoint_name(scope: Construct, construct_id: str, endpoint_name: str) -> ImportedServerlessEndpoint:
        """An existing serverless endpoint of this account and region, with the same grants and metrics.

        Args:
            scope: Where to import it.
            construct_id: ID below `scope`.
            endpoint_name: Its name.

        Raises:
            ConfigurationError: When no endpoint can have that name.
        """
        return import_by_name(
            ImportedServerlessEndpoint,
            scope,
            construct_id,
            endpoint_name,
            variant_names=[ONLY_VARIANT],
            pattern=Pattern.SERVERLESS,
        )

    @staticmethod
    def from_endpoint_arn(scope: Construct, construct_id: str, endpoint_arn: str) -> ImportedServerlessEndpoint:
        """An existing serverless endpoint, perhaps of another account or region.

        Args:
            scope: Where to import it.
            construct_id: ID below `scope`.
            endpoint_arn: Its ARN.

        Raises:
            ConfigurationError: When the text is no endpoint's ARN.
        """
        return import_by_arn(
            ImportedServerlessEndpoint,
            scope,
            construct_id,
            endpoint_arn,
            variant_names=[ONLY_VARIANT],
            pattern=Pattern.SERVERLESS,
        )


_UNCONFIRMED = Advice(
    "unconfirmedServerlessScaling",
    "scaling may be refused: AWS's guide says that CloudFormation does not scale provisioned concurrency, and its schema of "
    "scalable targets has the dimension",
)
