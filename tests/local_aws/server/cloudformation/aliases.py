"""Aliases of Lambda functions whose update policy lets CodeDeploy move them, and its deployment groups."""

import contextvars
import json
from collections.abc import Callable
from typing import Any

from ministack.services import cloudformation, lambda_svc
from ministack.services.cloudformation import changesets, handlers, stacks
from ministack.services.cloudformation import engine as resolving

from tests.local_aws.server.cloudformation import engine
from tests.local_aws.server.cloudformation.generic import GenericProvider
from tests.local_aws.server.cloudformation.provider import Created, Properties, Provider
from tests.local_aws.server.cloudformation.registry import resource_type
from tests.local_aws.server.traffic import deployments, shifts
from tests.local_aws.server.traffic.deployments import Deployment

ALIAS = "AWS::Lambda::Alias"
GROUP = "AWS::CodeDeploy::DeploymentGroup"
CONFIG = "AWS::CodeDeploy::DeploymentConfig"
_POLICY = "CodeDeployLambdaAliasUpdate"
_HOOKS = ("BeforeAllowTrafficHook", "AfterAllowTrafficHook")

_operation: contextvars.ContextVar[tuple[Properties, Properties] | None] = contextvars.ContextVar(
    "operation", default=None
)
"""The template that a stack is brought to, and its parameters."""


class DeploymentGroupProvider(GenericProvider):
    """A deployment group, to which ``Ref`` gives its name alone."""

    def create(self, logical_id: str, properties: Properties, stack_name: str) -> Created:
        """Create the group, for a configuration that is there."""
        _steps(_config_name(properties))
        return super().create(logical_id, properties, stack_name)

    def update(self, physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str) -> Created:
        """Change the group."""
        _steps(_config_name(new))
        return super().update(_identifier(old, physical_id), old, new, stack_name, logical_id)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the group."""
        super().delete(_identifier(properties, physical_id), properties)

    def read(self, physical_id: str, properties: Properties) -> Properties | None:
        """Return the group as it is now."""
        return super().read(_identifier(properties, physical_id), properties)

    def _keep(self, identifier: str, model: Properties) -> Created:
        _, attributes = super()._keep(identifier, model)
        return identifier.partition("|")[2], attributes


def providers() -> tuple[Provider, ...]:
    """Return the provider of deployment groups."""
    return (DeploymentGroupProvider(resource_type(GROUP)),)


def install() -> None:
    """Let the update policies of aliases be kept. To be called once, after the types are known."""
    known = engine.type_handlers[ALIAS]
    known["update"] = _shifting(known["update"])
    # A deployment takes its time, and an alarm stops it when the alias has moved already.
    engine.run_on_worker_thread(frozenset({ALIAS}))
    engine.revert_after_own_failure(frozenset({ALIAS}))
    deploy = _remembering(stacks._deploy_stack_async)
    for module in (stacks, handlers, changesets):
        module._deploy_stack_async = deploy
    resolving._extract_deps = stacks._extract_deps = _with_policies(resolving._extract_deps)


def _remembering(deploy: Callable[..., Any]) -> Callable[..., Any]:
    async def deploying(
        stack_name: str, stack_id: str, template: Properties, parameters: Properties, *rest: Any, **more: Any
    ) -> Any:
        _operation.set((template, parameters))
        return await deploy(stack_name, stack_id, template, parameters, *rest, **more)

    return deploying


def _with_policies(find: Callable[..., set[str]]) -> Callable[..., set[str]]:
    """Let an alias wait for the deployment group that its policy names."""

    def found(definition: Properties, known: set[str]) -> set[str]:
        policy = (definition.get("UpdatePolicy") or {}).get(_POLICY)
        return find(definition, known) | (find({"Properties": policy}, known) if policy else set())

    return found


def _shifting(update: Callable[..., Created]) -> Callable[..., Created]:
    def updated(physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str) -> Created:
        before, after = str(old.get("FunctionVersion")), str(new.get("FunctionVersion"))
        stack = cloudformation._stacks.get(stack_name) or {}
        is_rolled_back = "ROLLBACK" in stack.get("StackStatus", "")
        same_alias = all(old.get(name) == new.get(name) for name in ("FunctionName", "Name"))
        moves = before != after and same_alias and not is_rolled_back
        policy = _policy(stack_name, logical_id) if moves else None
        if policy is not None:
            deployment = _deployment(policy)
            deployments.keep(deployment)
            deployment.run(lambda version, weights: _move(physical_id, version, weights), before, after)
        elif is_rolled_back and same_alias and "RoutingConfig" not in new:
            _move(physical_id, after, {})
        return update(physical_id, old, new, stack_name, logical_id)

    return updated


def _policy(stack_name: str, logical_id: str) -> Properties | None:
    """Return the resolved policy by which an alias is updated; None when it has none."""
    template, parameters = _operation.get() or ({}, {})
    found = (template.get("Resources", {}).get(logical_id, {}).get("UpdatePolicy") or {}).get(_POLICY)
    if not found:
        return None
    stack = cloudformation._stacks[stack_name]
    conditions = resolving._evaluate_conditions(template, parameters)
    resolved: Properties = resolving._resolve_refs(
        found,
        stack["_resources"],
        parameters,
        conditions,
        template.get("Mappings", {}),
        stack_name,
        stack["StackId"],
    )
    for hook in _HOOKS:
        if resolved.get(hook):
            raise ValueError(f"{_POLICY} has a {hook}, which the local AWS does not play.")
    return resolved


def _deployment(policy: Properties) -> Deployment:
    application, name = str(policy["ApplicationName"]), str(policy["DeploymentGroupName"])
    group = _record(GROUP, f"{application}|{name}")
    if group is None:
        raise ValueError(f"No Deployment Group found for name: {name}")
    config = _config_name(group)
    return Deployment(application=application, group=group, name=name, config=config, steps=_steps(config))


def _steps(config: str) -> list[deployments.Step]:
    steps = shifts.ready_made(config)
    if steps is not None:
        return steps
    found = _record(CONFIG, config)
    if found is None:
        raise ValueError(f"No deployment configuration found for name: {config}")
    return shifts.made(found)


def _config_name(group: Properties) -> str:
    return str(group.get("DeploymentConfigName", shifts.ALL_AT_ONCE))


def _identifier(properties: Properties, name: str) -> str:
    return f"{properties['ApplicationName']}|{name}"


def _record(type_name: str, identifier: str) -> Properties | None:
    found = engine.cloud_control_records.get(engine.record_key(type_name, identifier))
    return json.loads(found["Properties"]) if found else None


def _move(alias_arn: str, version: str, weights: dict[str, float]) -> None:
    *_, function, alias = alias_arn.split(":")
    changes = {"FunctionVersion": version, "RoutingConfig": {"AdditionalVersionWeights": weights}}
    status, _, body = lambda_svc._update_alias(function, alias, changes)
    if status >= 400:
        raise ValueError(f"CodeDeploy cannot move the alias: {body.decode()}")
