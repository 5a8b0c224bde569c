"""What Lambda can do beside running a Python archive: images, file systems, prepared environments, events that fail."""

from tests.local_aws.server.awslambda import (
    asynchronous,
    file_systems,
    image_functions,
    provisioned,
    refusals,
    templates,
    workers,
)


def install() -> None:
    """Extend ministack's Lambda. To be called after `functions` and `layers`, and before CloudFormation is installed."""
    workers.install()
    image_functions.install()
    file_systems.install()
    provisioned.install()
    refusals.install()
    asynchronous.install()
    templates.install()
