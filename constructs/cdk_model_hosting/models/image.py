"""The container image that loads a model and answers requests."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdk_model_hosting import regions
from cdk_model_hosting.arguments import require
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import CREDENTIALS_PROVIDER_ARN, IMAGE_TAG, IMAGE_URI
from cdk_model_hosting.permissions import Permission, arn
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    import aws_cdk as cdk
    from aws_cdk import aws_ecr as ecr
    from aws_cdk import aws_lambda as lambda_
    from constructs import Construct

_ECR_ADDRESS = re.compile(
    r"(?P<account>\d{12})\.dkr[.-]ecr(-fips)?\.(?P<region>[a-z0-9-]+)\.[a-z.-]+/(?P<repository>[^:@]+)(:[^:@]+|@sha256:[0-9a-f]{64})"
)
# The first releases carry a suffix that later ones lost.
_SUFFIXED_XGBOOST = frozenset({"0.90-1", "0.90-2", "1.0-1"})
_XGBOOST_VERSION = re.compile(r"\d+\.\d+-\d+")
_SCIKIT_LEARN_VERSION = re.compile(r"\d+\.\d+(-\d+(-py\d+)?|\.\d+)")
_TRITON_VERSION = re.compile(r"\d{2}\.\d{2}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_TRITON = "sagemaker-tritonserver"
_TRITON_CPU = "-cpu"
_ECR_ARN = "arn:${{AWS::Partition}}:ecr:{region}:{account}:repository/{repository}"
_PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


class Architecture(Enum):
    """The processor that an image is built for."""

    X86_64 = "linux/amd64"
    ARM64 = "linux/arm64"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundImage:
    """What a model needs to know of its image.

    Args:
        uri: Registry address with tag or digest; text or a CloudFormation intrinsic's token.
        architecture: Processor the image is built for, None where only its author knows.
        permissions: What the execution role needs to pull it.
        private_registry: Whether it lies in a registry that is reached through the model's VPC.
        credentials_provider_arn: Lambda function that gives the private registry's credentials.
    """

    uri: str
    architecture: Architecture | None
    permissions: tuple[Permission, ...] = ()
    private_registry: bool = False
    credentials_provider_arn: str | None = None


class ContainerImage(ABC):
    """A container image, from wherever it comes.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
    """

    @staticmethod
    def from_uri(uri: str, *, architecture: Architecture | None = None) -> ContainerImage:
        """An image by its ECR address, for what no other factory covers.

        When the address is literal the execution role may pull from that repository; for one that is known only at
        deploy time, give the model a role of your own or use `from_ecr`.

        Args:
            uri: Address with tag or digest, at most 255 characters.
            architecture: Processor the image is built for; when given, it is checked against the fleet.

        Raises:
            ConfigurationError: When the address is too long, or literal and not of ECR or without tag and digest; when the model is made, also if
                it lies in another region than the stack.
        """
        IMAGE_URI.check("ContainerImage.from_uri uri", uri, optional=False)
        if not is_token(uri) and _ECR_ADDRESS.fullmatch(uri) is None:
            raise ConfigurationError(
                "ContainerImage.from_uri uri must be <account>.dkr.ecr.<region>.<domain>/<repository>:<tag>, got "
                f"{uri!r}: SageMaker pulls named images from ECR; use ContainerImage.from_private_registry for a registry in a VPC"
            )
        return _UriImage(uri, architecture)

    @staticmethod
    def from_ecr(
        repository: ecr.IRepository, *, tag: str | None = None, digest: str | None = None,
        architecture: Architecture | None = None,
    ) -> ContainerImage:  # fmt: skip
        """An image in an ECR repository of the endpoint's region.

        Args:
            repository: The repository; the execution role may pull from it alone.
            tag: Image tag. A tag that is moved to another image rolls out nothing, so use one of its own per release.
            digest: Image digest, ``sha256:...``, in place of a tag.
            architecture: Processor the image is built for; when given, it is checked against the fleet.

        Raises:
            ConfigurationError: When not exactly one of `tag` and `digest` is given, or it is malformed.
        """
        if (tag is None) == (digest is None):
            raise ConfigurationError(
                f"ContainerImage.from_ecr must have exactly one of tag and digest, got tag {tag!r} and digest {digest!r}: "
                "the image must be named exactly, so that a new one rolls out"
            )
        if tag is not None:
            IMAGE_TAG.check("ContainerImage.from_ecr tag", tag)
            return _EcrImage(repository, tag, architecture)
        named = "" if digest is None else digest
        if not is_token(named) and _DIGEST.fullmatch(named) is None:
            raise ConfigurationError(
                f"ContainerImage.from_ecr digest must be sha256: and 64 hexadecimal digits, got {named!r}: "
                "ECR knows images by that"
            )
        return _EcrImage(repository, named, architecture)

    @staticmethod
    def from_asset(
        folder: str | os.PathLike[str], *, architecture: Architecture = Architecture.X86_64, file: str | None = None,
        build_args: Mapping[str, str] | None = None, target: str | None = None,
    ) -> ContainerImage:  # fmt: skip
        """An image that ``cdk deploy`` builds from a folder with a Dockerfile. Deploying to AWS needs a Docker engine.

        Args:
            folder: Build context.
            architecture: Processor to build for, whatever machine builds; it must be that of the fleet.
            file: Dockerfile's path inside the folder, ``Dockerfile`` when omitted.
            build_args: Build arguments.
            target: Stage to build.

        Raises:
            ConfigurationError: When the folder holds no such Dockerfile.
        """
        return _AssetImage(Path(folder), architecture, file or "Dockerfile", dict(build_args or {}), target)

    @staticmethod
    def from_private_registry(
        uri: str, *, credentials: lambda_.IFunction | None = None, architecture: Architecture | None = None
    ) -> ContainerImage:
        """An image in a registry outside ECR, reached through the model's VPC.

        Args:
            uri: Registry address with tag or digest.
            credentials: Function that answers with the registry's user name and password, when it asks for them.
            architecture: Processor the image is built for; when given, it is checked against the fleet.

        See: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-containers-inference-private.html
        """
        IMAGE_URI.check("ContainerImage.from_private_registry uri", uri, optional=False)
        return _PrivateImage(uri, architecture, credentials)

    @staticmethod
    def deep_learning(repository: str, tag: str, *, architecture: Architecture | None = None) -> ContainerImage:
        """An AWS Deep Learning Container, from the account that publishes them in the stack's region.

        Args:
            repository: Such as ``pytorch-inference``, ``huggingface-pytorch-inference``, ``djl-inference``.
            tag: Such as ``2.6.0-gpu-py312-cu124-ubuntu22.04-sagemaker``.
            architecture: Processor the tag is built for; taken from the repository's name when omitted.

        See: https://docs.aws.amazon.com/deep-learning-containers/latest/devguide/dlc-release-notes.html
        """
        if architecture is None:
            arm = re.search(r"-(arm64|graviton)\b", f"{repository}:{tag}")
            architecture = Architecture.X86_64 if arm is None else Architecture.ARM64
        return _PublishedImage(regions.DEEP_LEARNING, repository, tag, architecture)

    @staticmethod
    def xgboost(version: str) -> ContainerImage:
        """The SageMaker XGBoost container.

        Args:
            version: Such as ``1.7-1`` or ``3.0-5``.

        See: https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html
        """
        _check_version("ContainerImage.xgboost version", version, _XGBOOST_VERSION, "1.7-1")
        tag = f"{version}-cpu-py3" if version in _SUFFIXED_XGBOOST else version
        return _PublishedImage(regions.BUILT_IN, "sagemaker-xgboost", tag, Architecture.X86_64)

    @staticmethod
    def scikit_learn(version: str) -> ContainerImage:
        """The SageMaker scikit-learn container.

        Args:
            version: Such as ``1.2-1`` or ``1.9-0``.

        See: https://docs.aws.amazon.com/sagemaker/latest/dg/sklearn.html
        """
        _check_version("ContainerImage.scikit_learn version", version, _SCIKIT_LEARN_VERSION, "1.2-1")
        return _PublishedImage(regions.BUILT_IN, "sagemaker-scikit-learn", f"{version}-cpu-py3", Architecture.X86_64)

    @staticmethod
    def triton(version: str, *, gpu: bool = True) -> ContainerImage:
        """The SageMaker container of the Triton inference server.

        Args:
            version: Release by year and month, such as ``25.09``.
            gpu: Whether to take the image for GPUs; the other one is smaller and serves on the CPU.

        See: https://docs.aws.amazon.com/sagemaker/latest/dg/deploy-models-frameworks-triton.html
        """
        _check_version("ContainerImage.triton version", version, _TRITON_VERSION, "25.09")
        tag = f"{version}-py3" if gpu else f"{version}-py3{_TRITON_CPU}"
        return _PublishedImage(regions.TRITON, _TRITON, tag, Architecture.X86_64)

    @property
    def published_as(self) -> str | None:
        """Repository and tag under which AWS publishes it; None for an image of the user's."""
        return None

    @property
    def is_triton(self) -> bool | None:
        """Whether it runs the Triton inference server; None for an image of the user's, which may be built from Triton's."""
        published = self.published_as
        return None if published is None else published.startswith(f"{_TRITON}:")

    @property
    def is_for_cpus(self) -> bool:
        """Whether it is known to be built without GPUs."""
        return False

    @abstractmethod
    def bind(self, scope: Construct, construct_id: str, stack: cdk.Stack) -> BoundImage:
        """Make what the image needs below `scope`, and say how to reach it.

        Args:
            scope: The model.
            construct_id: ID below `scope`.
            stack: The model's stack.
        """


