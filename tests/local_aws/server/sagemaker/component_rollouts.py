"""Brings inference components up, changes how many copies there are, exchanges what they run, and takes them down.

Each function runs on a thread of its own, and ends with the component in the status that tells how it went.
"""

import logging
from collections.abc import Callable

from tests.local_aws.server import timing
from tests.local_aws.server.sagemaker import (
    adapters,
    component_capacity,
    component_state,
    deployment_rules,
    fleets,
    rollouts,
    tags,
)
from tests.local_aws.server.sagemaker.component_state import Component, Copies
from tests.local_aws.server.sagemaker.state import LOCK, Document, EndpointConfig, Fleet

_LOG = logging.getLogger("local_aws.sagemaker")


def create(component: Component) -> None:
    """Bring up the copies of a new component."""
    reason = _safely(component, lambda: _scale(component, component.wanted, partly=False))
    component.becomes("Failed" if reason else "InService", reason=reason)


def rescale(component: Component) -> None:
    """Bring the number of copies to the one that is wanted, or as near to it as there is room."""
    reason = _safely(component, lambda: _scale(component, component.wanted, partly=True))
    component.becomes("Failed" if reason else "InService", reason=reason)


def update(component: Component, specifications: list[Document], new: Copies) -> None:
    """Exchange what a component runs, batch by batch; when that fails, it stays as it was.

    Args:
        component: The component.
        specifications: What it is to run.
        new: Its copies, of which nothing is started yet.
    """
    before = component.specifications
    with LOCK:
        component.specifications = specifications
    reason = _safely(component, lambda: _reload(component, new) if component.base_name else _exchange(component, new))
    if reason:
        _LOG.warning("inference component %s rolls back: %s", component.name, reason)
        _take_back(component, before)
        _stop(new)
    component_capacity.follow(component.endpoint_name, component.variant_name)
    component.becomes("InService")


def remove(component: Component) -> None:
    """Take a component down, and forget it."""
    base = component_state.components().get(component.base_name)
    if base is not None:
        adapters.unload(component, base.current)
    else:
        _stop(component.current)
    with LOCK:
        component_state.components().pop(component.name, None)
        tags.forget(component.arn)
    component_capacity.follow(component.endpoint_name, component.variant_name)


def orphan(endpoint_name: str) -> None:
    """End what answers for the components of an endpoint that is deleted: they stay, in service, and nobody answers."""
    for component in component_state.on(endpoint_name):
        for copies in (component.current, component.pending):
            if copies is not None:
                fleets.stop(_fleet(copies))


def _scale(component: Component, copies: int, *, partly: bool) -> str:
    """Bring up or take down copies; return why that failed, or nothing."""
    base = component_state.components().get(component.base_name)
    if base is not None:
        return adapters.load(component, component.current, base.current)
    found, current = component_capacity.room_for(component, copies), component.current
    if found < copies and not partly:
        return component_capacity.NO_ROOM
    was_down = not current.instance_count
    if found and was_down:
        reason = fleets.start(_fleet(current), component.endpoint_name)
        if reason:
            _stop(current)
            return reason
    with LOCK:  # whoever chooses these copies enters them under the same lock
        current.instance_count = found
    reason = _follow_adapters(component, restarted=was_down)
    if not found:
        _stop(current)
    component_capacity.follow(component.endpoint_name, component.variant_name)
    return reason


def _exchange(component: Component, new: Copies) -> str:
    """Bring up the copies of another version and shift the traffic to them; return why that failed, or nothing."""
    wanted, old = component.wanted, component.current
    if component_capacity.room_for(component, wanted) < wanted:
        return component_capacity.NO_ROOM
    if wanted:
        reason = fleets.start(_fleet(new), component.endpoint_name)
        if reason:
            return reason
    new.instance_count = wanted
    for adapter in component_state.adapters_of(component):
        adapter.pending = _copies_of(adapter)
        reason = adapters.load(adapter, adapter.pending, new)
        if reason:
            return reason
    component.pending = new
    reason = _shift(component)
    if reason:
        return reason
    with LOCK:
        component.current, component.pending, component.pending_share = new, None, 0.0
        for adapter in component_state.adapters_of(component):
            adapter.current, adapter.pending = adapter.pending or adapter.current, None
    _stop(old)
    return ""


def _shift(component: Component) -> str:
    """Shift the traffic batch by batch; return why the update must be undone, or nothing."""
    deployment = component.deployment
    for share in deployment_rules.traffic_steps(deployment, component.wanted):
        with LOCK:
            component.pending_share = share
        reason = rollouts.bake(deployment, deployment_rules.step_wait(deployment))
        if reason:
            return reason
    return ""


def _take_back(component: Component, specifications: list[Document]) -> None:
    """Send all traffic back to what a component ran before."""
    with LOCK:
        component.specifications, component.wanted = specifications, component.current.instance_count
        component.pending, component.pending_share = None, 0.0
        for adapter in component_state.adapters_of(component):
            adapter.pending = None
    base = component_state.components().get(component.base_name)
    if base is not None:
        adapters.load(component, component.current, base.current)
    timing.wait(rollouts.ROLLBACK_SECONDS)


def _reload(adapter: Component, new: Copies) -> str:
    """Load another artifact of an adapter in place of the one that is loaded; return why that failed, or nothing."""
    base = component_state.components()[adapter.base_name]
    adapters.unload(adapter, base.current)
    reason = adapters.load(adapter, new, base.current)
    if not reason:
        adapter.current = new
    return reason


def _follow_adapters(component: Component, *, restarted: bool) -> str:
    """Load the adapters of a component whose container is new, or count their copies; return why that failed."""
    for adapter in component_state.adapters_of(component):
        if restarted and component.current.instance_count:
            reason = adapters.load(adapter, adapter.current, component.current)
            if reason:
                return reason
        adapter.current.instance_count = component.current.instance_count
    return ""


def _copies_of(component: Component) -> Copies:
    """Return copies of the same version that nothing answers for yet."""
    known = component.current
    return Copies(
        known.name, known.settings, known.model, 0, 1.0, known.endpoint_name, component_name=known.component_name
    )


def _fleet(copies: Copies) -> Fleet:
    """Return copies as a fleet of one variant, which `fleets` starts and stops."""
    return Fleet(EndpointConfig(copies.config_name, "", {}), {copies.name: copies})


def _stop(copies: Copies) -> None:
    with LOCK:
        copies.instance_count = 0
    fleets.stop(_fleet(copies))


def _safely(component: Component, task: Callable[[], str]) -> str:
    """Do what may fail; return why it did, or nothing."""
    try:
        return task()
    except Exception as error:  # noqa: BLE001 - whatever it is, the component must not stay busy for ever
        _LOG.exception("inference component %s could not be changed", component.name)
        return f"The local AWS could not do it: {error!r}."
