"""What the functions of the comparison cost, at how many requests a month: arithmetic on AWS's list prices.

US East (N. Virginia), Arm, without the free tier. Prices are of 2026-11; they are what changes first, so read them again before
you decide by a small difference.

See: https://aws.amazon.com/lambda/pricing/, https://aws.amazon.com/sagemaker/ai/pricing/, https://aws.amazon.com/efs/pricing/,
https://aws.amazon.com/ecr/pricing/, https://aws.amazon.com/s3/pricing/
"""

from __future__ import annotations

import math
from dataclasses import dataclass

MILLION = 1_000_000
TRAFFIC = (10_000, MILLION, 100 * MILLION)
"""Requests a month, at even intervals on average: one in four minutes, one in three seconds, 38 a second."""

_SECONDS_A_MONTH = 730 * 3600
_MILLI = 1000
_MB = 1024

_REQUEST = 0.20 / MILLION
_GB_SECOND = 0.0000133334
_S3_GET = 0.0000004
_EFS_GB_MONTH = 0.30
_EFS_READ_GB = 0.03
_ECR_GB_MONTH = 0.10
_INSTANCE_HOUR = 0.115
"""An ml.m5.large of SageMaker's: the smallest fleet that a proxy may stand before."""

_IDLE_SECONDS = 300.0
"""After how long without a request an environment is taken away. AWS says nothing of it; five minutes is on the short side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """What the price of a function depends on.

    Args:
        memory_mb: Its memory.
        cold_ms: What it takes from nothing to its first answer. All of that is billed.
        warm_ms: What a further answer takes.
        image_mb: What lies in a container registry for it.
        file_system_mb: What lies in a file system, and is read from there by each new environment.
        from_bucket: Whether each new environment reads an object.
        instances: Instances of an endpoint that it cannot do without.
    """

    memory_mb: int
    cold_ms: float
    warm_ms: float
    image_mb: float = 0.0
    file_system_mb: float = 0.0
    from_bucket: bool = False
    instances: int = 0

    def a_million(self, requests: int) -> float:
        """USD for a million requests.

        Args:
            requests: How many there are a month: what is paid by the month is shared among them.
        """
        cold = cold_share(requests)
        billed = (1 - cold) * math.ceil(self.warm_ms) + cold * math.ceil(self.cold_ms)
        each = _REQUEST + billed / _MILLI * self.memory_mb / _MB * _GB_SECOND
        each += cold * ((_S3_GET if self.from_bucket else 0) + self.file_system_mb / _MB * _EFS_READ_GB)
        monthly = self.image_mb / _MB * _ECR_GB_MONTH + self.file_system_mb / _MB * _EFS_GB_MONTH
        monthly += self.instances * _INSTANCE_HOUR * _SECONDS_A_MONTH / 3600
        return (each + monthly / requests) * MILLION


def cold_share(requests: int) -> float:
    """The share of requests that begin an environment, when they come at random and one environment answers them all.

    Args:
        requests: How many there are a month.
    """
    return math.exp(-_IDLE_SECONDS * requests / _SECONDS_A_MONTH)
