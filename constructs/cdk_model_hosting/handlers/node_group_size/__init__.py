"""The size of a node group: a function that tells CloudFormation how many nodes an autoscaler has given a group.

It answers one custom resource, `Custom::NodeGroupSize`, which stands before a group. EKS wants the number of nodes whenever a group
is made, and takes the number in the template for a new one whenever it changes something of the group. A new group begins with its
minimum. Whatever is changed later, the group keeps the nodes that it has, as far as its bounds allow; and a group that takes the place
of another one begins with as many.

The folder and what it shares with its neighbours are a package of their own inside the function, so its modules import each
other relatively.
"""

from .entry import handler

__all__ = ["handler"]
