import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from cdk_model_hosting import Architecture, Container, ContainerImage, Network, SingleModel
from cdk_model_hosting.models.image import BoundImage
from tests.unit.builders import IMAGE, PULL, new_stack, only, refused, stack_in, statements, sub, text_token

X86, ARM = Architecture.X86_64, Architecture.ARM64
DIGEST = f"sha256:{'0f' * 32}"


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    return new_stack()


def bound(image: ContainerImage, stack: cdk.Stack, construct_id: str = "Image") -> BoundImage:
    return image.bind(stack, construct_id, stack)


def pulls(image: BoundImage, stack: cdk.Stack) -> list[object]:
    (pull,) = image.permissions
    assert list(pull.actions) == PULL
    assert (pull.conditions, pull.wildcard_reason) == (None, None)
    found: list[object] = stack.resolve(list(pull.resources))
    return found


# By address


@pytest.mark.parametrize(
    ("uri", "arn"),
    [
        (IMAGE, "ecr:eu-west-1:123456789012:repository/serve"),
        (
            f"123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/team/serve@{DIGEST}",
            "ecr:cn-north-1:123456789012:repository/team/serve",
        ),
        (
            "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/a/b-c_d.e:latest",
            "ecr:us-gov-west-1:123456789012:repository/a/b-c_d.e",
        ),
    ],
)
def test_an_address_gives_the_right_to_pull_from_its_repository(stack: cdk.Stack, uri: str, arn: str) -> None:
    image = bound(ContainerImage.from_uri(uri), stack)
    assert (image.uri, image.architecture, image.private_registry) == (uri, None, False)
    assert pulls(image, stack) == [sub(f"arn:${{AWS::Partition}}:{arn}")]


def test_an_address_may_be_a_token(stack: cdk.Stack) -> None:
    uri = text_token(stack, "Uri")
    image = bound(ContainerImage.from_uri(uri, architecture=ARM), stack)
    assert image == BoundImage(uri=uri, architecture=ARM)


@pytest.mark.parametrize("uri", ["", "a b"])
def test_fails_when_the_address_has_another_form(uri: str) -> None:
    got = repr(uri) if uri else "'' of 0 characters"
    with refused(
        f"ContainerImage.from_uri uri must be 1-255 characters (no spaces), got {got}: "
        "SageMaker accepts no other image URI"
    ):
        ContainerImage.from_uri(uri)


def test_fails_when_the_address_is_too_long() -> None:
    uri = f"{IMAGE}{'x' * 256}"
    with refused(
        f"ContainerImage.from_uri uri must be 1-255 characters (no spaces), got {repr(uri)[:59]}… of {len(uri)} "
        "characters: SageMaker accepts no other image URI"
    ):
        ContainerImage.from_uri(uri)


@pytest.mark.parametrize("uri", ["nginx:latest", "docker.io/library/nginx:1", "public.ecr.aws/nginx/nginx:1"])
def test_fails_when_the_address_is_not_in_ecr(uri: str) -> None:
    with refused(
        "ContainerImage.from_uri uri must be <account>.dkr.ecr.<region>.<domain>/<repository>:<tag>, got "
        f"{uri!r}: SageMaker pulls named images from ECR; use ContainerImage.from_private_registry for a registry in a VPC"
    ):
        ContainerImage.from_uri(uri)


def test_fails_when_the_address_is_in_another_region_than_the_stack() -> None:
    with refused(
        f"ContainerImage.from_uri uri must lie in the stack's region us-east-1, got {IMAGE!r}: SageMaker pulls images of "
        "its own region only"
    ):
        bound(ContainerImage.from_uri(IMAGE), stack_in("us-east-1"))
    assert bound(ContainerImage.from_uri(IMAGE), stack_in("eu-west-1")).uri == IMAGE


# From a repository


def test_a_tag_in_a_repository(stack: cdk.Stack) -> None:
    repository = ecr.Repository.from_repository_attributes(
        stack, "Tagged", repository_name="team/serve", repository_arn="arn:aws:ecr:eu-west-1:1:repository/team/serve"
    )
    image = bound(ContainerImage.from_ecr(repository, tag="7", architecture=ARM), stack)
    assert stack.resolve(image.uri)["Fn::Join"][1][-1] == "/team/serve:7"
    assert image.architecture is ARM
    assert pulls(image, stack) == ["arn:aws:ecr:eu-west-1:1:repository/team/serve"]


def test_a_digest_in_a_repository(stack: cdk.Stack) -> None:
    repository = ecr.Repository.from_repository_name(stack, "Digested", "serve")
    image = bound(ContainerImage.from_ecr(repository, digest=DIGEST), stack)
    assert stack.resolve(image.uri)["Fn::Join"][1][-1] == f"/serve@{DIGEST}"


