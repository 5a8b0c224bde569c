"""A key of one's own for the volumes of instances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.arguments import require_like
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.permissions import Permission
from cdk_model_hosting.same_region import check_arn

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from cdk_model_hosting.endpoints.fleet import Fleet


_KEY = "a key such as Key.from_key_arn(self, 'Key', arn)"


def check_key(owner: str, key: object) -> None:
    """Refuse what is no key, such as a key's ARN.

    Args:
        owner: What the user typed.
        key: What was given; None passes.

    Raises:
        ConfigurationError: When it is no key.
    """
    if key is not None:
        require_like(f"{owner} encryption_key", key, "key_arn", _KEY)


def check_key_region(what: str, key: kms.IKey, scope: Construct) -> None:
    """Refuse a key that no volume of this region can be encrypted with.

    Args:
        what: The argument as the user typed it.
        key: The key.
        scope: Whatever uses it, or its stack.

    Raises:
        ConfigurationError: When it is in another region.
    """
    check_arn(what, key.key_arn, scope, why="volumes are encrypted with keys of their own region only")


def check_volume_key(owner: str, *fleets: Fleet) -> None:
    """Refuse a key for instances without a volume that it could encrypt.

    Args:
        owner: What the user typed.
        fleets: The fleets.

    Raises:
        ConfigurationError: When the instances of one bring local NVMe disks.
    """
    for fleet in fleets:
        machine = fleet.machine
        if machine.volume_kms_key is False:
            raise ConfigurationError(
                f"{owner} encryption_key must be omitted for {machine.name}, got one: its local NVMe disks are encrypted by "
                "the hardware with a key of their own, and it has no volume to encrypt"
            )


def volume_key_advice(*fleets: Fleet) -> list[Advice]:
    """What to say of a key for instances that AWS does not tell enough about.

    Args:
        fleets: The fleets.
    """
    families = {fleet.machine.family for fleet in fleets if fleet.machine.volume_kms_key is None}
    return [
        Advice(
            "unconfirmedKey", f"encryption_key may be refused: AWS does not say whether {family} takes an EBS volume"
        )
        for family in sorted(families - {""})
    ]


def use_of_volume_key(key: kms.IKey) -> tuple[Permission, ...]:
    """What attaching an encrypted volume needs; grants only to AWS services.

    Args:
        key: The key.
    """
    arn = key.key_arn
    grant = Permission(
        actions=("kms:CreateGrant",),
        resources=(arn,),
        conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
    )
    use = Permission(
        actions=("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"), resources=(arn,)
    )
    return grant, use