@dataclass(frozen=True, slots=True)
class _UriImage(ContainerImage):
    uri: str
    architecture: Architecture | None

    def bind(self, scope: Construct, construct_id: str, stack: cdk.Stack) -> BoundImage:
        ecr_address = None if is_token(self.uri) else _ECR_ADDRESS.match(self.uri)
        if ecr_address is not None:
            _check_region(stack, ecr_address["region"], self.uri)
        pull = () if ecr_address is None else (_pull_from(arn(_ECR_ARN.format(**ecr_address.groupdict()))),)
        return BoundImage(uri=self.uri, architecture=self.architecture, permissions=pull)


@dataclass(frozen=True, slots=True)
class _EcrImage(ContainerImage):
    repository: ecr.IRepository
    tag_or_digest: str
    architecture: Architecture | None

    def bind(self, scope: Construct, construct_id: str, stack: cdk.Stack) -> BoundImage:
        uri = self.repository.repository_uri_for_tag_or_digest(self.tag_or_digest)
        pull = _pull_from(self.repository.repository_arn)
        return BoundImage(uri=uri, architecture=self.architecture, permissions=(pull,))


@dataclass(frozen=True, slots=True)
class _AssetImage(ContainerImage):
    folder: Path
    architecture: Architecture
    file: str
    build_args: dict[str, str]
    target: str | None

    def __post_init__(self) -> None:
        if not (self.folder / self.file).is_file():
            raise ConfigurationError(
                f"ContainerImage.from_asset folder must hold the Dockerfile {self.file!r}, got {self.folder}: "
                "the image is built from it"
            )

    def bind(self, scope: Construct, construct_id: str, stack: cdk.Stack) -> BoundImage:
        from aws_cdk import aws_ecr_assets as ecr_assets  # noqa: PLC0415 - loaded by those alone who use it

        asset = ecr_assets.DockerImageAsset(
            scope,
            construct_id,
            directory=str(self.folder.resolve()),
            file=self.file,
            build_args=self.build_args or None,
            target=self.target,
            platform=ecr_assets.Platform.custom(self.architecture.value),
        )
        pull = _pull_from(asset.repository.repository_arn)
        return BoundImage(uri=asset.image_uri, architecture=self.architecture, permissions=(pull,))


