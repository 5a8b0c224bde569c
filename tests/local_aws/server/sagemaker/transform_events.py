"""Tells EventBridge how a transform job is, in the form of the developer guide: times are milliseconds, as text.

See: https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
"""

import json

from tests.local_aws.server.sagemaker import cloud, tags
from tests.local_aws.server.sagemaker.transform_describing import describe
from tests.local_aws.server.sagemaker.transform_state import TransformJob

_DETAIL_TYPE = "SageMaker Transform Job State Change"
_TIMES = ("CreationTime", "TransformStartTime", "TransformEndTime")


def tell(job: TransformJob) -> None:
    """Send the event of a job's status."""
    described = describe(job)
    known = {pair["Key"]: pair["Value"] for pair in tags.list_tags({"ResourceArn": job.arn})["Tags"]}
    detail = {**described, "Tags": known}
    for name in _TIMES:
        if name in detail:
            detail[name] = str(int(detail[name] * 1000))
    cloud.put_event("aws.sagemaker", _DETAIL_TYPE, json.dumps(detail), [job.arn])
