"""Reads what a template brings to Kubernetes: objects and Helm values, which are JSON in a string there."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

MANIFEST = "Custom::AWSCDK-EKS-KubernetesResource"
HELM = "Custom::AWSCDK-EKS-HelmChart"

Resources = dict[str, dict[str, Any]]

_JSON = {MANIFEST: "Manifest", HELM: "Values"}


def flat(value: Any) -> str:
    """A property as text, with ``${name}`` for what CloudFormation fills in."""
    match value:
        case str():
            return value
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(flat(part) for part in parts)
        case {"Fn::Sub": str(template)}:
            return template
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
        case _:
            raise ValueError(f"a part of a text must be a string or a reference, got {value!r}")


def readable(template: dict[str, Any]) -> dict[str, Any]:
    """A template whose objects and values for Kubernetes are there as such, and not as strings."""
    read = deepcopy(template)
    for resource in read["Resources"].values():
        name = _JSON.get(resource["Type"])
        if name is not None:
            resource["Properties"][name] = json.loads(flat(resource["Properties"][name]))
    return read


def of_type(resources: Resources, kind: str) -> Resources:
    """The resources of one type."""
    return {name: each for name, each in resources.items() if each["Type"] == kind}
