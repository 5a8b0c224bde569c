"""The file system publisher: a function that has models put into file systems when a stack is deployed.

It answers one custom resource, `Custom::ModelOnFileSystem`: each is a model that a function of the stack finds on a file system. The work is
done by a second function, the file system writer, which has the file system mounted and stands in its VPC. This one stands outside
of it, where it reaches CloudFormation whatever is wrong inside: a function that could not answer would let the deployment wait for an
hour. It waits for the writer no longer than the writer may run.

The folder and what it shares with its neighbours are a package of their own inside the function, so its modules import each
other relatively.
"""

from .entry import handler

__all__ = ["handler"]
