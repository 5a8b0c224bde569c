"""The accounts that AWS publishes its model-serving images from, which differ from region to region.

The numbers are facts read from the image lists of the SageMaker Python SDK. Where the stack's region is known the image's
address is a literal; where it is not, the stack gets one mapping of regions to accounts, and the deployment looks it up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from constructs import Construct

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.tokens import is_token

_SOURCE = "https://github.com/aws/sagemaker-python-sdk"
_READ = "2026-11-20"

# Partition and domain by the beginning of a region's name; every other region is commercial.
_PARTITIONS = {
    "cn-": ("aws-cn", "amazonaws.com.cn"),
    "us-gov-": ("aws-us-gov", "amazonaws.com"),
    "us-iso-": ("aws-iso", "c2s.ic.gov"),
    "us-isob-": ("aws-iso-b", "sc2s.sgov.gov"),
    "us-isof-": ("aws-iso-f", "csp.hci.ic.gov"),
    "eu-isoe-": ("aws-iso-e", "cloud.adc-e.uk"),
    "eusc-": ("aws-eusc", "amazonaws.eu"),
}


def partition(region: str) -> str:
    """The partition of a region, such as ``aws-cn``."""
    return _partition_and_suffix(region)[0]


def url_suffix(region: str) -> str:
    """The domain of a region's services, such as ``amazonaws.com.cn``."""
    return _partition_and_suffix(region)[1]


def _partition_and_suffix(region: str) -> tuple[str, str]:
    for start, found in _PARTITIONS.items():
        if region.startswith(start):
            return found
    return "aws", "amazonaws.com"


@dataclass(frozen=True, slots=True)
class Registry:
    """Where one set of images lies, as seen from one stack.

    Args:
        partition: The region's partition.
        region: The region.
        suffix: The domain of the region's services.
        account: The account that publishes the images there. All four are literals, or Tokens in a stack without a region.
    """

    partition: str
    region: str
    suffix: str
    account: str

    def uri(self, repository: str, tag: str) -> str:
        """The address of an image.

        Args:
            repository: The repository's name.
            tag: The image's tag, or its digest (``sha256:...``).
        """
        separator = "@" if tag.startswith("sha256:") else ":"
        return f"{self.account}.dkr.ecr.{self.region}.{self.suffix}/{repository}{separator}{tag}"

    def repository_arn(self, repository: str) -> str:
        """The ARN of a repository, for the policy of the role that pulls from it."""
        return f"arn:{self.partition}:ecr:{self.region}:{self.account}:repository/{repository}"


# A stack's region and Tokens cost a crossing into the CDK kernel each: they are asked for once.
_REGIONS: WeakKeyDictionary[cdk.Stack, str] = WeakKeyDictionary()
_REGISTRIES: WeakKeyDictionary[cdk.Stack, dict[tuple[str, str], Registry]] = WeakKeyDictionary()


def region_of(stack: cdk.Stack) -> str:
    """A stack's region: literal, or a Token where the app leaves it open.

    Args:
        stack: The stack.
    """
    region = _REGIONS.get(stack)
    if region is None:
        region = _REGIONS[stack] = stack.region
    return region


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImageAccounts:
    """The accounts of one set of images.

    Args:
        name: What the images are, as messages name them.
        mapping_id: Construct id of the mapping in stacks without a region; part of the template, so it stays.
        accounts: Account by region.
        source: Address of the list that the accounts were read from.
        read: Day on which it was read.
    """

    name: str
    mapping_id: str
    accounts: Mapping[str, str]
    source: str = _SOURCE
    read: str = _READ

    def for_region(self, region: str) -> str:
        """The account in one region.

        Args:
            region: A region's name, not a Token.

        Raises:
            ConfigurationError: When AWS publishes these images in no such region.
        """
        account = self.accounts.get(region)
        if account is None:
            raise ConfigurationError(
                f"Region of {self.name} must be one of the {len(self.accounts)} that AWS publishes them in, "
                f"got {region!r}: there, name a copy of the image with ContainerImage.from_uri"
            )
        return account

    def uri(self, scope: Construct, repository: str, tag: str, *, region: str | None = None) -> str:
        """The address of an image.

        Args:
            scope: Any construct of the stack that uses the image.
            repository: The repository's name.
            tag: The image's tag, or its digest (``sha256:...``).
            region: Region to take the image from; that of the stack when omitted.

        Returns:
            A literal address, or one with Tokens in it where the region is known only at deploy time.

        Raises:
            ConfigurationError: When AWS publishes these images in no such region.
        """
        return self.registry(scope, region=region).uri(repository, tag)

    def repository_arn(self, scope: Construct, repository: str, *, region: str | None = None) -> str:
        """The ARN of a repository, for the policy of the role that pulls from it.

        Args:
            scope: Any construct of the stack that uses the image.
            repository: The repository's name.
            region: Region to take the image from; that of the stack when omitted.

        Raises:
            ConfigurationError: When AWS publishes these images in no such region.
        """
        return self.registry(scope, region=region).repository_arn(repository)

    def registry(self, scope: Construct, *, region: str | None = None) -> Registry:
        """Where these images lie, as seen from a construct: for more than one address at the price of one.

        Args:
            scope: Any construct of the stack that uses the images.
            region: Region to take them from; that of the stack when omitted.

        Raises:
            ConfigurationError: When AWS publishes these images in no such region.
        """
        if region is not None and not is_token(region):
            return self._literal(region)
        stack = scope if isinstance(scope, cdk.Stack) else cdk.Stack.of(scope)
        if region is None:
            region = region_of(stack)
            if not is_token(region):
                return self._literal(region)
        registries = _REGISTRIES.setdefault(stack, {})
        key = (self.mapping_id, region)
        if key not in registries:
            registries[key] = self._looked_up(stack, region)
        return registries[key]

    def _literal(self, region: str) -> Registry:
        account = self.for_region(region)
        return Registry(partition(region), region, url_suffix(region), account)

    def _looked_up(self, stack: cdk.Stack, region: str) -> Registry:
        existing = stack.node.try_find_child(self.mapping_id)
        mapping = existing if isinstance(existing, cdk.CfnMapping) else self._mapping(stack)
        return Registry(stack.partition, region, stack.url_suffix, mapping.find_in_map(region, "account"))

    def _mapping(self, stack: cdk.Stack) -> cdk.CfnMapping:
        rows = {region: {"account": account} for region, account in self.accounts.items()}
        return cdk.CfnMapping(stack, self.mapping_id, mapping=rows)