@pytest.mark.parametrize(("tag", "digest"), [(None, None), ("7", DIGEST)])
def test_fails_when_not_exactly_one_of_tag_and_digest_is_given(
    stack: cdk.Stack, tag: str | None, digest: str | None
) -> None:
    repository = ecr.Repository.from_repository_name(stack, f"Unclear{tag}", "serve")
    with refused(
        f"ContainerImage.from_ecr must have exactly one of tag and digest, got tag {tag!r} and digest {digest!r}: "
        "the image must be named exactly, so that a new one rolls out"
    ):
        ContainerImage.from_ecr(repository, tag=tag, digest=digest)


@pytest.mark.parametrize("digest", ["abc", "sha256:abc", DIGEST.removeprefix("sha256:"), ""])
def test_fails_when_the_digest_is_none(stack: cdk.Stack, digest: str) -> None:
    repository = ecr.Repository.from_repository_name(stack, f"Digest{digest[:9].replace(':', '')}", "serve")
    with refused(
        f"ContainerImage.from_ecr digest must be sha256: and 64 hexadecimal digits, got {digest!r}: ECR knows images by that"
    ):
        ContainerImage.from_ecr(repository, digest=digest)


@pytest.mark.parametrize("tag", ["", DIGEST, "a b"])
def test_fails_when_the_tag_is_none(stack: cdk.Stack, tag: str) -> None:
    repository = ecr.Repository.from_repository_name(stack, f"Tag{len(tag)}", "serve")
    got = repr(tag) if tag else "'' of 0 characters"
    with refused(
        "ContainerImage.from_ecr tag must be 1-300 characters (letters, digits, dots, hyphens and underscores), got "
        f"{got if len(got) <= 60 else got[:59] + '…'}: ECR accepts no other tag"
    ):
        ContainerImage.from_ecr(repository, tag=tag)


def test_tag_and_digest_may_be_tokens() -> None:
    stack = new_stack()
    repository = ecr.Repository(stack, "Repository")
    tag, digest = text_token(stack, "Tag"), text_token(stack, "Digest")
    for image in (ContainerImage.from_ecr(repository, tag=tag), ContainerImage.from_ecr(repository, digest=digest)):
        SingleModel(
            stack, f"Model{image == ContainerImage.from_ecr(repository, tag=tag)}", container=Container(image=image)
        )
    models = Template.from_stack(stack).find_resources("AWS::SageMaker::Model").values()
    assert {"Tag", "Digest"} == {
        part["Ref"]
        for each in models
        for part in each["Properties"]["PrimaryContainer"]["Image"]["Fn::Join"][1]
        if isinstance(part, dict) and part.get("Ref") in {"Tag", "Digest"}
    }


# Built from a folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    return tmp_path


@pytest.mark.parametrize(("architecture", "platform"), [(X86, "linux/amd64"), (ARM, "linux/arm64")])
def test_a_folder_is_built_for_the_architecture_it_says(
    folder: Path, architecture: Architecture, platform: str
) -> None:
    stack = new_stack()
    image = ContainerImage.from_asset(folder, architecture=architecture, build_args={"A": "1"}, target="serve")
    model = SingleModel(stack, "Model", container=Container(image=image))
    assert model.architectures == {architecture}
    app = cdk.App.of(stack)
    assert isinstance(app, cdk.App)
    manifest = json.loads(Path(app.synth().directory, "Stack.assets.json").read_text())
    (built,) = manifest["dockerImages"].values()
    assert built["source"]["platform"] == platform
    assert built["source"]["dockerFile"] == "Dockerfile"
    assert built["source"]["dockerBuildArgs"] == {"A": "1"}
    assert built["source"]["dockerBuildTarget"] == "serve"


def test_a_folder_is_built_for_x86_when_nothing_is_said(folder: Path, stack: cdk.Stack) -> None:
    assert bound(ContainerImage.from_asset(folder), stack, "Asset").architecture is X86


def test_another_architecture_is_another_image(folder: Path, stack: cdk.Stack) -> None:
    x86, arm = (ContainerImage.from_asset(folder, architecture=each) for each in Architecture)
    assert bound(x86, stack, "X86").uri != bound(arm, stack, "Arm").uri


def test_the_role_may_pull_the_built_image_from_the_asset_repository_alone(folder: Path) -> None:
    stack = stack_in("eu-west-1")
    SingleModel(stack, "Model", container=Container(image=ContainerImage.from_asset(folder)))
    (pull,) = statements(stack)
    assert pull["Action"] == PULL
    assert "container-assets-111122223333-eu-west-1" in json.dumps(pull["Resource"])
    assert json.dumps(pull["Resource"]).count("*") == 0


@pytest.mark.parametrize("file", ["Dockerfile.gpu", "docker/Dockerfile"])
def test_fails_when_the_folder_has_no_such_dockerfile(folder: Path, file: str) -> None:
    with refused(
        f"ContainerImage.from_asset folder must hold the Dockerfile {file!r}, got {folder}: the image is built from it"
    ):
        ContainerImage.from_asset(folder, file=file)


