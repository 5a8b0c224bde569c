"""What the makers of custom kinds say of objects: their own schemas, as the npm packages `@kubernetes-models/*` carry them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PACKAGES = {
    "argoproj.io": "argo-rollouts",
    "karpenter.k8s.aws": "karpenter",
    "karpenter.sh": "karpenter",
    "keda.sh": "keda",
}
"""API groups, and the package that has their schemas."""

_VALIDATE = Path(__file__).with_suffix(".mjs")


def is_known(manifest: Mapping[str, Any]) -> bool:
    """Whether there is a schema for an object's kind."""
    return manifest["apiVersion"].partition("/")[0] in PACKAGES


def faults(manifests: Iterable[Mapping[str, Any]]) -> list[str]:
    """What is wrong with objects of custom kinds; they are of groups in `PACKAGES`.

    The schemas know types, required fields, choices and patterns; that no field is there which they do not know is read from the
    declarations beside them, also for the pods in such an object.
    """
    asked = []
    for each in manifests:
        group, _, version = each["apiVersion"].partition("/")
        asked.append({"group": group, "manifest": each, "package": PACKAGES[group], "version": version})
    done = subprocess.run(["node", str(_VALIDATE)], input=json.dumps(asked), capture_output=True, check=True, text=True)
    found: list[str] = json.loads(done.stdout)
    return found


def assert_valid_custom(manifests: Iterable[Mapping[str, Any]]) -> None:
    """Every object of a custom kind that has a schema must follow it."""
    known = [each for each in manifests if is_known(each)]
    assert known, "no object of a kind with a schema"
    assert faults(known) == []
