"""What brings events to the versions of a Lambda function, and how they are split between them."""

from tests.local_aws.server.traffic import apis, codedeploy, queues, requests, urls, versions


def install() -> None:
    """Extend ministack's Lambda, and give it CodeDeploy.

    To be called once, after whatever changes how a version runs, and before CloudFormation is installed.
    """
    versions.install()
    codedeploy.install()
    requests.install()
    urls.install()
    apis.install()
    queues.install()