def test_fails_when_the_folder_is_missing(tmp_path: Path) -> None:
    with refused(
        f"ContainerImage.from_asset folder must hold the Dockerfile 'Dockerfile', got {tmp_path / 'x'}: "
        "the image is built from it"
    ):
        ContainerImage.from_asset(tmp_path / "x")


# From a private registry


def test_a_private_registry_is_reached_through_the_vpc() -> None:
    stack = new_stack()
    credentials = lambda_.Function.from_function_arn(stack, "Ask", "arn:aws:lambda:eu-west-1:111122223333:function:ask")
    image = ContainerImage.from_private_registry("registry.example.com/serve:1", credentials=credentials)
    SingleModel(stack, "Model", container=Container(image=image), network=Network(vpc=ec2.Vpc(stack, "Vpc")))
    assert only(stack, "AWS::SageMaker::Model")["PrimaryContainer"] == {
        "Image": "registry.example.com/serve:1",
        "ImageConfig": {
            "RepositoryAccessMode": "Vpc",
            "RepositoryAuthConfig": {
                "RepositoryCredentialsProviderArn": "arn:aws:lambda:eu-west-1:111122223333:function:ask"
            },
        },
    }
    assert statements(stack)[0] == {
        "Action": "lambda:InvokeFunction",
        "Effect": "Allow",
        "Resource": "arn:aws:lambda:eu-west-1:111122223333:function:ask",
    }


def test_a_private_registry_may_ask_for_no_credentials(stack: cdk.Stack) -> None:
    image = bound(ContainerImage.from_private_registry("registry.example.com/serve:1", architecture=ARM), stack)
    assert image == BoundImage(uri="registry.example.com/serve:1", architecture=ARM, private_registry=True)


def test_fails_when_the_private_address_is_empty() -> None:
    with refused(
        "ContainerImage.from_private_registry uri must be 1-255 characters (no spaces), got '' of 0 characters: "
        "SageMaker accepts no other image URI"
    ):
        ContainerImage.from_private_registry("")


def test_fails_when_a_private_image_has_no_network() -> None:
    container = Container(image=ContainerImage.from_private_registry("registry.example.com/serve:1"))
    with refused(
        "SingleModel network must be given with an image from a private registry, got none: "
        "SageMaker reaches that registry through the VPC"
    ):
        SingleModel(new_stack(), "Model", container=container)


# As AWS publishes them


