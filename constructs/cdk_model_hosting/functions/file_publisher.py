"""The Lambda functions that put models on file systems."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from cdk_model_hosting.functions.vpc import vpc_of_writer
from cdk_model_hosting.handler_function import HandlerFunction
from cdk_model_hosting.managed_policies import ManagedPolicies
from cdk_model_hosting.permissions import Permission
from cdk_model_hosting.placement import place_of
from cdk_model_hosting.resource_function import ResourceFunction

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_iam as iam
    from constructs import Construct

    from cdk_model_hosting.functions.in_bucket import Found
    from cdk_model_hosting.functions.mountable import MountableFileSystem

WRITER_SECONDS = 720
"""What the writer has of the fifteen minutes for which the publisher can wait."""

MOUNT = "MODEL_MOUNT"
"""The environment variable that tells the writer where the file system is."""

_DIGITS = 16


class FileSystemPublisher(ResourceFunction):
    """One function for all file systems of a stack, which answers CloudFormation from outside of their VPCs.

    It may invoke the writers of the stack, one for each file system, and nothing else.
    """

    def __init__(self, stack: cdk.Stack) -> None:
        super().__init__(
            stack,
            "FileSystemPublisher",
            handler="file_system_publisher",
            description="Has models put on file systems, and answers CloudFormation",
        )
        self._stack = stack
        self._writers: dict[str, FileSystemWriter] = {}

    @staticmethod
    def of(stack: cdk.Stack) -> FileSystemPublisher:
        """The stack's publisher, made when it is first asked for.

        Args:
            stack: The stack.
        """
        publisher = _publishers.get(stack)
        if publisher is None:
            publisher = _publishers[stack] = FileSystemPublisher(stack)
        return publisher

    def publish(self, scope: Construct, file_system: MountableFileSystem, model: Found) -> cdk.CfnResource:
        """A custom resource that stands for a model on a file system.

        Each model has a resource of its own below `scope`, so that another model is published before anything changes, and the one
        before it is removed after everything has.

        Args:
            scope: Where to make it.
            file_system: The file system.
            model: The archive, with its checksum.
        """
        writer = self._writer(file_system)
        reading = writer.allow(*model.permissions)
        digest = str(model.sha256)
        invoking = self.policy(
            f"Invoke-{writer.node.id}", [Permission(actions=("lambda:InvokeFunction",), resources=(writer.arn,))]
        )
        published = self.resource(
            scope,
            f"OnFileSystem{digest[:_DIGITS]}",
            "Custom::ModelOnFileSystem",
            {
                "Writer": writer.arn,
                # Another one shows another folder, into which the model must be put anew.
                "AccessPoint": file_system.access_point_arn,
                "Digest": digest,
                "Bucket": model.bucket,
                "Key": model.key,
            },
            policy=invoking,
        )
        # What the writer needs to remove the model must be there until it has.
        for each in (reading, *writer.needs):
            published.add_resource_dependency(each)
        return published

    def _writer(self, file_system: MountableFileSystem) -> FileSystemWriter:
        place = place_of(file_system)
        path = "/".join((place.root_name, *place.root_path))
        known = self._writers.get(path)
        if known is None:
            digest = hashlib.sha256(path.encode()).hexdigest()[:_DIGITS]
            known = self._writers[path] = FileSystemWriter(self._stack, f"FileSystemWriter{digest}", file_system)
        return known


class FileSystemWriter(HandlerFunction):
    """A function in a file system's VPC that has it mounted, and unpacks models into it.

    It may read the archives of the stack's models, and write through the access point.

    Args:
        stack: The stack, which has one for each file system at most.
        construct_id: ID in it.
        file_system: The file system.

    Attributes:
        needs: What it takes to mount the file system and to write there.
    """

    def __init__(self, stack: cdk.Stack, construct_id: str, file_system: MountableFileSystem) -> None:
        from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 - loaded by stacks with such a function alone

        super().__init__(
            stack,
            construct_id,
            handler="file_system_writer",
            description="Unpacks models into a file system, and removes them",
            # A whole processor: the checksum is counted as the archive comes.
            memory_mb=1769,
        )
        mount = file_system.writing_mount
        vpc = vpc_of_writer(self, mount)
        function = self.cfn_function
        function.timeout = WRITER_SECONDS
        function.environment = lambda_.CfnFunction.EnvironmentProperty(variables={MOUNT: mount.path})
        function.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
            security_group_ids=list(vpc.group_ids), subnet_ids=list(vpc.subnet_ids)
        )
        function.file_system_configs = [
            lambda_.CfnFunction.FileSystemConfigProperty(arn=mount.access_point_arn, local_mount_path=mount.path)
        ]
        coming = self.policy("Mount", [*mount.permissions, *vpc.permissions])
        self.needs: tuple[cdk.CfnResource, ...] = (*file_system.ready, coming)
        for each in self.needs:
            # Lambda tries whether the role may be in the VPC, and whether all mount targets are there.
            function.add_resource_dependency(each)
        # Its way to S3 is a route of its subnets.
        function.node.add_dependency(vpc.after)
        self._reading = ManagedPolicies(
            self,
            role_name=self.role_name,
            prefix="Read",
            description="The archives of the models that are put on a file system",
            what="ModelDelivery.file_system_asset policies of all models of a file system",
        )

    def allow(self, *permissions: Permission) -> iam.CfnManagedPolicy:
        """Let the function read an archive.

        Args:
            permissions: What that takes.

        Returns:
            The policy that holds it, for what must wait for it.

        Raises:
            ConfigurationError: When IAM would keep no further policy.
        """
        return self._reading.allow(*permissions)


_publishers: WeakKeyDictionary[cdk.Stack, FileSystemPublisher] = WeakKeyDictionary()
