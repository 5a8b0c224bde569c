"""Transform jobs as the service describes them."""

from tests.local_aws.server.sagemaker.state import LOCK, Document
from tests.local_aws.server.sagemaker.transform_state import TransformJob


def describe(job: TransformJob) -> Document:
    """Describe a transform job, with what the service takes where the request says nothing."""
    with LOCK:
        optional = {
            "FailureReason": job.failure_reason or None,
            "TransformStartTime": job.started,
            "TransformEndTime": job.ended,
        }
        return {
            **job.request,
            "TransformInput": {"CompressionType": "None", "SplitType": "None", **job.input},
            "TransformOutput": {"AssembleWith": "None", "KmsKeyId": "", **job.output},
            "DataProcessing": {
                "InputFilter": "$",
                "OutputFilter": "$",
                "JoinSource": "None",
                **job.request.get("DataProcessing", {}),
            },
            "TransformJobArn": job.arn,
            "TransformJobStatus": job.status,
            "CreationTime": job.created,
            **{key: value for key, value in optional.items() if value is not None},
        }


def summary(job: TransformJob) -> Document:
    """Describe a transform job as ListTransformJobs does."""
    optional = {"FailureReason": job.failure_reason or None, "TransformEndTime": job.ended}
    return {
        "TransformJobName": job.name,
        "TransformJobArn": job.arn,
        "TransformJobStatus": job.status,
        "CreationTime": job.created,
        "LastModifiedTime": job.modified,
        **{key: value for key, value in optional.items() if value is not None},
    }
