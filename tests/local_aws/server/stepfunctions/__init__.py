"""Step Functions: ministack's, with SageMaker, and stricter where AWS is."""

from tests.local_aws.server.stepfunctions import (
    distributed,
    jsonata,
    maps,
    paths,
    payloads,
    retrying,
    running,
    sagemaker,
    sdk,
    starting,
    templates,
)


def install() -> None:
    """Extend ministack's Step Functions. To be called once, before CloudFormation is installed."""
    sagemaker.install()
    sdk.install()
    payloads.install()
    running.install()
    retrying.install()
    paths.install()
    maps.install()
    jsonata.install()
    distributed.install()
    starting.install()
    templates.install()
