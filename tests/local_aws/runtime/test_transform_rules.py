"""CreateTransformJob refuses what the service refuses, in full sentences."""

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.runtime.hosting import BUCKET, Hosting, unique
from tests.local_aws.runtime.several import Shelf, model_of, single
from tests.local_aws.runtime.transforming import Scoring

CSV_JOIN = {"DataProcessing": {"JoinSource": "Input"}}


@pytest.fixture(scope="module")
def scoring(hosting: Hosting) -> Scoring:
    known = Scoring(hosting)
    known.put("a.csv", "1,2")
    return known


@pytest.fixture(scope="module")
def model(scoring: Scoring) -> str:
    return scoring.model()


def refused(scoring: Scoring, model: str, **rest: Any) -> str:
    with pytest.raises(ClientError) as caught:
        scoring.start(model, **rest)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    return str(caught.value.response["Error"]["Message"])


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ({"MaxPayloadInMB": 101}, "MaxPayloadInMB must be at most 100, got 101."),
        (
            {"MaxPayloadInMB": 50, "MaxConcurrentTransforms": 3},
            "MaxConcurrentTransforms * MaxPayloadInMB must be at most 100, got 3 * 50.",
        ),
        (
            {"MaxConcurrentTransforms": 17},
            "MaxConcurrentTransforms * MaxPayloadInMB must be at most 100, got 17 * 6.",
        ),
        (
            {"BatchStrategy": "SingleRecord", "given": {"SplitType": None}},
            "BatchStrategy requires a SplitType other than None.",
        ),
        ({"resources": {"InstanceCount": 101}}, "InstanceCount must be at most 100, got 101."),
        (
            {"resources": {"InstanceType": "ml.g5.xlarge", "VolumeKmsKeyId": "a-key"}},
            "VolumeKmsKeyId cannot be specified for instance type ml.g5.xlarge, which has local storage.",
        ),
        (
            {"resources": {"TransformAmiVersion": "al2-ami-sagemaker-batch-gpu-999"}},
            (
                "TransformAmiVersion must be one of al2-ami-sagemaker-batch-gpu-470, al2-ami-sagemaker-batch-gpu-535, got"
                " al2-ami-sagemaker-batch-gpu-999."
            ),
        ),
        ({"given": {"SplitType": "RecordIO"}}, "The local AWS does not play SplitType RecordIO, only None and Line."),
        ({"given": {"SplitType": "TFRecord"}}, "The local AWS does not play SplitType TFRecord, only None and Line."),
        (
            {"source": {"S3DataType": "AugmentedManifestFile"}},
            "S3DataType must be one of S3Prefix, ManifestFile, got AugmentedManifestFile.",
        ),
        ({"source": {"S3DataType": "Converse"}}, "S3DataType must be one of S3Prefix, ManifestFile, got Converse."),
        (
            {**CSV_JOIN, "wanted": {"Accept": None}},
            "DataProcessing requires Accept to be one of text/csv, application/json, application/jsonlines, got none.",
        ),
        (
            {"DataProcessing": {"InputFilter": "$[1:]"}, "given": {"ContentType": "image/png"}},
            "DataProcessing requires ContentType to be one of text/csv, application/json, application/jsonlines, got image/png.",
        ),
        (
            {**CSV_JOIN, "wanted": {"Accept": "application/json"}},
            "JoinSource Input requires Accept text/csv like the ContentType, got application/json.",
        ),
        (
            {**CSV_JOIN, "wanted": {"AssembleWith": None}},
            "JoinSource Input requires AssembleWith Line like the SplitType, got None.",
        ),
        (
            {**CSV_JOIN, "given": {"SplitType": None}, "wanted": {"AssembleWith": None}},
            "DataProcessing of text/csv requires SplitType Line, got None.",
        ),
        (
            {"DataProcessing": {"OutputFilter": "id"}},
            "OutputFilter is no JSONPath: the path 'id' does not begin with $.",
        ),
        (
            {"DataProcessing": {"InputFilter": "$[?(@.a > 1)]"}},
            "InputFilter $[?(@.a > 1)] has operators of JSONPath that batch transform does not support.",
        ),
    ],
)
def test_a_broken_rule_is_named(scoring: Scoring, model: str, rest: dict[str, Any], message: str) -> None:
    assert refused(scoring, model, **rest) == message