@dataclass(frozen=True, slots=True)
class _PrivateImage(ContainerImage):
    uri: str
    architecture: Architecture | None
    credentials: lambda_.IFunction | None

    def bind(self, scope: Construct, construct_id: str, stack: cdk.Stack) -> BoundImage:
        function_arn = None if self.credentials is None else self.credentials.function_arn
        CREDENTIALS_PROVIDER_ARN.check("ContainerImage.from_private_registry credentials", function_arn)
        ask = () if function_arn is None else (
            Permission(actions=("lambda:InvokeFunction",), resources=(function_arn,)),
        )  # fmt: skip
        return BoundImage(
            uri=self.uri,
            architecture=self.architecture,
            permissions=ask,
            private_registry=True,
            credentials_provider_arn=function_arn,
        )


@dataclass(frozen=True, slots=True)
class _PublishedImage(ContainerImage):
    accounts: regions.ImageAccounts
    repository: str
    tag: str
    architecture: Architecture

    @property
    def published_as(self) -> str | None:
        return f"{self.repository}:{self.tag}"

    @property
    def is_for_cpus(self) -> bool:
        return self.repository == _TRITON and self.tag.endswith(_TRITON_CPU)

    def bind(self, scope: Construct, construct_id: str, stack: cdk.Stack) -> BoundImage:
        registry = self.accounts.registry(stack)
        pull = _pull_from(registry.repository_arn(self.repository))
        uri = registry.uri(self.repository, self.tag)
        return BoundImage(uri=uri, architecture=self.architecture, permissions=(pull,))


def _check_version(what: str, version: str, pattern: re.Pattern[str], example: str) -> None:
    require(what, version, str)
    if not is_token(version) and pattern.fullmatch(version) is None:
        raise ConfigurationError(
            f"{what} must be written as AWS tags it, such as {example}, got {version!r}: there is no image of that tag"
        )


def _check_region(stack: cdk.Stack, region: str, uri: str) -> None:
    here = regions.region_of(stack)
    if not is_token(here) and here != region:
        raise ConfigurationError(
            f"ContainerImage.from_uri uri must lie in the stack's region {here}, got {uri!r}: SageMaker pulls images of its "
            "own region only"
        )


def _pull_from(repository_arn: str | dict[str, Any]) -> Permission:
    return Permission(actions=_PULL, resources=(repository_arn,))
