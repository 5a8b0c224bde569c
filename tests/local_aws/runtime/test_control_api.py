"""CreateModel, CreateEndpointConfig and their kin refuse what SageMaker refuses, in its words."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.local_aws.runtime.hosting import BUCKET, Hosting, unique

SERVERLESS = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}


@pytest.fixture(scope="module")
def model(hosting: Hosting) -> str:
    return hosting.model("1")


def refusal(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**request)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    return str(caught.value.response["Error"]["Message"])


def test_names_can_be_taken_once(hosting: Hosting, model: str) -> None:
    known = hosting.sagemaker.describe_model(ModelName=model)
    config = hosting.config({"ModelName": model})
    endpoint = hosting.endpoint({"ModelName": model})

    container = known["PrimaryContainer"]
    arn = f"arn:aws:sagemaker:us-east-1:{hosting.local.account}"
    assert (
        refusal(
            hosting.sagemaker.create_model, ModelName=model, ExecutionRoleArn=hosting.role, PrimaryContainer=container
        )
        == f'Cannot create already existing model "{arn}:model/{model}".'
    )
    variants = hosting.sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    assert (
        refusal(hosting.sagemaker.create_endpoint_config, EndpointConfigName=config, ProductionVariants=variants)
        == f'Cannot create already existing endpoint configuration "{arn}:endpoint-config/{config}".'
    )
    assert (
        refusal(hosting.sagemaker.create_endpoint, EndpointName=endpoint.upper(), EndpointConfigName=config)
        == f'Cannot create already existing endpoint "{arn}:endpoint/{endpoint}".'
    )


def test_what_is_named_must_be_there(hosting: Hosting) -> None:
    arn = f"arn:aws:sagemaker:us-east-1:{hosting.local.account}"

    variant = {"VariantName": "Main", "ModelName": "nobody", "InstanceType": "ml.c7g.large", "InitialInstanceCount": 1}
    assert (
        refusal(hosting.sagemaker.create_endpoint_config, EndpointConfigName="c", ProductionVariants=[variant])
        == f'Could not find model "{arn}:model/nobody".'
    )
    assert (
        refusal(hosting.sagemaker.create_endpoint, EndpointName="e", EndpointConfigName="nobody")
        == f'Could not find endpoint configuration "{arn}:endpoint-config/nobody".'
    )
    assert (
        refusal(hosting.sagemaker.describe_endpoint, EndpointName="nobody")
        == f'Could not find endpoint "{arn}:endpoint/nobody".'
    )
    assert refusal(hosting.sagemaker.delete_model, ModelName="nobody") == f'Could not find model "{arn}:model/nobody".'


def test_an_endpoint_needs_the_models_of_its_configuration(hosting: Hosting) -> None:
    gone = hosting.model("1")
    config = hosting.config({"ModelName": gone})
    hosting.sagemaker.delete_model(ModelName=gone)

    message = refusal(hosting.sagemaker.create_endpoint, EndpointName=unique("e"), EndpointConfigName=config)
    assert message.startswith("Could not find model")


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({}, "Exactly one of PrimaryContainer and Containers"),
        ({"PrimaryContainer": {"Mode": "SingleModel"}}, "A container needs an Image"),
        (
            {"PrimaryContainer": {"Image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/x:1"}},
            "is not in the region us-east-1",
        ),
        (
            {"PrimaryContainer": {"Image": "x", "ModelDataUrl": f"s3://{BUCKET}/nothing.tar.gz"}},
            f"Could not find model data at s3://{BUCKET}/nothing.tar.gz",
        ),
        (
            {"PrimaryContainer": {"Image": "x", "Environment": {f"K{n}": "x" * 1000 for n in range(40)}}},
            "The environment of all containers takes",
        ),
        (
            {
                "Containers": [{"Image": "x", "ContainerHostname": "a"}, {"Image": "x"}],
                "InferenceExecutionConfig": {"Mode": "Serial"},
            },
            "on all containers or on none",
        ),
        (
            {"Containers": [{"Image": "x"}, {"Image": "x"}], "InferenceExecutionConfig": {"Mode": "Direct"}},
            "ContainerHostname is required on every container",
        ),
        (
            {
                "PrimaryContainer": {
                    "Image": "x",
                    "ModelDataSource": {
                        "S3DataSource": {
                            "S3Uri": "s3://b/p",
                            "S3DataType": "S3Prefix",
                            "CompressionType": "None",
                        }
                    },
                }
            },
            "must end with '/'",
        ),
        (
            {"PrimaryContainer": {"Image": "x", "ImageConfig": {"RepositoryAccessMode": "Vpc"}}},
            "requires a VpcConfig on the model",
        ),
        ({"PrimaryContainer": {"Image": "has space"}}, "must satisfy regular expression pattern"),
        ({"PrimaryContainer": {"Image": "x", "Mode": "Many"}}, r"enum value set: \[SingleModel, MultiModel\]"),
    ],
)
def test_a_model_that_breaks_a_rule(hosting: Hosting, request_: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        hosting.sagemaker.create_model(ModelName=unique("m"), ExecutionRoleArn=hosting.role, **request_)


@pytest.mark.parametrize(
    ("variant", "rest", "message"),
    [
        ({"InstanceType": "ml.nonsense"}, {}, "ProductionVariants.1.member.InstanceType.*277 in all"),
        ({"VolumeSizeInGB": 513}, {}, "less than or equal to 512"),
        (
            {"InstanceType": "ml.g5.xlarge", "VolumeSizeInGB": 50},
            {},
            "not allowed for the selected Instance type ml.g5",
        ),
        ({"InstanceType": "ml.c5d.xlarge"}, {"KmsKeyId": "alias/key"}, "KmsKeyId is not allowed"),
        ({"InitialVariantWeight": 0.0}, {}, "InitialVariantWeight above 0"),
        ({"ServerlessConfig": SERVERLESS}, {}, "Exactly one of InstanceType, InstancePools and ServerlessConfig"),
        ({"RoutingConfig": {"RoutingStrategy": "PREFIX_AWARE"}}, {}, "PrefixAwareRoutingConfig must be specified"),
        ({"ManagedInstanceScaling": {"Status": "ENABLED"}}, {}, "ManagedInstanceScaling is not supported"),
        ({"ModelDataDownloadTimeoutInSeconds": 3601}, {}, "less than or equal to 3600"),
    ],
)
def test_a_configuration_that_breaks_a_rule(
    hosting: Hosting, model: str, variant: dict[str, Any], rest: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        hosting.config({"ModelName": model, **variant}, **rest)


@pytest.mark.parametrize(
    ("settings", "rest", "message"),
    [
        ({"MemorySizeInMB": 1500}, {}, "MemorySizeInMB must be one of"),
        ({"ProvisionedConcurrency": 6}, {}, "must not exceed MaxConcurrency 5"),
        (
            {},
            {
                "DataCaptureConfig": {
                    "InitialSamplingPercentage": 1,
                    "DestinationS3Uri": "s3://b/p",
                    "CaptureOptions": [{"CaptureMode": "Input"}],
                }
            },
            "DataCaptureConfig is not supported for serverless",
        ),
    ],
)
def test_a_serverless_configuration_that_breaks_a_rule(
    hosting: Hosting, model: str, settings: dict[str, Any], rest: dict[str, Any], message: str
) -> None:
    variant = {"VariantName": "Main", "ModelName": model, "ServerlessConfig": {**SERVERLESS, **settings}}

    with pytest.raises(ClientError, match=message):
        hosting.sagemaker.create_endpoint_config(EndpointConfigName=unique("c"), ProductionVariants=[variant], **rest)


def test_several_variants_must_have_different_names(hosting: Hosting, model: str) -> None:
    with pytest.raises(ClientError, match="VariantName values must be unique"):
        hosting.config({"ModelName": model}, {"ModelName": model})


def test_instances_cannot_become_serverless(hosting: Hosting, model: str) -> None:
    endpoint = hosting.endpoint({"ModelName": model})
    config = unique("config")
    hosting.sagemaker.create_endpoint_config(
        EndpointConfigName=config,
        ProductionVariants=[{"VariantName": "Main", "ModelName": model, "ServerlessConfig": SERVERLESS}],
    )

    with pytest.raises(ClientError, match="cannot be updated from instances to serverless"):
        hosting.sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=config)


def test_a_serverless_endpoint_answers(hosting: Hosting, model: str) -> None:
    name, config = unique("endpoint"), unique("config")
    hosting.sagemaker.create_endpoint_config(
        EndpointConfigName=config,
        ProductionVariants=[{"VariantName": "Main", "ModelName": model, "ServerlessConfig": SERVERLESS}],
    )
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)

    (variant,) = hosting.settle(name)["ProductionVariants"]
    assert variant["CurrentServerlessConfig"] == SERVERLESS
    assert "DesiredInstanceCount" not in variant
    assert hosting.version(name) == "1"
    with pytest.raises(ClientError, match="less than or equal to 4194304"):
        hosting.runtime.invoke_endpoint(EndpointName=name, Body=b"x" * 4_194_305)


def test_an_uncompressed_artifact_is_copied(hosting: Hosting) -> None:
    s3 = hosting.local.client("s3")
    for key in ("weights/version.txt", "weights/deep/er.txt", "other/version.txt"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    name = unique("model")
    source = {"S3Uri": f"s3://{BUCKET}/weights/", "S3DataType": "S3Prefix", "CompressionType": "None"}
    container = {"Image": hosting.image, "ModelDataSource": {"S3DataSource": source}}
    hosting.sagemaker.create_model(ModelName=name, ExecutionRoleArn=hosting.role, PrimaryContainer=container)

    told = hosting.invoke(hosting.endpoint({"ModelName": name}))

    assert told["files"] == {"deep/er.txt": "weights/deep/er.txt", "version.txt": "weights/version.txt"}


def test_an_artifact_that_is_no_archive_fails_the_endpoint(hosting: Hosting) -> None:
    hosting.local.client("s3").put_object(Bucket=BUCKET, Key="broken.tar.gz", Body=b"not a tar")
    name = unique("model")
    container = {"Image": hosting.image, "ModelDataUrl": f"s3://{BUCKET}/broken.tar.gz"}
    hosting.sagemaker.create_model(ModelName=name, ExecutionRoleArn=hosting.role, PrimaryContainer=container)

    known = hosting.settle(hosting.endpoint({"ModelName": name}))

    assert known["EndpointStatus"] == "Failed"
    assert "broken.tar.gz is no readable tar.gz archive" in known["FailureReason"]


def test_isolated_models_get_no_credentials(hosting: Hosting) -> None:
    open_told = hosting.invoke(hosting.endpoint({"ModelName": hosting.model("1")}))
    assert open_told["environment"]["AWS_ENDPOINT_URL"] == hosting.local.endpoint

    name = unique("model")
    hosting.sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=hosting.role,
        PrimaryContainer={"Image": hosting.image},
        EnableNetworkIsolation=True,
    )
    told = hosting.invoke(hosting.endpoint({"ModelName": name}))
    assert [variable for variable in told["environment"] if variable.startswith("AWS_")] == []


def test_lists_are_filtered_sorted_and_paged(hosting: Hosting, model: str) -> None:
    for letter in "bac":
        hosting.sagemaker.create_endpoint_config(
            EndpointConfigName=f"listed-{letter}",
            ProductionVariants=[
                {
                    "VariantName": "Main",
                    "ModelName": model,
                    "InstanceType": "ml.c7g.large",
                    "InitialInstanceCount": 1,
                }
            ],
        )

    pages = hosting.sagemaker.get_paginator("list_endpoint_configs").paginate(
        NameContains="listed-", SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 2}
    )
    found = [[config["EndpointConfigName"] for config in page["EndpointConfigs"]] for page in pages]
    assert found == [["listed-a", "listed-b"], ["listed-c"]]


def test_tags(hosting: Hosting, model: str) -> None:
    config = hosting.config({"ModelName": model}, Tags=[{"Key": "a", "Value": "1"}])
    arn = hosting.sagemaker.describe_endpoint_config(EndpointConfigName=config)["EndpointConfigArn"]

    hosting.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    hosting.sagemaker.delete_tags(ResourceArn=arn, TagKeys=["a"])

    assert hosting.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]


@pytest.fixture
def elsewhere(hosting: Hosting) -> Iterator[Any]:
    client = boto3.client(
        "sagemaker",
        region_name="eu-west-1",
        endpoint_url=hosting.local.endpoint,
        aws_access_key_id="210987654321",
        aws_secret_access_key="local",  # noqa: S106 - the local AWS takes any
        config=Config(proxies={}),
    )
    yield client
    client.close()


def test_accounts_and_regions_do_not_see_each_other(hosting: Hosting, model: str, elsewhere: Any) -> None:
    assert hosting.sagemaker.describe_model(ModelName=model)["ModelName"] == model

    with pytest.raises(ClientError, match=f"arn:aws:sagemaker:eu-west-1:210987654321:model/{model}"):
        elsewhere.describe_model(ModelName=model)
    assert elsewhere.list_models()["Models"] == []


def test_an_operation_that_is_not_served_says_so(hosting: Hosting) -> None:
    with pytest.raises(ClientError, match=r"SageMaker\.ListTrainingJobs is not served by the local AWS"):
        hosting.sagemaker.list_training_jobs()
