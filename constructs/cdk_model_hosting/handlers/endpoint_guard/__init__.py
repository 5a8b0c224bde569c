"""The endpoint guard: a function that stands beside every endpoint of a stack while it is deployed.

It answers three custom resources. `Custom::EndpointRollout` fails a deployment that SageMaker has rolled back in silence.
`Custom::ScalingRelease` and `Custom::ScalingRegistration`, before and after the endpoint, let the instance type of a
variant that scales change in one deployment. Between them a *watch* makes sure that whatever becomes of the deployment,
no variant is left unregistered.

The folder is a package of its own inside the function, so its modules import each other relatively.
"""

from .entry import handler

__all__ = ["handler"]
