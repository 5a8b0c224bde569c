"""What a service reaches in its own region alone: buckets, keys and topics of another one are refused.

A region that is known only at deploy time, on either side, passes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import aws_cdk as cdk

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.regions import region_of
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_s3 as s3
    from constructs import Construct, IConstruct

KEYS_OF_BUCKETS = "S3 encrypts with keys of the bucket's own region only"
"""Why a key of objects must be where the bucket is."""

# Where the region stands in arn:partition:service:region:account:resource.
_REGION = 3

# Many constructs share a bucket, and asking for its region is a call into the CDK kernel.
_regions: WeakKeyDictionary[s3.IBucket, str] = WeakKeyDictionary()


def check_bucket(what: str, bucket: s3.IBucket, scope: Construct, *, why: str) -> None:
    """Refuse a bucket of another region.

    A bucket of this app is where its stack is; an imported one is where it says, or else where it is imported.

    Args:
        what: The argument as the user typed it.
        bucket: The bucket.
        scope: Whatever uses it, or its stack, which spares a call into the CDK kernel.
        why: Why it must be in that region.

    Raises:
        ConfigurationError: When it is elsewhere.
    """
    here = _region(scope)
    if is_token(here):
        return
    there = _regions.get(bucket)
    if there is None:
        there = _regions[bucket] = bucket.env.region
    _check(what, there, here, why)


def check_arn(what: str, arn: str, scope: Construct, *, why: str) -> None:
    """Refuse what has the ARN of another region.

    Args:
        what: The argument as the user typed it.
        arn: The ARN of a key or a topic.
        scope: Whatever uses it, or its stack, which spares a call into the CDK kernel.
        why: Why it must be in that region.

    Raises:
        ConfigurationError: When it is elsewhere.
    """
    parts = arn.split(":", _REGION + 1)
    # What is made by an app is known by a Token as a whole, and then there is no need to look at the stack.
    if len(parts) <= _REGION + 1 or any(is_token(each) for each in parts[: _REGION + 1]):
        return
    _check(what, parts[_REGION], _region(scope), why)


def check_construct(what: str, found: IConstruct, scope: Construct, *, why: str) -> None:
    """Refuse a construct of a stack in another region; an imported one is taken to be where it is imported.

    Args:
        what: The argument as the user typed it.
        found: The construct.
        scope: Whatever uses it, or its stack.
        why: Why it must be in that region.

    Raises:
        ConfigurationError: When it is elsewhere.
    """
    _check(what, _region(found), _region(scope), why)


def _region(scope: IConstruct) -> str:
    return region_of(scope if isinstance(scope, cdk.Stack) else cdk.Stack.of(scope))


def _check(what: str, there: str, here: str, why: str) -> None:
    if not is_token(there) and not is_token(here) and there != here:
        raise ConfigurationError(f"{what} must be in the stack's region {here}, got one in {there}: {why}")
