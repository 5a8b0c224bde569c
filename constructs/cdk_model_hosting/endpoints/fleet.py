"""The instances behind a variant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.durations import seconds
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.instances import InstanceType, instance
from cdk_model_hosting.limits import (
    CONTAINER_STARTUP_SECONDS,
    INFERENCE_AMI_VERSION,
    INSTANCE_COUNT,
    MODEL_DOWNLOAD_SECONDS,
    ROUTING_CONCURRENCY,
    ROUTING_PREFIX_LENGTH,
    ROUTING_STRATEGY,
    VOLUME_GB,
)
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    import aws_cdk as cdk

_PREFIX_AWARE = "PREFIX_AWARE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """How requests are spread over a variant's instances. Made by one of its factories.

    See: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariantRoutingConfig.html
    """

    strategy: str
    prefix_length: int | None = None
    concurrency_threshold: int | None = None

    def __post_init__(self) -> None:
        ROUTING_STRATEGY.check("Routing strategy", self.strategy)
        ROUTING_PREFIX_LENGTH.check("Routing.prefix_aware prefix_length", self.prefix_length)
        ROUTING_CONCURRENCY.check("Routing.prefix_aware concurrency_threshold", self.concurrency_threshold)
        numbers = {self.prefix_length is not None, self.concurrency_threshold is not None}
        if numbers != {self.strategy == _PREFIX_AWARE}:
            raise ConfigurationError(
                f"Routing prefix_length and concurrency_threshold must be given with {_PREFIX_AWARE} and no other strategy, "
                f"got {self.prefix_length} and {self.concurrency_threshold} with {self.strategy}: they say how prefixes "
                "are compared"
            )

    @staticmethod
    def random() -> Routing:
        """Any instance: the service's own default."""
        return Routing(strategy="RANDOM")

    @staticmethod
    def least_outstanding_requests() -> Routing:
        """The instance with most room: better where requests differ in length or instances in speed."""
        return Routing(strategy="LEAST_OUTSTANDING_REQUESTS")

    @staticmethod
    def prefix_aware(*, prefix_length: int, concurrency_threshold: int) -> Routing:
        """The instance that answered a request with the same beginning, for models that cache by prefix.

        Args:
            prefix_length: How much of a request is compared, 1024-65536.
            concurrency_threshold: Requests in flight, 1-1024, above which an instance gets no more for its prefix's sake.

        Raises:
            ConfigurationError: When a number is outside its range.
        """
        return Routing(strategy=_PREFIX_AWARE, prefix_length=prefix_length, concurrency_threshold=concurrency_threshold)

    def render(self) -> sagemaker.CfnEndpointConfig.RoutingConfigProperty:
        """The routing as the endpoint configuration names it."""
        prefix = None
        if self.prefix_length is not None and self.concurrency_threshold is not None:
            prefix = sagemaker.CfnEndpointConfig.PrefixAwareRoutingConfigProperty(
                prefix_length=self.prefix_length, concurrency_threshold=self.concurrency_threshold
            )
        return sagemaker.CfnEndpointConfig.RoutingConfigProperty(
            routing_strategy=self.strategy, prefix_aware_routing_config=prefix
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Instances of one type, each with the model's containers on it.

    Args:
        instance_type: SageMaker instance type, such as ``ml.c7g.large``.
        count: Instances to start with, at least 1. When omitted: the scaling's minimum (at least 1), or 1 without scaling.
            It is part of the endpoint configuration: give it to a fleet that scales, and a changed minimum is changed in
            place. Without it another minimum is another configuration, to which the endpoint moves by its rollout.
        volume_gb: EBS volume of each instance, 1-512 GB; the service's default when omitted. Not for families with
            local NVMe storage.
        startup_timeout: Time until a container must answer its first health check, 1-60 minutes.
        download_timeout: Time to download and unpack the model, 1-60 minutes; raise it for models above about 40 GB.
        ami_version: Machine image of GPU and Neuron instances, which fixes the driver's version.
        routing: How requests are spread over the instances; random when omitted.

    Raises:
        ConfigurationError: When a value is outside what the service accepts for the instance family.

    See: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html
    """

    instance_type: str
    count: int | None = None
    volume_gb: int | None = None
    startup_timeout: cdk.Duration | None = field(default=None, compare=False, repr=False)
    download_timeout: cdk.Duration | None = field(default=None, compare=False, repr=False)
    ami_version: str | None = None
    routing: Routing | None = None
    startup_seconds: int | None = field(init=False)
    download_seconds: int | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "startup_seconds", seconds("Fleet startup_timeout", self.startup_timeout))
        object.__setattr__(self, "download_seconds", seconds("Fleet download_timeout", self.download_timeout))
        INSTANCE_COUNT.check("Fleet count", self.count)
        VOLUME_GB.check("Fleet volume_gb", self.volume_gb)
        CONTAINER_STARTUP_SECONDS.check("Fleet startup_timeout", self.startup_seconds)
        MODEL_DOWNLOAD_SECONDS.check("Fleet download_timeout", self.download_seconds)
        INFERENCE_AMI_VERSION.check("Fleet ami_version", self.ami_version)
        machine = self.machine
        if self.volume_gb is not None and machine.ebs_volume is False:
            raise ConfigurationError(
                f"Fleet volume_gb must be omitted for {machine.name}, got {self.volume_gb}: "
                f"{machine.family} instances bring local NVMe disks and take no EBS volume"
            )
        if self.ami_version is None or is_token(self.ami_version) or not machine.known:
            return
        if machine.accelerator is None:
            raise ConfigurationError(
                f"Fleet ami_version must be omitted for {machine.name}, got {self.ami_version}: "
                "it chooses the driver of GPU and Neuron instances"
            )
        if machine.neuron is not ("neuron" in self.ami_version):
            kind = "a Neuron" if machine.neuron else "a GPU"
            raise ConfigurationError(
                f"Fleet ami_version must be of {kind} image for {machine.name}, got {self.ami_version}: "
                "it brings the accelerator's driver"
            )

    @property
    def machine(self) -> InstanceType:
        """What follows from the instance type."""
        return instance(self.instance_type, what="Fleet instance_type")