_SHARED = "763104351884"
_DEEP_LEARNING = {
    "af-south-1": "626614931356",
    "ap-east-1": "871362719292",
    "ap-east-2": "975050140332",
    "ap-northeast-1": _SHARED,
    "ap-northeast-2": _SHARED,
    "ap-northeast-3": "364406365360",
    "ap-south-1": _SHARED,
    "ap-south-2": "772153158452",
    "ap-southeast-1": _SHARED,
    "ap-southeast-2": _SHARED,
    "ap-southeast-3": "907027046896",
    "ap-southeast-4": "457447274322",
    "ap-southeast-5": "550225433462",
    "ap-southeast-6": "633930458069",
    "ap-southeast-7": "590183813437",
    "ca-central-1": _SHARED,
    "ca-west-1": "204538143572",
    "cn-north-1": "727897471807",
    "cn-northwest-1": "727897471807",
    "eu-central-1": _SHARED,
    "eu-central-2": "380420809688",
    "eu-isoe-west-1": "371248457586",
    "eu-north-1": _SHARED,
    "eu-south-1": "692866216735",
    "eu-south-2": "503227376785",
    "eu-west-1": _SHARED,
    "eu-west-2": _SHARED,
    "eu-west-3": _SHARED,
    "eusc-de-east-1": "204133271717",
    "il-central-1": "780543022126",
    "me-central-1": "914824155844",
    "me-south-1": "217643126080",
    "me-west-1": "124382933778",
    "mx-central-1": "637423239942",
    "sa-east-1": _SHARED,
    "us-east-1": _SHARED,
    "us-east-2": _SHARED,
    "us-gov-east-1": "446045086412",
    "us-gov-west-1": "442386744353",
    "us-iso-east-1": "886529160074",
    "us-isob-east-1": "094389454867",
    "us-isof-east-1": "303241398832",
    "us-isof-south-1": "454834333376",
    "us-west-1": _SHARED,
    "us-west-2": _SHARED,
}

# The Triton image is published from the same accounts, in the commercial regions alone, and not yet in Riyadh.
_WITHOUT_TRITON = {"me-west-1"}
_TRITON = {
    region: account
    for region, account in _DEEP_LEARNING.items()
    if partition(region) == "aws" and region not in _WITHOUT_TRITON
}

_BUILT_IN = {
    "af-south-1": "510948584623",
    "ap-east-1": "651117190479",
    "ap-northeast-1": "354813040037",
    "ap-northeast-2": "366743142698",
    "ap-northeast-3": "867004704886",
    "ap-south-1": "720646828776",
    "ap-south-2": "628508329040",
    "ap-southeast-1": "121021644041",
    "ap-southeast-2": "783357654285",
    "ap-southeast-3": "951798379941",
    "ap-southeast-4": "106583098589",
    "ca-central-1": "341280168497",
    "ca-west-1": "190319476487",
    "cn-north-1": "450853457545",
    "cn-northwest-1": "451049120500",
    "eu-central-1": "492215442770",
    "eu-central-2": "680994064768",
    "eu-north-1": "662702820516",
    "eu-south-1": "978288397137",
    "eu-south-2": "104374241257",
    "eu-west-1": "141502667606",
    "eu-west-2": "764974769150",
    "eu-west-3": "659782779980",
    "il-central-1": "898809789911",
    "me-central-1": "272398656194",
    "me-south-1": "801668240914",
    "sa-east-1": "737474898029",
    "us-east-1": "683313688378",
    "us-east-2": "257758044811",
    "us-gov-east-1": "237065988967",
    "us-gov-west-1": "414596584902",
    "us-iso-east-1": "833128469047",
    "us-isob-east-1": "281123927165",
    "us-isof-east-1": "108575199400",
    "us-isof-south-1": "124985052026",
    "us-west-1": "746614075791",
    "us-west-2": "246618743249",
}

DEEP_LEARNING = ImageAccounts(
    name="Deep Learning Containers",
    mapping_id="DeepLearningImageAccounts",
    accounts=MappingProxyType(_DEEP_LEARNING),
)
"""PyTorch, TensorFlow, Hugging Face, DJL, vLLM, SGLang and AutoGluon. Not every repository exists in every region."""

BUILT_IN = ImageAccounts(
    name="XGBoost and scikit-learn images",
    mapping_id="BuiltInImageAccounts",
    accounts=MappingProxyType(_BUILT_IN),
)
"""The framework images of SageMaker's own."""

TRITON = ImageAccounts(
    name="Triton images",
    mapping_id="TritonImageAccounts",
    accounts=MappingProxyType(_TRITON),
)
"""NVIDIA Triton Inference Server, as SageMaker packages it."""
