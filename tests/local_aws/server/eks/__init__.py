"""EKS: clusters that are played without nodes, and the Kubernetes objects and Helm releases that stacks put into them."""

from tests.local_aws.server.eks import api, capturing


def install() -> None:
    """Take the place of ministack's EKS, which would start containers. To be called before CloudFormation is installed."""
    api.install()
    capturing.install()
