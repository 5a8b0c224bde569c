"""Three hours of an endpoint's metrics, made up from a fixed seed, for the picture of a dashboard.

Requests arrive and are answered by a fleet that scales; every statistic is computed from the single requests, as
CloudWatch computes it. After two hours a bad version gets a tenth of the traffic, and is rolled back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

MINUTES = 180
_BAD = range(120, 125)
"""Minutes in which the bad version answers a tenth of the requests."""

_BOTH_FLEETS = range(114, 128)
"""Minutes in which both fleets run."""

_PER_INSTANCE = 420
_FEWEST, _MOST = 2, 8
_BURST = 14
"""Requests in flight at the worst moment of a minute, for each on average."""


@dataclass(frozen=True, slots=True)
class _Minute:
    """What happened in a minute.

    Args:
        model: Microseconds of the model for each request.
        overhead: Microseconds that were added, likewise.
        refused: Requests answered with a client error.
        failed: Requests answered with a server error.
        answering: Instances that take requests.
        running: Instances that run.
        cpu: CPU use of each running instance, added up over its cores.
    """

    model: Values
    overhead: Values
    refused: int
    failed: int
    answering: int
    running: int
    cpu: Values


class Traffic:
    """The made-up endpoint.

    Args:
        cores: CPUs of each instance.
        seed: Of the random numbers.
    """

    def __init__(self, *, cores: int, seed: int = 3) -> None:
        self._random = np.random.default_rng(seed)
        self._minutes: list[_Minute] = []
        instances = _FEWEST
        for minute in range(MINUTES):
            happened = self._minute(minute, instances, cores)
            self._minutes.append(happened)
            wanted = int(np.ceil(len(happened.model) / _PER_INSTANCE))
            # It grows at once, and shrinks an instance at a time every ten minutes.
            if wanted > instances and minute % 3 == 0:
                instances = min(wanted, _MOST)
            elif wanted < instances and minute % 10 == 0:
                instances = max(instances - 1, _FEWEST)

    def values(self, metric: str, statistic: str) -> Values:
        """A statistic of each minute."""
        return np.array([_statistic(_samples(each, metric), statistic) for each in self._minutes])

    def _minute(self, minute: int, instances: int, cores: int) -> _Minute:
        random = self._random
        rate = 600 + 900 * np.exp(-(((minute - 75) / 28) ** 2)) + 120 * np.sin(minute / 9)
        number = int(random.poisson(rate))
        load = number / (instances * _PER_INSTANCE)
        model = random.lognormal(np.log(18_000 * (0.8 + 0.5 * load**2)), 0.45, number)
        failed = int(random.binomial(number, 0.0004))
        if minute in _BAD:
            bad = number // 10
            model[:bad] *= 6
            failed += int(random.binomial(bad, 0.35))
        running = instances * (2 if minute in _BOTH_FLEETS else 1)
        busy = 100 * cores * min(0.62 * load + 0.05, 1) * (instances / running)
        return _Minute(
            model=model,
            overhead=random.lognormal(np.log(2_500), 0.5, number),
            refused=int(random.binomial(number, 0.006)),
            failed=failed,
            answering=instances,
            running=running,
            cpu=np.clip(random.normal(busy, 6, running), 1, 100 * cores),
        )


def _samples(minute: _Minute, metric: str) -> Values:
    """What SageMaker would publish of a minute: a value for each request, or for each instance."""
    number = len(minute.model)
    seconds = float((minute.model + minute.overhead).sum()) / 1e6
    return {
        "ModelLatency": minute.model,
        "OverheadLatency": minute.overhead,
        "Invocations": np.ones(number),
        "InvocationsPerInstance": np.full(number, 1 / minute.answering),
        "Invocation4XXErrors": _ones(minute.refused, number),
        "Invocation5XXErrors": _ones(minute.failed, number),
        "InvocationModelErrors": _ones(minute.refused + minute.failed, number),
        "ConcurrentRequestsPerModel": np.array([np.ceil(_BURST * seconds / 60)]),
        "CPUUtilization": minute.cpu,
        "MemoryUtilization": np.full(minute.running, 41.0),
        "DiskUtilization": np.full(minute.running, 12.0),
    }[metric]


def _ones(count: int, number: int) -> Values:
    found = np.zeros(number)
    found[:count] = 1
    return found


def _statistic(samples: Values, statistic: str) -> float:
    match statistic:
        case "Sum":
            return float(samples.sum())
        case "Average":
            return float(samples.mean())
        case "Maximum":
            return float(samples.max())
        case "SampleCount":
            return float(samples.size)
        case _:
            return float(np.percentile(samples, float(statistic.removeprefix("p"))))
