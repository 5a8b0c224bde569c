"""Shards as a state machine takes them: the states that find them, and what its map says of its items."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cdk_model_hosting.batch.language import again, caught, resource
from cdk_model_hosting.batch.permissions import find_below

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_s3 as s3

    from cdk_model_hosting.permissions import Permission

MAP = "TransformShards"
"""The state that runs a job for each shard."""

COUNT = "shards"
"""The variable with the number of shards, where that is known."""

# So many of the longest keys stay below what a state may hold.
_PAGE = 100
_LOOSE = "($states.result.Contents[$number(Size) > 0])[0].Key"
_MORE = "$exists($states.result.NextContinuationToken)"


class BoundShards(ABC):
    """The shards of one batch transform.

    Attributes:
        variables: Variables of the state machine, as a run begins.
        items: What the map says of its items.
        permissions: What it takes to find them.
        first: The state that finds the first of them, or the map.
        repeated: The state after the map that finds further ones, if any does.
    """

    variables: Mapping[str, Any]
    items: Mapping[str, Any]
    permissions: tuple[Permission, ...]
    first: str
    repeated: str | None

    @abstractmethod
    def states(self, *, succeeded: str, failed: str) -> dict[str, Any]:
        """The states that find them, by name.

        Args:
            succeeded: The state after all of them.
            failed: The state after a failure.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownShards(BoundShards):
    """Shards for which no state has to look.

    Args:
        items: What the map says of its items.
        variables: Variables of the state machine, as a run begins.
        permissions: What it takes to read them.
    """

    items: Mapping[str, Any]
    variables: Mapping[str, Any]
    permissions: tuple[Permission, ...] = ()
    first: str = MAP
    repeated: str | None = None

    def states(self, *, succeeded: str, failed: str) -> dict[str, Any]:  # noqa: ARG002 - no state follows none
        """None.

        Args:
            succeeded: The state after all of them.
            failed: The state after a failure.
        """
        return {}


class FoundShards(BoundShards):
    """The folders right below a prefix, page by page.

    Args:
        bucket: The bucket.
        folder: The prefix where a run names no other.
        readable: The prefix that runs may look below.
    """

    items: Mapping[str, Any] = {"Items": "{% $found %}"}
    first = "Understood"
    repeated = "MoreShards"

    def __init__(self, *, bucket: s3.IBucket, folder: str, readable: str) -> None:
        self._bucket_name = bucket.bucket_name
        self.permissions = (find_below(bucket, readable),)
        self.variables = {
            "folder": f"{{% $exists($states.input.input) ? $states.input.input : {json.dumps(folder)} %}}",
            "page": {},
            COUNT: 0,
        }

    def states(self, *, succeeded: str, failed: str) -> dict[str, Any]:
        """The states that find them, by name.

        Args:
            succeeded: The state after all of them.
            failed: The state after a failure.
        """
        return {
            self.first: {
                "Type": "Choice",
                "Choices": [
                    {
                        "Condition": "{% $type($folder) = 'string' and $contains($folder, /^[^:]+\\/$/) %}",
                        "Next": "FindShards",
                    }
                ],
                "Default": "NotUnderstood",
            },
            "NotUnderstood": {
                "Type": "Pass",
                "Assign": {
                    "errorName": "BatchTransformMap.NotUnderstood",
                    "reason": "input must be a prefix in the usual bucket that ends in a slash",
                },
                "Next": failed,
            },
            "FindShards": self._find(failed),
            "ShardsFound": {
                "Type": "Choice",
                "Choices": [
                    {"Condition": "{% $loose != '' %}", "Next": "LooseFile"},
                    {"Condition": "{% $count($found) > 0 %}", "Next": MAP},
                    {"Condition": "{% $more %}", "Next": "FindShards"},
                    {"Condition": f"{{% ${COUNT} = 0 %}}", "Next": "NothingToDo"},
                ],
                "Default": succeeded,
            },
            "LooseFile": {
                "Type": "Pass",
                "Assign": {
                    "errorName": "BatchTransformMap.LooseFile",
                    "reason": "{% $loose & ' lies in no folder below ' & $folder & ', so that no job would read it' %}",
                },
                "Next": failed,
            },
            "NothingToDo": {"Type": "Succeed", "Output": {"status": "NothingToDo", "input": "{% $folder %}"}},
            self.repeated: {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $more %}", "Next": "FindShards"}],
                "Default": succeeded,
            },
        }

    def _find(self, failed: str) -> dict[str, Any]:
        """A page of folders. Files count unless they are empty, as what shows a folder in a console is."""
        asked = f"'Bucket': {json.dumps(self._bucket_name)}, 'Prefix': $folder, 'Delimiter': '/', 'MaxKeys': {_PAGE}"
        found = "[$states.result.CommonPrefixes.Prefix]"
        return {
            "Type": "Task",
            "Resource": resource("aws-sdk:s3:listObjectsV2"),
            "Arguments": f"{{% $merge([{{{asked}}}, $page]) %}}",
            "Assign": {
                "found": f"{{% {found} %}}",
                COUNT: f"{{% ${COUNT} + $count({found}) %}}",
                "loose": f"{{% $exists({_LOOSE}) ? {_LOOSE} : '' %}}",
                "more": f"{{% {_MORE} %}}",
                "page": f"{{% {_MORE} ? {{'ContinuationToken': $states.result.NextContinuationToken}} : {{}} %}}",
            },
            "Output": {},
            "Retry": [again(seconds=2, attempts=4)],
            "Catch": caught(failed),
            "Next": "ShardsFound",
        }
