"""How long a function takes to get its model and to load it, where anybody can tell."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cdk_model_hosting.advice import Advice
from cdk_model_hosting.functions.gateway import known_gateway
from cdk_model_hosting.handlers.model_function.contract import Delivery, Variable
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from cdk_model_hosting.functions.delivery import BoundDelivery
    from cdk_model_hosting.functions.vpc import BoundVpc

# What comes from a bucket is written, counted, and unpacked, which is writing it again: all of /tmp that it takes.
_MB_A_SECOND = 75
# Python, the packages, and the loader itself.
_BEFORE_SECONDS = 3

INIT_SECONDS = 10
"""After which Lambda ends an environment that has not begun, and lets it begin anew."""

_ISOLATED = Advice(
    "bucketFromIsolatedSubnets",
    "the function downloads its model from S3 when it begins, and stands in isolated subnets of a VPC that has no gateway endpoint of "
    "S3's so far: without a way to S3 it does not begin; call vpc.add_gateway_endpoint before, which is free",
)


def seconds_to_begin(tmp_mb: float) -> int:
    """About how long a function takes to begin with a model from a bucket.

    Args:
        tmp_mb: What the model takes of /tmp: an archive twice its size.
    """
    return _BEFORE_SECONDS + math.ceil(tmp_mb / _MB_A_SECOND)


def seconds_to_begin_anew(tmp_mb: float) -> int:
    """About how long it takes when Lambda has let it begin before, and ended that after ten seconds; 0 where it does not come to that.

    What was downloaded by then is still there, and what was unpacked is not.

    Args:
        tmp_mb: What the model takes of /tmp: an archive twice its size.
    """
    needed = seconds_to_begin(tmp_mb)
    if needed <= INIT_SECONDS:
        return 0
    downloaded = math.floor(tmp_mb / 2 / _MB_A_SECOND)
    return needed - min(downloaded, INIT_SECONDS - _BEFORE_SECONDS)


def advice_on_time(delivery: BoundDelivery, timeout_seconds: int) -> tuple[Advice, ...]:
    """Say when a function has too little time to begin.

    Args:
        delivery: How the model comes.
        timeout_seconds: What it has for an event, and so for beginning anew within the first one.
    """
    if delivery.tmp_mb is None or is_token(timeout_seconds):
        return ()
    needed = seconds_to_begin_anew(delivery.tmp_mb)
    if needed <= timeout_seconds:
        return ()
    text = (
        f"the function takes about {seconds_to_begin(delivery.tmp_mb)} seconds to get and load {delivery.tmp_mb:.0f} MB of /tmp: Lambda "
        f"ends that after ten seconds, and lets it begin anew within the first event, which takes about {needed} seconds, and "
        f"FunctionSize timeout is {timeout_seconds}; give it more time, or bring the model on a file system or as an image"
    )
    return (Advice("modelOutlastsTimeout", text),)


def advice_on_way(delivery: BoundDelivery, vpc: BoundVpc | None) -> tuple[Advice, ...]:
    """Say when a function that downloads its model has no way to it, as far as the app knows.

    Args:
        delivery: How the model comes.
        vpc: Where the function stands.
    """
    if vpc is None or delivery.variables.get(str(Variable.DELIVERY)) != str(Delivery.BUCKET):
        return ()
    from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415 - loaded by those alone who use a VPC

    # Of an imported one nobody here knows which endpoints it has.
    if not isinstance(vpc.vpc, ec2.Vpc):
        return ()
    isolated = {each.subnet_id for each in vpc.vpc.isolated_subnets}
    if not isolated.issuperset(vpc.subnet_ids) or known_gateway(vpc.vpc) is not None:
        return ()
    return (_ISOLATED,)
