"""Where a construct stands, asked of the CDK kernel once per scope instead of once per construct."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import aws_cdk as cdk

from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from constructs import IConstruct

# The CDK cuts the readable part of a logical ID here.
_LONGEST_HUMAN_PART = 240

_named_as_usual: WeakKeyDictionary[cdk.Stack, bool] = WeakKeyDictionary()

# Kept on the scope itself, so that it goes when the scope goes.
_KEPT_AS = "_cdk_model_hosting_place"


@dataclass(frozen=True, slots=True)
class Place:
    """A scope's position in its app.

    Args:
        stack: The stack that the scope belongs to, or is.
        root: The stack, or the one that it is nested in.
        root_name: The root's literal name: nested stacks are named at deploy time.
        root_path: Construct IDs from that stack (not included) down to the scope.
        path: Construct IDs from the stack (not included) down to the scope.
    """

    stack: cdk.Stack
    root: cdk.Stack
    root_name: str
    root_path: tuple[str, ...]
    path: tuple[str, ...]

    def unique_name(self, construct_id: str, *, longest: int) -> str:
        """A readable literal name for a child of this scope, unique in its account and region.

        It is made of the stack's name and the child's path, in lower case letters, digits and single hyphens, and ends
        in a digest of both, so that neither shortening nor replaced characters can make two names equal.

        Args:
            construct_id: The child's construct ID.
            longest: Most characters the name may have.
        """
        parts = (self.root_name, *self.root_path, construct_id)
        digest = hashlib.sha256("/".join(parts).encode()).hexdigest()[:8]
        readable = re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")
        return f"{readable[: longest - len(digest) - 1].rstrip('-')}-{digest}".lstrip("-")

    def child(self, construct_id: str) -> Place:
        """The position of a child of this scope."""
        return Place(self.stack, self.root, self.root_name, (*self.root_path, construct_id), (*self.path, construct_id))

    def reference(self, resource: cdk.CfnResource, construct_id: str) -> Any:
        """A reference to an L1 resource right below this scope, in most stacks without a call into the CDK kernel.

        A stack that names its resources in a way of its own is recognised at the first reference, and gets Tokens.

        Args:
            resource: The resource.
            construct_id: Its ID.
        """
        computed = self.logical_id(construct_id)
        usual = _named_as_usual.get(self.stack)
        if usual is None:
            usual = _named_as_usual[self.stack] = self.stack.get_logical_id(resource) == computed
        return {"Ref": computed} if usual else resource.ref

    def logical_id(self, construct_id: str) -> str:
        """The logical ID that the CDK gives to the resource with this ID in this scope.

        The CDK's algorithm is part of its contract: a change would replace every resource of every app. Computing it
        here gives a reference without a call into the CDK kernel. It does not see ``override_logical_id``.

        Args:
            construct_id: ID of an L1 resource right below this scope.
        """
        path = [each for each in (*self.path, construct_id) if each != "Default"]
        if len(path) == 1:
            return re.sub(r"[^A-Za-z0-9]", "", path[0])
        digest = hashlib.md5("/".join(path).encode(), usedforsecurity=False).hexdigest()[:8].upper()
        readable: list[str] = []
        for each in path:
            if not readable or not readable[-1].endswith(each):
                readable.append(each)
        human = "".join(re.sub(r"[^A-Za-z0-9]", "", each) for each in readable if each != "Resource")
        return human[:_LONGEST_HUMAN_PART] + digest


def place_of(scope: IConstruct) -> Place:
    """The position of a scope.

    Args:
        scope: A construct that is part of an app.
    """
    place: Place | None = getattr(scope, _KEPT_AS, None)
    if place is None:
        stack = cdk.Stack.of(scope)
        root = stack
        while root.nested_stack_parent is not None:
            root = root.nested_stack_parent
        path = scope.node.path
        place = Place(stack, root, root.stack_name, _below(root, path), _below(stack, path))
        setattr(scope, _KEPT_AS, place)
    return place


def _below(stack: cdk.Stack, path: str) -> tuple[str, ...]:
    """The construct IDs of a path that come after a stack's."""
    below = path.removeprefix(stack.node.path).strip("/")
    return tuple(below.split("/")) if below else ()


def as_construct_id(name: str, index: int, *, kind: str) -> str:
    """A name of the user's as a construct ID; one that is a Token, which no ID may hold, becomes its position.

    Args:
        name: The name.
        index: Its position among its likes.
        kind: What it names, such as ``Variant``.
    """
    return f":{kind}{index}" if is_token(name) else name