@pytest.mark.parametrize(
    ("image", "region", "account", "suffix", "name"),
    [
        (ContainerImage.deep_learning("pytorch-inference", "2.6.0-cpu"), "eu-west-1", "763104351884", "amazonaws.com",
         "pytorch-inference:2.6.0-cpu"),
        (ContainerImage.deep_learning("pytorch-inference", "2.6.0-cpu"), "af-south-1", "626614931356", "amazonaws.com",
         "pytorch-inference:2.6.0-cpu"),
        (ContainerImage.deep_learning("djl-inference", "0.38.0"), "cn-northwest-1", "727897471807", "amazonaws.com.cn",
         "djl-inference:0.38.0"),
        (ContainerImage.deep_learning("vllm", DIGEST), "us-gov-west-1", "442386744353", "amazonaws.com", f"vllm@{DIGEST}"),
        (ContainerImage.scikit_learn("1.4-2"), "us-east-1", "683313688378", "amazonaws.com",
         "sagemaker-scikit-learn:1.4-2-cpu-py3"),
        (ContainerImage.scikit_learn("1.9-0"), "cn-north-1", "450853457545", "amazonaws.com.cn",
         "sagemaker-scikit-learn:1.9-0-cpu-py3"),
        (ContainerImage.scikit_learn("1.2-1"), "us-gov-east-1", "237065988967", "amazonaws.com",
         "sagemaker-scikit-learn:1.2-1-cpu-py3"),
        (ContainerImage.xgboost("1.7-1"), "eu-central-1", "492215442770", "amazonaws.com", "sagemaker-xgboost:1.7-1"),
        (ContainerImage.xgboost("3.0-5"), "us-gov-west-1", "414596584902", "amazonaws.com", "sagemaker-xgboost:3.0-5"),
        (ContainerImage.xgboost("1.2-2"), "cn-north-1", "450853457545", "amazonaws.com.cn", "sagemaker-xgboost:1.2-2"),
        (ContainerImage.xgboost("1.0-1"), "eu-west-1", "141502667606", "amazonaws.com",
         "sagemaker-xgboost:1.0-1-cpu-py3"),
        (ContainerImage.xgboost("0.90-1"), "eu-west-1", "141502667606", "amazonaws.com",
         "sagemaker-xgboost:0.90-1-cpu-py3"),
        (ContainerImage.xgboost("0.90-2"), "eu-west-1", "141502667606", "amazonaws.com",
         "sagemaker-xgboost:0.90-2-cpu-py3"),
        (ContainerImage.triton("25.09"), "ap-southeast-2", "763104351884", "amazonaws.com",
         "sagemaker-tritonserver:25.09-py3"),
        (ContainerImage.triton("25.09", gpu=False), "il-central-1", "780543022126", "amazonaws.com",
         "sagemaker-tritonserver:25.09-py3-cpu"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)  # fmt: skip
def test_a_published_image_in_a_known_region(
    image: ContainerImage, region: str, account: str, suffix: str, name: str
) -> None:
    stack = stack_in(region)
    found = bound(image, stack)
    assert found.uri == f"{account}.dkr.ecr.{region}.{suffix}/{name}"
    partition = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}.get(region[: region.find("-", 3) + 1], "aws")
    partition = "aws-cn" if region.startswith("cn-") else partition
    repository = name.partition("@")[0].partition(":")[0]
    assert pulls(found, stack) == [f"arn:{partition}:ecr:{region}:{account}:repository/{repository}"]


def test_fails_when_the_image_is_not_published_in_the_region() -> None:
    with refused(
        "Region of Triton images must be one of the 34 that AWS publishes them in, got 'cn-north-1': "
        "there, name a copy of the image with ContainerImage.from_uri"
    ):
        bound(ContainerImage.triton("25.09"), stack_in("cn-north-1"))


def test_in_a_stack_without_a_region_the_deployment_looks_the_account_up() -> None:
    stack = new_stack()
    for index, image in enumerate([ContainerImage.xgboost("1.7-1"), ContainerImage.scikit_learn("1.4-2")]):
        SingleModel(stack, f"Model{index}", container=Container(image=image))
    template = Template.from_stack(stack)
    mappings = template.find_mappings("*")
    assert list(mappings) == ["BuiltInImageAccounts"]
    assert mappings["BuiltInImageAccounts"]["cn-north-1"] == {"account": "450853457545"}
    account = {"Fn::FindInMap": ["BuiltInImageAccounts", {"Ref": "AWS::Region"}, "account"]}
    images = [
        each["Properties"]["PrimaryContainer"]["Image"]
        for each in template.find_resources("AWS::SageMaker::Model").values()
    ]
    region, suffix = {"Ref": "AWS::Region"}, {"Ref": "AWS::URLSuffix"}
    assert images == [
        {"Fn::Join": ["", [account, ".dkr.ecr.", region, ".", suffix, "/sagemaker-xgboost:1.7-1"]]},
        {"Fn::Join": ["", [account, ".dkr.ecr.", region, ".", suffix, "/sagemaker-scikit-learn:1.4-2-cpu-py3"]]},
    ]
    pulled = [
        each["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]["Resource"]
        for each in template.find_resources("AWS::IAM::Role").values()
    ]
    arn = ["arn:", {"Ref": "AWS::Partition"}, ":ecr:", region, ":", account]
    assert pulled == [
        {"Fn::Join": ["", [*arn, ":repository/sagemaker-xgboost"]]},
        {"Fn::Join": ["", [*arn, ":repository/sagemaker-scikit-learn"]]},
    ]


@pytest.mark.parametrize(
    ("repository", "tag", "architecture"),
    [
        ("pytorch-inference", "2.6.0-cpu-py312-ubuntu22.04-sagemaker", X86),
        ("pytorch-inference-arm64", "2.6.0-cpu-py312-ubuntu22.04-sagemaker", ARM),
        ("pytorch-inference-graviton", "2.0.1-cpu-py310-ubuntu20.04-sagemaker", ARM),
        ("tensorflow-inference-graviton", "2.9.1-cpu-py38-ubuntu20.04-sagemaker", ARM),
        ("vllm", "0.30.0-gpu-arm64", ARM),
    ],
)
def test_a_deep_learning_containers_name_says_its_architecture(
    repository: str, tag: str, architecture: Architecture
) -> None:
    stack = stack_in("eu-west-1")
    assert bound(ContainerImage.deep_learning(repository, tag), stack).architecture is architecture
    for said in Architecture:
        assert bound(ContainerImage.deep_learning(repository, tag, architecture=said), stack).architecture is said


def test_images_of_one_kind_are_equal_when_they_say_the_same() -> None:
    assert ContainerImage.from_uri(IMAGE) == ContainerImage.from_uri(IMAGE)
    assert ContainerImage.xgboost("1.7-1") == ContainerImage.xgboost("1.7-1")
    assert ContainerImage.xgboost("1.7-1") != ContainerImage.xgboost("1.5-1")
    assert "1.7-1" in repr(ContainerImage.xgboost("1.7-1"))
