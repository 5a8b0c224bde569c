"""The check that an endpoint runs what was deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from cdk_model_hosting.guard.function import EndpointGuard
from cdk_model_hosting.guard.permissions import CHECK_COMPONENTS, CHECK_ROLLOUTS

if TYPE_CHECKING:
    import aws_cdk as cdk


class RolloutCheck:
    """Compares what each endpoint and inference component of a stack runs with what was deployed.

    When SageMaker rolls an update back, the endpoint is in service again, with its old configuration. CloudFormation takes
    that for success and deletes the old configuration, which is the one that serves. The check fails the deployment
    instead, so that CloudFormation restores what was there before. Inference components and their models are no different.

    One custom resource a stack, after all its endpoints and components.
    """

    def __init__(self, stack: cdk.Stack) -> None:
        self._guard = guard = EndpointGuard.of(stack)
        policy = guard.policy("CheckRollouts", CHECK_ROLLOUTS)
        self.cfn_check = guard.resource(guard, "Rollouts", "Custom::EndpointRollout", {"Endpoints": {}}, policy=policy)
        self._watched = 0
        self._components = 0

    @staticmethod
    def of(stack: cdk.Stack) -> RolloutCheck:
        """The stack's check, made when it is first asked for.

        Args:
            stack: The stack.
        """
        check = _checks.get(stack)
        if check is None:
            check = _checks[stack] = RolloutCheck(stack)
        return check

    @staticmethod
    def made_in(stack: cdk.Stack) -> RolloutCheck | None:
        """The stack's check, if anybody has asked for it.

        Args:
            stack: The stack.
        """
        return _checks.get(stack)

    def watch(self, endpoint_name: str, config_name: str) -> None:
        """Check one more endpoint.

        Args:
            endpoint_name: Reference to the endpoint, so that the check waits for it.
            config_name: Name of the configuration that is deployed.
        """
        self.cfn_check.add_property_override(
            f"Endpoints.Endpoint{self._watched}", {"Name": endpoint_name, "Config": config_name}
        )
        self._watched += 1

    def watch_component(self, component_name: str, component_arn: str, model_name: str) -> None:
        """Check one more inference component.

        Args:
            component_name: Its name.
            component_arn: Reference to it, so that the check waits for it.
            model_name: Name of the model that is deployed.
        """
        if not self._components:
            policy = self._guard.policy("CheckComponents", CHECK_COMPONENTS)
            self.cfn_check.add_resource_dependency(policy)
        self.cfn_check.add_property_override(
            f"Components.Component{self._components}",
            {"Name": component_name, "Arn": component_arn, "Model": model_name},
        )
        self._components += 1


_checks: WeakKeyDictionary[cdk.Stack, RolloutCheck] = WeakKeyDictionary()
