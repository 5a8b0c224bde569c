"""Files from S3, which are there before a server starts.

Triton could read S3 itself. But it asks for the bucket first, which a role that may list one prefix alone must not, and Pod Identity
takes an AWS SDK for C++ of version 1.11.263 or newer: which one an image is built with, its version does not tell, and older ones it
was. So the AWS CLI downloads for all servers.

See: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-minimum-sdk.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_model_hosting.kubernetes.servers.served import MODELS

if TYPE_CHECKING:
    from cdk8s_plus_36 import k8s

    from cdk_model_hosting.models.artifact import BoundArtifact

DOWNLOADER = "public.ecr.aws/aws-cli/aws-cli:2.32.3"
"""Image of the AWS CLI. Versions from 2.15 on know Pod Identity."""
_ARCHIVE = "/archive"
_FILE = f"{_ARCHIVE}/model.tar.gz"
_TMP = "/tmp"  # noqa: S108 - a path in a container that is one pod's alone


def downloads(artifact: BoundArtifact | None, *, image: str, downloader: str, region: str) -> list[k8s.Container]:
    """The containers that run before a server, one after the other.

    Args:
        artifact: What is downloaded; nothing when None.
        image: The server's image, which unpacks archives: it has tar, and the one of the AWS CLI has none.
        downloader: Image of the AWS CLI.
        region: Region of the bucket.
    """
    if artifact is None:
        return []
    if not artifact.compressed:
        return [_download(artifact.url, f"{MODELS}/", "--recursive", image=downloader, region=region, volume="models")]
    return [
        _download(artifact.url, _FILE, image=downloader, region=region, volume="archive"),
        _container(
            "unpack",
            image,
            ["tar", "--extract", "--gzip", f"--file={_FILE}", f"--directory={MODELS}", "--no-same-owner"],
            mounts={"archive": _ARCHIVE, "models": MODELS},
        ),
    ]


def _download(url: str, to: str, *options: str, image: str, region: str, volume: str) -> k8s.Container:
    path = MODELS if volume == "models" else _ARCHIVE
    command = ["aws", "s3", "cp", url, to, "--only-show-errors", *options]
    return _container("download", image, command, mounts={volume: path}, environment={"AWS_REGION": region})


def _container(
    name: str, image: str, command: list[str], *, mounts: dict[str, str], environment: dict[str, str] | None = None
) -> k8s.Container:
    from cdk8s_plus_36 import k8s  # noqa: PLC0415 - loaded by stacks with clusters alone

    variables = {"HOME": _TMP, **(environment or {})}
    both = {"memory": k8s.Quantity.from_string("512Mi")}
    return k8s.Container(
        name=name,
        image=image,
        command=command,
        env=[k8s.EnvVar(name=key, value=value) for key, value in variables.items()],
        # Less than any server has: the pod needs no more for it.
        resources=k8s.ResourceRequirements(limits=both, requests={**both, "cpu": k8s.Quantity.from_string("250m")}),
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
