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

_ROOT = Path(__file__).parents[3]
_VALIDATE = """
const { readFileSync } = await import("node:fs");
const found = [];
for (const { at, manifest } of JSON.parse(readFileSync(0, "utf8"))) {
  const kinds = await import(at);
  const Kind = kinds[manifest.kind];
  if (Kind === undefined) { found.push(`${manifest.kind} is no kind of ${manifest.apiVersion}`); continue; }
  try { new Kind(manifest).validate(); } catch (error) { found.push(`${manifest.kind} ${manifest.metadata.name}: ${error.message}`); }
}
console.log(JSON.stringify(found));
"""


def is_known(manifest: Mapping[str, Any]) -> bool:
    """Whether there is a schema for an object's kind."""
    return manifest["apiVersion"].partition("/")[0] in PACKAGES


def faults(manifests: Iterable[Mapping[str, Any]]) -> list[str]:
    """What is wrong with objects of custom kinds; they are of groups in `PACKAGES`.

    The schemas know types, required fields, choices and patterns. They let fields pass that they do not know.
    """
    asked = [{"at": _module(each["apiVersion"]), "manifest": each} for each in manifests]
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", _VALIDATE],
        input=json.dumps(asked),
        capture_output=True,
        check=True,
        text=True,
    )
    found: list[str] = json.loads(done.stdout)
    return found


def assert_valid_custom(manifests: Iterable[Mapping[str, Any]]) -> None:
    """Every object of a custom kind that has a schema must follow it."""
    known = [each for each in manifests if is_known(each)]
    assert known, "no object of a kind with a schema"
    assert faults(known) == []


def _module(api_version: str) -> str:
    group, _, version = api_version.partition("/")
    return (_ROOT / "node_modules" / "@kubernetes-models" / PACKAGES[group] / group / version / "index.js").as_uri()
