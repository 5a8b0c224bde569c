"""The version check: a function that lets a new version of a model function begin before any request goes to it.

It answers one custom resource, `Custom::ModelFunctionVersion`: each is a version that was just published. Creating it invokes the
version once, with the question of a load balancer whether it is there, which a model function answers without predicting. A
version that cannot begin, because its model is broken or its packages are missing, fails the deployment there, and the alias stays
with the version that has served so far.

The folder and what it shares with its neighbours are a package of their own inside the function, so its modules import each
other relatively.
"""

from .entry import handler

__all__ = ["handler"]
