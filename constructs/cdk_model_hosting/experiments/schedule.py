"""When an experiment runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from aws_cdk import aws_sagemaker as sagemaker

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import EXPERIMENT_HOURS
from cdk_model_hosting.tokens import is_token

_HOUR_SECONDS = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentSchedule:
    """Beginning and end of an experiment, 1 hour to 30 days apart.

    Args:
        start: When it begins, with a time zone, or a Token; as soon as it is made when omitted.
        end: When it ends, with a time zone, or a Token; 7 days later when omitted.

    Raises:
        ConfigurationError: When a time has no time zone, or the two are too near or too far from each other.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-create.html
    """

    start: datetime | str | None = None
    end: datetime | str | None = None

    def __post_init__(self) -> None:
        for what, time in (("start", self.start), ("end", self.end)):
            _check(f"ExperimentSchedule {what}", time)
        if isinstance(self.start, datetime) and isinstance(self.end, datetime):
            hours = (self.end - self.start).total_seconds() / _HOUR_SECONDS
            EXPERIMENT_HOURS.check("ExperimentSchedule from start to end", hours)

    def render(self) -> sagemaker.CfnInferenceExperiment.InferenceExperimentScheduleProperty | None:
        """The times as the experiment names them; None where it has neither."""
        if self.start is None and self.end is None:
            return None
        return sagemaker.CfnInferenceExperiment.InferenceExperimentScheduleProperty(
            start_time=_written(self.start), end_time=_written(self.end)
        )


def _check(what: str, time: datetime | str | None) -> None:
    if time is None or is_token(time):
        return
    if not isinstance(time, datetime) or time.tzinfo is None:
        raise ConfigurationError(
            f"{what} must be a datetime with a time zone such as datetime(2027, 1, 4, 9, tzinfo=UTC), got {time!r}: SageMaker "
            "starts and stops by the clock of no machine here"
        )


def _written(time: datetime | str | None) -> str | None:
    if isinstance(time, datetime):
        return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return time
