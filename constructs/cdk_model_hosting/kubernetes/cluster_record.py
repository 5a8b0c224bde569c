"""What an app knows of a cluster, whichever of its constructs speaks of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import aws_cdk as cdk

if TYPE_CHECKING:
    from constructs import Construct, IConstruct


@dataclass(slots=True)
class ClusterRecord:
    """Who has what of a cluster, and which nodes it has. Two constructs that stand for one cluster share it.

    Args:
        owners: Who took what a cluster has once.
        node_groups: Its groups and pools of nodes, in order.
        principals: The ARNs that have an access entry.
    """

    owners: dict[str, Construct] = field(default_factory=dict)
    node_groups: list[Construct] = field(default_factory=list)
    principals: set[str] = field(default_factory=set)

    @staticmethod
    def of(scope: Construct, *names: str) -> ClusterRecord:
        """The record of a cluster. It is the same for the same name in stacks of one account and region of an app, or of a stage.

        Args:
            scope: What stands for the cluster.
            names: All that the cluster is called. A Token stands for the name of one resource or parameter.
        """
        stack = cdk.Stack.of(scope)
        stage = cdk.Stage.of(stack)
        known = _records.setdefault(stage if stage is not None else stack.node.root, {})
        keys = [(stack.account, stack.region, name) for name in names]
        record = next((known[key] for key in keys if key in known), None)
        if record is None:
            record = ClusterRecord()
        known.update(dict.fromkeys(keys, record))
        return record


_records: WeakKeyDictionary[IConstruct, dict[tuple[str, str, str], ClusterRecord]] = WeakKeyDictionary()
