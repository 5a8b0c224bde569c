"""A model in a Lambda layer, which several functions share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from constructs import Construct

from cdk_model_hosting.arguments import require
from cdk_model_hosting.functions import cache
from cdk_model_hosting.functions.assets import upload
from cdk_model_hosting.functions.code import MODEL_FOLDER
from cdk_model_hosting.functions.files import digest_of, files_below, megabytes, write_zip
from cdk_model_hosting.limits import FUNCTION_LAYER_DESCRIPTION, FUNCTION_UNZIPPED_MB

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_


class ModelLayer(Construct):
    """A model's files in a layer. Each function that takes it by `ModelDelivery.layer` has them under ``/opt``.

    A changed model is a new version of the layer, and of every function that takes it. Versions of functions that were published
    before keep the files that they were published with.

    Args:
        scope: Where to make it.
        construct_id: ID below `scope`.
        model: Folder of the model's files, at most 250 MB.
        description: What it is, as the Lambda console shows it, at most 256 characters.

    Raises:
        ConfigurationError: When the folder does not exist, holds no file, or too much, or the description is too long.

    Attributes:
        arn: ARN of the layer's version.
        digest: What tells the model from others.
        megabytes: What its files take.
        cfn_layer: The layer's resource.

    See: https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, model: str | os.PathLike[str], description: str | None = None
    ) -> None:
        from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 - loaded by stacks with functions alone

        require("ModelLayer model", model, str, os.PathLike)
        folder = Path(model)
        files = {f"{MODEL_FOLDER}/{name}": path for name, path in files_below("ModelLayer model", folder).items()}
        self.megabytes = megabytes(files)
        FUNCTION_UNZIPPED_MB.check("ModelLayer model", round(self.megabytes, 1))
        self.digest = digest_of(files)
        FUNCTION_LAYER_DESCRIPTION.check("ModelLayer description", description)
        super().__init__(scope, construct_id)
        asset = upload(
            self,
            "Files",
            stack=cdk.Stack.of(self),
            digest=self.digest,
            make=lambda: cache.keep(f"layer-{self.digest}.zip", lambda archive: write_zip(archive, files)),
            source=folder,
        )
        self.cfn_layer = lambda_.CfnLayerVersion(
            self,
            "Layer",
            content=lambda_.CfnLayerVersion.ContentProperty(s3_bucket=asset.s3_bucket_name, s3_key=asset.s3_object_key),
            description=description,
        )
        self.arn = self.cfn_layer.ref


def content_of(layer: lambda_.ILayerVersion) -> Any:
    """Where the files of a layer lie that the app makes: with others it is another one, under the same reference.

    Args:
        layer: The layer; of one that is there already, the ARN says all.
    """
    from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 - loaded by stacks with functions alone

    resource = layer.node.default_child if isinstance(layer, lambda_.LayerVersion) else None
    return resource.content if isinstance(resource, lambda_.CfnLayerVersion) else None
