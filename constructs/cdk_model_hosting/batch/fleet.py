"""The instances of a transform job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting import patterns
from cdk_model_hosting.arguments import require_like
from cdk_model_hosting.batch.destination import KEY
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.instances import InstanceType, instance
from cdk_model_hosting.limits import TRANSFORM_AMI_VERSION, TRANSFORM_FAMILY, TRANSFORM_INSTANCES
from cdk_model_hosting.patterns import Feature, Pattern, Used
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformFleet:
    """Instances that come up for a job and go with it. They share the files: one file goes to one instance.

    Args:
        instance_type: SageMaker instance type, such as ``ml.m5.large``.
        count: Instances, 1-100; more than files are no help.
        ami_version: Machine image of GPU instances, which fixes the driver's version.
        encryption_key: KMS key of the instances' volumes, for families without local NVMe disks.

    Raises:
        ConfigurationError: When SageMaker runs no jobs on such instances.

    See: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformResources.html
    """

    instance_type: str
    count: int = 1
    ami_version: str | None = None
    encryption_key: kms.IKey | None = None

    def __post_init__(self) -> None:
        TRANSFORM_INSTANCES.check("TransformFleet count", self.count)
        TRANSFORM_AMI_VERSION.check("TransformFleet ami_version", self.ami_version)
        if self.encryption_key is not None:
            require_like("TransformFleet encryption_key", self.encryption_key, "key_arn", KEY)
        machine = self.machine
        if not machine.resolved:
            return
        if machine.inferentia1:
            used = Used(Feature.INFERENTIA1, "TransformFleet instance_type", machine.name, must="be no Inf1")
            patterns.check(Pattern.BATCH, used)
        if machine.known:
            TRANSFORM_FAMILY.check(f"TransformFleet instance_type {machine.name}: its family", machine.family)
        if self.encryption_key is not None and machine.volume_kms_key is False:
            raise ConfigurationError(
                f"TransformFleet encryption_key must be omitted for {machine.name}, got one: its local NVMe disks are "
                "encrypted by the hardware with a key of their own, and it has no volume to encrypt"
            )
        if self.ami_version is not None and not is_token(self.ami_version) and machine.known and not machine.gpu:
            raise ConfigurationError(
                f"TransformFleet ami_version must be omitted for {machine.name}, got {self.ami_version}: it chooses the "
                "driver of GPU instances"
            )

    @property
    def machine(self) -> InstanceType:
        """What follows from the instance type."""
        return instance(self.instance_type, what="TransformFleet instance_type")
