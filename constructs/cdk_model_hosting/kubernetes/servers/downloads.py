"""Files from S3, which are there before a server starts.

Triton could read S3 itself. But it asks for the bucket first, which a role that may list one prefix alone must not, and Pod Identity
takes an AWS SDK for C++ of version 1.11.263 or newer: which one an image is built with, its version does not tell, and older ones it
was. So the AWS CLI downloads for all servers.

See: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-minimum-sdk.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.kubernetes.names import number_text
from cdk_model_hosting.kubernetes.servers.served import MODELS

if TYPE_CHECKING:
    from cdk8s_plus_36 import k8s

    from cdk_model_hosting.models.artifact import BoundArtifact

DOWNLOADER = "public.ecr.aws/aws-cli/aws-cli:2.32.3"
"""Image of the AWS CLI, with a shell. Versions from 2.15 on know Pod Identity."""
_ARCHIVE = "/archive"
_FILE = f"{_ARCHIVE}/model.tar.gz"
_TMP = "/tmp"  # noqa: S108 - a path in a container that is one pod's alone


# The AWS CLI's other way to transfer, which newer versions choose by themselves on more and more instance types, takes gigabytes of
# memory. See https://docs.aws.amazon.com/cli/latest/topic/s3-config.html and https://github.com/aws/aws-cli/issues/10676.
_CLASSIC = 'aws configure set default.s3.preferred_transfer_client classic && exec aws "$@"'


def downloads(
    artifact: BoundArtifact | None, *, image: str, downloader: str, region: str, memory_mb: int
) -> list[k8s.Container]:
    """The containers that run before a server, one after the other.

    Args:
        artifact: What is downloaded; nothing when None.
        image: The server's image, which unpacks archives: it has tar, and the one of the AWS CLI has none.
        downloader: Image of the AWS CLI.
        region: Region of the bucket.
        memory_mb: Memory of the server, which is not there yet: all that they may use.
    """
    if artifact is None:
        return []
    if not artifact.compressed:
        command = _copy(artifact.url, f"{MODELS}/", "--recursive")
        return [_download(downloader, command, region=region, memory_mb=memory_mb, mounts={"models": MODELS})]
    return [
        _download(
            downloader, _copy(artifact.url, _FILE), region=region, memory_mb=memory_mb, mounts={"archive": _ARCHIVE}
        ),
        _container(
            "unpack",
            image,
            ["tar", "--extract", "--gzip", f"--file={_FILE}", f"--directory={MODELS}", "--no-same-owner"],
            mounts={"archive": _ARCHIVE, "models": MODELS},
            environment={},
            memory_mb=memory_mb,
        ),
    ]


def _copy(url: str, to: str, *options: str) -> list[str]:
    """The command, which is no part of what the shell reads: its own name, and the arguments."""
    return ["/bin/sh", "-c", _CLASSIC, "aws", "s3", "cp", url, to, "--only-show-errors", *options]


def _download(image: str, command: list[str], *, region: str, memory_mb: int, mounts: dict[str, str]) -> k8s.Container:
    environment = {"AWS_REGION": region}
    return _container("download", image, command, mounts=mounts, environment=environment, memory_mb=memory_mb)


def _container(
    name: str, image: str, command: list[str], *, mounts: dict[str, str], environment: dict[str, str], memory_mb: int
) -> k8s.Container:
    from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

    variables = {"HOME": _TMP, **environment}
    return k8s.Container(
        name=name,
        image=image,
        command=command,
        env=[k8s.EnvVar(name=key, value=value) for key, value in variables.items()],
        resources=k8s.ResourceRequirements(
            limits={"memory": k8s.Quantity.from_string(f"{number_text(memory_mb)}Mi")},
            # Less than any server has: the pod needs no more for it.
            requests={"memory": k8s.Quantity.from_string("512Mi"), "cpu": k8s.Quantity.from_string("250m")},
        ),
        security_context=k8s.SecurityContext(
            allow_privilege_escalation=False,
            capabilities=k8s.Capabilities(drop=["ALL"]),
            read_only_root_filesystem=True,
        ),
        volume_mounts=[
            *(k8s.VolumeMount(name=volume, mount_path=path) for volume, path in mounts.items()),
            k8s.VolumeMount(name="scratch", mount_path=_TMP),
        ],
    )
