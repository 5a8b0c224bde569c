"""cfn-lint finds nothing in any example stack: no error and no warning."""

from __future__ import annotations

import json
import re
from itertools import groupby
from typing import TYPE_CHECKING

import pytest
from cfnlint.api import ManualArgs, lint_by_config
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

if TYPE_CHECKING:
    from pathlib import Path

    from tests.stacks.synthesis import Assembly

# One region of each partition, and those with the fewest services.
REGIONS = ["us-east-1", "eu-central-1", "ap-southeast-4", "cn-north-1", "us-gov-west-1"]

# Where CloudFormation has no such resource yet: an example with one is judged by the other regions.
LACKING = dict.fromkeys(
    ("AWS::SageMaker::InferenceComponent", "AWS::SageMaker::InferenceExperiment"),
    ("ap-southeast-4", "cn-north-1", "us-gov-west-1"),
) | {"AWS::Lambda::Url": ("ap-southeast-4", "us-gov-west-1")}

# What the CDK's own constructs write, and nobody else can change. All of it is harmless: resources wait twice for what they need.
OF_THE_CDK = (
    r"W3005.* at 'Resources/CustomVpcRestrictDefaultSGCustomResourceProviderHandler\w+/Properties/Role'",
    r"W3005.* at 'Resources/\w+Providerframeworkon\w+/Properties/Role'",
    r"W3005.*'\w+Subnet\d\w+' .* at 'Resources/\w+/Properties/ResourcesVpcConfig/SubnetIds/\d+'",
    # zones that the deployer's account tells, with whose stand-in names a synthesis without an account goes on
    r"W3010.*'dummy1\w'",
)


def regions_of(template: Path) -> tuple[str, ...]:
    """Where a template is judged."""
    kinds = {resource["Type"] for resource in json.loads(template.read_text())["Resources"].values()}
    without = {region for kind in kinds for region in LACKING.get(kind, ())}
    return tuple(region for region in REGIONS if region not in without)


def findings(*templates: Path) -> list[str]:
    """What cfn-lint says of templates; an empty list means that it is content.

    Those for the same regions are judged together: to read its rules takes it longer than to apply them.
    """
    found: list[str] = []
    for regions, together in groupby(sorted(templates, key=regions_of), key=regions_of):
        files = [str(template) for template in together]
        found += [str(match) for match in lint_by_config(ManualArgs(templates=files, regions=list(regions)))]
    return [each for each in found if not any(re.search(known, each) for known in OF_THE_CDK)]


def test_nothing_is_found(each_assembly: Assembly) -> None:
    assert findings(*each_assembly.template_files()) == []


def test_an_error_and_a_warning_are_found(assembly: Assembly, tmp_path: Path) -> None:
    template = next(iter(assembly.templates().values()))
    template["Parameters"]["Unused"] = {"Type": "String"}
    template["Resources"]["Wrong"] = {"Type": "AWS::SageMaker::Endpoint", "Properties": {"EndpointName": "an_endpoint"}}
    changed = tmp_path / "changed.template.json"
    changed.write_text(json.dumps(template))

    found = "\n".join(findings(changed))

    assert "W2001" in found
    assert "E3003" in found


@pytest.mark.parametrize("kind", LACKING)
def test_no_region_is_left_out_in_vain(kind: str) -> None:
    assert {region for region in REGIONS if kind not in PROVIDER_SCHEMA_MANAGER.get_resource_types(region)} == set(
        LACKING[kind]
    )
