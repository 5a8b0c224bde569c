"""Which server a pod runs, and with which model."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from cdk_model_hosting.kubernetes.servers.own_image import OwnServer
from cdk_model_hosting.kubernetes.servers.served import ServerKind, check_texts, startup_of
from cdk_model_hosting.kubernetes.servers.triton import TritonServer
from cdk_model_hosting.kubernetes.servers.vllm import VllmServer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import aws_cdk as cdk

    from cdk_model_hosting.kubernetes.servers.volumes import PodVolume, SecretKey
    from cdk_model_hosting.models.artifact import ModelArtifact
    from cdk_model_hosting.models.triton.repository import TritonRepository

_USER = 1000
_STARTUP_SECONDS = 600
_VLLM_STARTUP_SECONDS = 1800
_NONE: Mapping[str, str] = MappingProxyType({})
_NO_SECRETS: Mapping[str, SecretKey] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ModelServer:
    """A server of models in a container. Made by one of its factories.

    All run as a user that is not root, without any privilege, and cannot change the files of their image: they write to ``/tmp``,
    which is their home too, to ``/dev/shm`` and to their volumes. Nodes pull the image, so one in ECR must be of an account that the
    role of the nodes may pull from.

    What lies in S3 is downloaded by a container of the AWS CLI that runs before the server, with the role of the pod. Its address is
    part of the pod, so what changes in S3 must change its address, as it does for `ModelArtifact.from_asset` and `TritonRepository`:
    then it rolls out, and can be rolled back.
    """

    kind: ServerKind

    @staticmethod
    def triton(
        *,
        image: str,
        repository: TritonRepository | ModelArtifact,
        models: Sequence[str] = (),
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] = _NONE,
        startup: cdk.Duration | None = None,
        user: int = _USER,
        read_only_root: bool = True,
    ) -> ModelServer:
        """NVIDIA's Triton: HTTP at port 8000, gRPC at 8001, metrics at 8002.

        It loads the named models and no others, and does not look for changed files.

        Args:
            image: Address of the image, such as ``nvcr.io/nvidia/tritonserver:25.10-py3``.
            repository: The models; or a model repository in S3: a folder, an archive, or all below a prefix.
            models: Names of the models that are loaded; all of the repository when omitted.
            arguments: Further options of ``tritonserver``.
            environment: Further environment variables.
            startup: How long it may take until its models are loaded, 10 seconds to 2 hours; 10 minutes when omitted.
            user: User that it runs as. 0 is root, which a namespace with `PodSecurity.RESTRICTED` refuses.
            read_only_root: Whether it cannot change the files of its image.

        Raises:
            ConfigurationError: When the image has no tag, a model is not of the repository, or a number is outside its range.

        See: https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/
        """
        what = "ModelServer.triton"
        return ModelServer(
            TritonServer(
                what=what,
                image=image,
                environment=environment,
                startup_seconds=startup_of(what, startup, default=_STARTUP_SECONDS),
                user=user,
                read_only_root=read_only_root,
                repository=repository,
                models=check_texts(f"{what} models", models),
                options=check_texts(f"{what} arguments", arguments),
            )
        )

    @staticmethod
    def vllm(
        *,
        image: str,
        model: str | ModelArtifact,
        tensor_parallel: int | None = None,
        max_model_len: int | None = None,
        served_name: str | None = None,
        token: SecretKey | None = None,
        cache: str | None = None,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] = _NONE,
        startup: cdk.Duration | None = None,
        user: int = _USER,
        read_only_root: bool = True,
    ) -> ModelServer:
        """A language model in vLLM, with OpenAI's API and metrics at port 8000.

        Args:
            image: Address of the image, such as ``vllm/vllm-openai:v0.11.0``.
            model: The model's name on Hugging Face, or its files in S3, which start faster as `ModelArtifact.uncompressed`.
            tensor_parallel: GPUs that it is spread over: those of the pod, as when omitted.
            max_model_len: Most tokens of a request and its answer together; the model's own when omitted.
            served_name: Name that requests use; the model's when omitted.
            token: Hugging Face's token, for models that ask for one.
            cache: Claim of a volume in the namespace that keeps what was downloaded from Hugging Face, for all pods; each downloads it
                anew when omitted.
            arguments: Further options of ``vllm serve``.
            environment: Further environment variables.
            startup: How long it may take until the model is loaded, 10 seconds to 2 hours; 30 minutes when omitted.
            user: User that it runs as. 0 is root, which a namespace with `PodSecurity.RESTRICTED` refuses.
            read_only_root: Whether it cannot change the files of its image.

        Raises:
            ConfigurationError: When the image has no tag, options do not go together, or a number is outside its range; when the server
                is made, also if the GPUs are not the pod's.

        See: https://docs.vllm.ai/
        """
        what = "ModelServer.vllm"
        return ModelServer(
            VllmServer(
                what=what,
                image=image,
                environment=environment,
                startup_seconds=startup_of(what, startup, default=_VLLM_STARTUP_SECONDS),
                user=user,
                read_only_root=read_only_root,
                model=model,
                tensor_parallel=tensor_parallel,
                max_model_len=max_model_len,
                served_name=served_name,
                token=token,
                cache=cache,
                options=check_texts(f"{what} arguments", arguments),
            )
        )

    @staticmethod
    def image(
        image: str,
        *,
        port: int,
        ready_path: str,
        live_path: str | None = None,
        metrics_path: str | None = None,
        command: Sequence[str] = (),
        environment: Mapping[str, str] = _NONE,
        secrets: Mapping[str, SecretKey] = _NO_SECRETS,
        volumes: Sequence[PodVolume] = (),
        artifact: ModelArtifact | None = None,
        startup: cdk.Duration | None = None,
        user: int = _USER,
        read_only_root: bool = True,
    ) -> ModelServer:
        """A server of your own.

        Args:
            image: Address of the image, with tag or digest.
            port: Port that it answers HTTP at.
            ready_path: Path that answers 200 when requests may come.
            live_path: Path that answers 200 while it must not be started anew; `ready_path` when omitted.
            metrics_path: Path of what Prometheus reads; nothing is read when omitted.
            command: Its program with what that is told; the image's own when omitted.
            environment: Further environment variables.
            secrets: Environment variables whose values lie in secrets of the namespace.
            volumes: Further volumes.
            artifact: Files in S3 that lie at ``/models`` before it starts. An archive is unpacked by the image's own ``tar``.
            startup: How long it may take until it is ready, 10 seconds to 2 hours; 10 minutes when omitted.
            user: User that it runs as. 0 is root, which a namespace with `PodSecurity.RESTRICTED` refuses.
            read_only_root: Whether it cannot change the files of its image.

        Raises:
            ConfigurationError: When the image has no tag, a path or port is none, or two volumes share a path.
        """
        what = "ModelServer.image"
        return ModelServer(
            OwnServer(
                what=what,
                image=image,
                environment=environment,
                startup_seconds=startup_of(what, startup, default=_STARTUP_SECONDS),
                user=user,
                read_only_root=read_only_root,
                port=port,
                ready_path=ready_path,
                live_path=live_path if live_path is not None else ready_path,
                metrics_path=metrics_path,
                command=check_texts(f"{what} command", command),
                secrets=secrets,
                volumes=volumes,
                artifact=artifact,
            )
        )
