"""Deployments of CodeDeploy: an alias goes from one version to the next in steps, and back when an alarm goes off.

See: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-steps-lambda.html
"""

import logging
import secrets
import string
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.local_aws.server.sagemaker import cloud, rollouts

_LOG = logging.getLogger("local_aws.codedeploy")
_STOPPED_ON_ALARM = "DEPLOYMENT_STOP_ON_ALARM"

Document = dict[str, Any]
Step = tuple[float, float]
"""The share of the new version, and the seconds for which it lasts."""

Move = Callable[[str, dict[str, float]], None]
"""Gives an alias its main version, and the weight of another one."""


class StoppedError(RuntimeError):
    """A deployment that an alarm has stopped."""


@dataclass
class Deployment:
    """One deployment.

    Args:
        application: The application's name.
        group: The deployment group, as its properties in a template are named.
        name: The deployment group's name.
        config: The name of the deployment configuration.
        steps: How it shifts the traffic, the last step left out: after that everything is on the new version.
    """

    application: str
    group: Document
    name: str
    config: str
    steps: list[Step]
    identifier: str = field(
        default_factory=lambda: "d-" + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(9))
    )
    status: str = "Created"
    created: float = field(default_factory=time.time)
    completed: float | None = None
    error: str = ""

    def run(self, move: Move, old: str, new: str) -> None:
        """Move an alias from one version to another.

        Args:
            move: Changes the alias.
            old: The version that it has.
            new: The version that it gets.

        Raises:
            StoppedError: An alarm of the group is in ALARM. The alias has its old version again, where the group rolls back.
        """
        self.status = "InProgress"
        watched = self._watched()
        # An alarm that is in ALARM already stops even a deployment that goes all at once.
        reason = rollouts.tripped_alarm(watched)
        for share, seconds in self.steps:
            if not reason:
                move(old, {new: share})
                _LOG.info("deployment %s: version %s has %g of the traffic", self.identifier, new, share)
                reason = rollouts.bake(watched, seconds)
        if not reason:
            move(new, {})
        elif self._rolls_back():
            move(old, {})
        self.completed = time.time()
        self.status = "Stopped" if reason else "Succeeded"
        if reason:
            name = reason.removeprefix("alarm ").removesuffix(" is in ALARM")
            self.error = (
                "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the affected "
                f"deployments have been stopped. Alarms that are activated: <{name}>"
            )
            _LOG.warning("deployment %s goes back to version %s: %s", self.identifier, old, reason)
            raise StoppedError(f"Deployment {self.identifier} failed: {self.error}")

    def _watched(self) -> Document:
        """Return the alarms in the shape in which rollouts look at them."""
        alarms = self.group.get("AlarmConfiguration") or {}
        names = [alarm["Name"] for alarm in alarms.get("Alarms", ())] if alarms.get("Enabled") else []
        return {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in names]}}

    def _rolls_back(self) -> bool:
        rollback = self.group.get("AutoRollbackConfiguration") or {}
        return bool(rollback.get("Enabled")) and _STOPPED_ON_ALARM in rollback.get("Events", ())


_deployments: dict[tuple[str, str], dict[str, Deployment]] = {}


def keep(deployment: Deployment) -> None:
    """Let a deployment be found."""
    of_scope().setdefault(deployment.identifier, deployment)


def of_scope() -> dict[str, Deployment]:
    """Return the deployments of this account and region, first one first."""
    return _deployments.setdefault((cloud.account(), cloud.region()), {})


def clear() -> None:
    """Forget everything."""
    _deployments.clear()