@pytest.mark.parametrize(
    ("rest", "where"),
    [
        ({"TransformJobName": "no_underscores"}, "TransformJobName"),
        ({"TransformJobName": "x" * 64}, "TransformJobName"),
        ({"resources": {"InstanceType": "ml.c7g.large"}}, "TransformResources.InstanceType"),
        ({"DataProcessing": {"InputFilter": f"$.{'x' * 62}"}}, "DataProcessing.InputFilter"),
        ({"Environment": {f"V{number}": "" for number in range(17)}}, "Environment"),
        ({"ModelClientConfig": {"InvocationsMaxRetries": 4}}, "ModelClientConfig.InvocationsMaxRetries"),
    ],
)
def test_what_the_shapes_forbid_is_refused(scoring: Scoring, model: str, rest: dict[str, Any], where: str) -> None:
    assert re.match(rf"\d validation errors? detected: Value '.+' at '{where}' failed", refused(scoring, model, **rest))


@pytest.mark.parametrize(("bucket", "prefix"), [(BUCKET, "nothing/here/"), ("nobodys-bucket", "in/")])
def test_input_that_is_not_there_is_refused(scoring: Scoring, model: str, bucket: str, prefix: str) -> None:
    assert refused(scoring, model, source={"S3Uri": f"s3://{bucket}/{prefix}"}) == (
        f'No S3 objects found under S3 URL "s3://{bucket}/{prefix}" given in input data source. Please ensure that the bucket'
        f" exists in the selected region (us-east-1), that objects exist under that S3 prefix, and that the role"
        f' "{scoring.hosting.role}" has "s3:ListBucket" permissions on bucket "{bucket}".'
    )


def test_a_name_is_used_once(scoring: Scoring, model: str) -> None:
    job = scoring.run(model)

    with pytest.raises(ClientError) as caught:
        scoring.start(model, TransformJobName=job["TransformJobName"])

    assert caught.value.response["Error"]["Code"] == "ResourceInUse"
    assert caught.value.response["Error"]["Message"] == (
        "Job name must be unique within an AWS account and region, and a job with this name already exists"
        f" ({job['TransformJobArn']})"
    )


def test_a_model_that_is_not_there_is_refused(scoring: Scoring) -> None:
    assert refused(scoring, "nobody") == 'Could not find model "arn:aws:sagemaker:us-east-1:123456789012:model/nobody".'


def test_models_that_batch_transform_does_not_run_are_refused(scoring: Scoring, hosting: Hosting) -> None:
    shelf = Shelf(hosting)
    several = model_of(hosting, shelf.container())
    direct = model_of(hosting, single(hosting, hostname="left"), single(hosting, hostname="right"), mode="Direct")
    folder = unique("uncompressed")
    hosting.sagemaker.create_model(
        ModelName=folder,
        ExecutionRoleArn=hosting.role,
        PrimaryContainer={
            "Image": scoring.image,
            "ModelDataSource": {
                "S3DataSource": {"S3Uri": scoring.input, "S3DataType": "S3Prefix", "CompressionType": "None"}
            },
        },
    )

    assert refused(scoring, several) == f"Model {several} is a multi-model: batch transform does not run those."
    assert refused(scoring, direct) == (
        f"Model {direct} has containers for direct invocation: batch transform does not run those."
    )
    assert refused(scoring, folder) == (
        "SageMaker Batch currently doesn't support Model entity with container definitions which use ModelDataSource"
        " attribute."
    )


@pytest.mark.parametrize("operation", ["describe_transform_job", "stop_transform_job"])
def test_a_job_that_is_not_there_is_not_found(hosting: Hosting, operation: str) -> None:
    with pytest.raises(ClientError, match=r"\(ResourceNotFound\).*Could not find requested job with name: nobody"):
        getattr(hosting.sagemaker, operation)(TransformJobName="nobody")


@pytest.mark.parametrize(
    "counts", [b'{"lost": 1}', b'{"failed": -1}', b'{"failed": "many"}', b'{"failed": true}', b"7", b"nonsense"]
)
def test_a_shortage_of_no_known_kind_is_refused(hosting: Hosting, counts: bytes) -> None:
    with pytest.raises(OSError, match="400"):
        hosting.local._ask("PUT", "/_local_aws/transform-shortage", counts)
