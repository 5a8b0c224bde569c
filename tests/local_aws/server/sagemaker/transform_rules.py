"""What CreateTransformJob refuses, beside what its shapes forbid.

See: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
See: https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html
"""

from tests.local_aws.server.jsonpath import Condition, Descent, Path, PathError
from tests.local_aws.server.sagemaker import cloud
from tests.local_aws.server.sagemaker.locations import Location
from tests.local_aws.server.sagemaker.state import Document, Model
from tests.local_aws.server.sagemaker.validation import refuse_unless

_MOST_MB = 100
_DEFAULT_MB = 6
_MOST_INSTANCES = 100
_SOURCES = ("S3Prefix", "ManifestFile")
_FORMATS = ("text/csv", "application/json", "application/jsonlines")
_AMIS = ("al2-ami-sagemaker-batch-gpu-470", "al2-ami-sagemaker-batch-gpu-535")
_UNPLAYED_SPLITS = ("RecordIO", "TFRecord")
# Of those that a transform job can have: their volumes cannot have a key.
_WITH_LOCAL_STORAGE = ("g4dn", "g5", "g6", "g6e", "trn1")


def check(request: Document, model: Model) -> None:
    """Refuse what the service refuses.

    Raises:
        ServiceError: A rule is broken.
    """
    _check_model(model)
    _check_size(request)
    _check_resources(request["TransformResources"])
    _check_processing(request)
    split = request["TransformInput"].get("SplitType", "None")
    refuse_unless(split not in _UNPLAYED_SPLITS, f"The local AWS does not play SplitType {split}, only None and Line.")
    _check_source(request, model)


def content_format(content_type: str) -> str:
    """Return a content type without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def _check_model(model: Model) -> None:
    for container in model.containers:
        refuse_unless(
            "ModelDataSource" not in container,
            "SageMaker Batch currently doesn't support Model entity with container definitions which use ModelDataSource"
            " attribute.",
        )
    refuse_unless(not model.is_multi_model, f"Model {model.name} is a multi-model: batch transform does not run those.")
    refuse_unless(
        not model.is_direct,
        f"Model {model.name} has containers for direct invocation: batch transform does not run those.",
    )


def _check_size(request: Document) -> None:
    payload, parallel = request.get("MaxPayloadInMB", _DEFAULT_MB), request.get("MaxConcurrentTransforms", 0)
    refuse_unless(payload <= _MOST_MB, f"MaxPayloadInMB must be at most {_MOST_MB}, got {payload}.")
    refuse_unless(
        payload * parallel <= _MOST_MB,
        f"MaxConcurrentTransforms * MaxPayloadInMB must be at most {_MOST_MB}, got {parallel} * {payload}.",
    )
    split = request["TransformInput"].get("SplitType", "None")
    refuse_unless(
        "BatchStrategy" not in request or split != "None", "BatchStrategy requires a SplitType other than None."
    )


def _check_resources(resources: Document) -> None:
    count, instance_type = resources["InstanceCount"], resources["InstanceType"]
    refuse_unless(count <= _MOST_INSTANCES, f"InstanceCount must be at most {_MOST_INSTANCES}, got {count}.")
    family = instance_type.split(".")[1]
    refuse_unless(
        "VolumeKmsKeyId" not in resources or family not in _WITH_LOCAL_STORAGE,
        f"VolumeKmsKeyId cannot be specified for instance type {instance_type}, which has local storage.",
    )
    image = resources.get("TransformAmiVersion", _AMIS[0])
    refuse_unless(image in _AMIS, f"TransformAmiVersion must be one of {', '.join(_AMIS)}, got {image}.")


def _check_processing(request: Document) -> None:
    processing: Document = request.get("DataProcessing", {})
    for name in ("InputFilter", "OutputFilter"):
        _check_path(name, processing.get(name, "$"))
    joins = processing.get("JoinSource", "None") == "Input"
    given, wanted = request["TransformInput"], request["TransformOutput"]
    content = content_format(given.get("ContentType", ""))
    accept = content_format(wanted.get("Accept", ""))
    filters_input, filters_output = (processing.get(name, "$") != "$" for name in ("InputFilter", "OutputFilter"))
    refuse_unless(
        content in _FORMATS or not (filters_input or joins),
        f"DataProcessing requires ContentType to be one of {', '.join(_FORMATS)}, got {content or 'none'}.",
    )
    refuse_unless(
        accept in _FORMATS or not (filters_output or joins),
        f"DataProcessing requires Accept to be one of {', '.join(_FORMATS)}, got {accept or 'none'}.",
    )
    if not joins:
        return
    refuse_unless(content == accept, f"JoinSource Input requires Accept {content} like the ContentType, got {accept}.")
    split, assembly = given.get("SplitType", "None"), wanted.get("AssembleWith", "None")
    refuse_unless(
        split == assembly, f"JoinSource Input requires AssembleWith {split} like the SplitType, got {assembly}."
    )
    refuse_unless(
        content != "text/csv" or split == "Line", f"DataProcessing of text/csv requires SplitType Line, got {split}."
    )


def _check_path(name: str, text: str) -> None:
    try:
        steps = Path.parse(text).steps
    except PathError as error:
        refuse_unless(condition=False, message=f"{name} is no JSONPath: {error}.")
        return
    refuse_unless(
        not any(isinstance(step, Condition | Descent) for step in steps),
        f"{name} {text} has operators of JSONPath that batch transform does not support.",
    )


def _check_source(request: Document, model: Model) -> None:
    source = request["TransformInput"]["DataSource"]["S3DataSource"]
    kind, address = source["S3DataType"], source["S3Uri"]
    refuse_unless(kind in _SOURCES, f"S3DataType must be one of {', '.join(_SOURCES)}, got {kind}.")
    place = Location.parse(address)
    refuse_unless(
        cloud.object_keys(place.bucket, place.key),
        f'No S3 objects found under S3 URL "{address}" given in input data source. Please ensure that the bucket exists in'
        f" the selected region ({cloud.region()}), that objects exist under that S3 prefix, and that the role"
        f' "{model.request["ExecutionRoleArn"]}" has "s3:ListBucket" permissions on bucket "{place.bucket}".',
    )
