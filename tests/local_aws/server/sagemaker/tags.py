"""Tags of SageMaker's resources."""

from tests.local_aws.server.sagemaker.errors import ServiceError
from tests.local_aws.server.sagemaker.state import LOCK, Document, store
from tests.local_aws.server.sagemaker.validation import validate


def add_tags(request: Document) -> Document:
    """Add tags to a resource, or change their values."""
    validate("sagemaker", "AddTags", request)
    with LOCK:
        known = _of(request["ResourceArn"])
        known.update(_as_dict(request["Tags"]))
        return {"Tags": _as_list(known)}


def delete_tags(request: Document) -> Document:
    """Take tags off a resource."""
    validate("sagemaker", "DeleteTags", request)
    with LOCK:
        known = _of(request["ResourceArn"])
        for key in request["TagKeys"]:
            known.pop(key, None)
    return {}


def list_tags(request: Document) -> Document:
    """List the tags of a resource."""
    validate("sagemaker", "ListTags", request)
    with LOCK:
        return {"Tags": _as_list(_of(request["ResourceArn"]))}


def put(arn: str, tags: list[Document]) -> None:
    """Remember the tags that a resource is created with."""
    with LOCK:
        store().tags[arn] = _as_dict(tags)


def forget(arn: str) -> None:
    """Forget the tags of a resource that is gone."""
    with LOCK:
        store().tags.pop(arn, None)


def _of(arn: str) -> dict[str, str]:
    known = store().tags.get(arn)
    if known is None:
        raise ServiceError("ValidationException", f'Could not find resource "{arn}".')
    return known


def _as_dict(tags: list[Document]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def _as_list(tags: dict[str, str]) -> list[Document]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
