"""CreateTransformJob and its kin."""

from tests.local_aws.server.sagemaker import (
    cloud,
    models,
    tags,
    transform_events,
    transform_rules,
    transform_shortage,
)
from tests.local_aws.server.sagemaker.errors import ServiceError
from tests.local_aws.server.sagemaker.listing import page
from tests.local_aws.server.sagemaker.state import LOCK, Document
from tests.local_aws.server.sagemaker.transform_describing import describe, summary
from tests.local_aws.server.sagemaker.transform_run import run
from tests.local_aws.server.sagemaker.transform_state import TransformJob, transform_jobs
from tests.local_aws.server.sagemaker.validation import refuse_unless, validate


def create_transform_job(request: Document) -> Document:
    """Create a transform job, which begins at once."""
    validate("sagemaker", "CreateTransformJob", request)
    name, resources = request["TransformJobName"], request["TransformResources"]
    arn = cloud.arn("sagemaker", f"transform-job/{name}")
    model = models.find(request["ModelName"])
    transform_rules.check(request, model)
    with LOCK:
        if name in transform_jobs():
            raise ServiceError(
                "ResourceInUse",
                "Job name must be unique within an AWS account and region, and a job with this name already exists"
                f" ({arn})",
            )
        transform_shortage.refuse(resources["InstanceType"], resources["InstanceCount"])
        job = TransformJob(name, arn, {key: value for key, value in request.items() if key != "Tags"}, model)
        transform_jobs()[name] = job
        tags.put(arn, request.get("Tags", []))
    transform_events.tell(job)
    cloud.in_background(run, job, name=f"transform-{name}")
    return {"TransformJobArn": arn}


def describe_transform_job(request: Document) -> Document:
    """Describe a transform job."""
    validate("sagemaker", "DescribeTransformJob", request)
    return describe(find(request["TransformJobName"]))


def list_transform_jobs(request: Document) -> Document:
    """List the transform jobs of this account and region."""
    validate("sagemaker", "ListTransformJobs", request)
    with LOCK:
        summaries = [summary(job) for job in transform_jobs().values()]
    return page(
        summaries,
        request,
        name_key="TransformJobName",
        result_key="TransformJobSummaries",
        status_key="TransformJobStatus",
    )


def stop_transform_job(request: Document) -> Document:
    """Stop a transform job that runs; what it has not written by then is not written."""
    validate("sagemaker", "StopTransformJob", request)
    job = find(request["TransformJobName"])
    with LOCK:
        refuse_unless(
            job.status == "InProgress", f"The request was rejected because the transform job is in status {job.status}"
        )
        job.becomes("Stopping")
    job.stopping.set()
    transform_events.tell(job)
    return {}


def find(name: str) -> TransformJob:
    """Return a transform job of this account and region.

    Raises:
        ServiceError: There is none of this name.
    """
    with LOCK:
        job = transform_jobs().get(name)
    if job is None:
        raise ServiceError("ResourceNotFound", f"Could not find requested job with name: {name}")
    return job
