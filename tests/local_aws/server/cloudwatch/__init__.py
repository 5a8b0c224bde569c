"""CloudWatch alarms that look at their metrics: ministack stores both, and brings them together only roughly."""

from tests.local_aws.server.cloudwatch import alarms, engine


def install() -> None:
    """Put the evaluation in the place of ministack's own. To be called once, before the server takes requests."""
    engine.install(alarms.evaluate, alarms.set_by_hand)
