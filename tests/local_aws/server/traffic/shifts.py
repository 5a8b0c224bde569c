"""How deployment configurations shift the traffic of an alias.

See: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
"""

from typing import Any

ALL_AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"
_MINUTE = 60.0
_CANARIES = (5, 10, 15, 30)
_LINEARS = (1, 2, 3, 10)

Step = tuple[float, float]


def ready_made(name: str) -> list[Step] | None:
    """Return the steps of one of CodeDeploy's own configurations; None where it has none of that name."""
    known: dict[str, list[Step]] = {ALL_AT_ONCE: []}
    known |= {f"CodeDeployDefault.LambdaCanary10Percent{each}Minutes": canary(10, each) for each in _CANARIES}
    for each in _LINEARS:
        known[f"CodeDeployDefault.LambdaLinear10PercentEvery{each}Minute{'s' * (each > 1)}"] = linear(10, each)
    return known.get(name)


def made(properties: dict[str, Any]) -> list[Step]:
    """Return the steps of a configuration, given as its properties in a template are."""
    routing = properties.get("TrafficRoutingConfig") or {}
    if routing.get("Type") == "TimeBasedCanary":
        shape = routing["TimeBasedCanary"]
        return canary(float(shape["CanaryPercentage"]), float(shape["CanaryInterval"]))
    if routing.get("Type") == "TimeBasedLinear":
        shape = routing["TimeBasedLinear"]
        return linear(float(shape["LinearPercentage"]), float(shape["LinearInterval"]))
    return []


def canary(percent: float, minutes: float) -> list[Step]:
    """Return the one step of a canary."""
    return [(percent / 100, minutes * _MINUTE)]


def linear(percent: float, minutes: float) -> list[Step]:
    """Return the steps of a linear shift, of which the last one takes what is left."""
    steps = []
    share = percent
    while share < 100:
        steps.append((share / 100, minutes * _MINUTE))
        share += percent
    return steps
