"""cfn-lint finds nothing in any example stack: no error and no warning."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cfnlint.api import ManualArgs, lint_file

if TYPE_CHECKING:
    from pathlib import Path

    from tests.stacks.synthesis import Assembly

# One region of each partition, and those with the fewest services.
REGIONS = ["us-east-1", "eu-central-1", "ap-southeast-4", "cn-north-1", "us-gov-west-1"]


def findings(template: Path) -> list[str]:
    """What cfn-lint says of a template; an empty list means that it is content."""
    return [str(match) for match in lint_file(template, config=ManualArgs(regions=REGIONS))]


def test_nothing_is_found(each_assembly: Assembly) -> None:
    for template in each_assembly.template_files():
        assert findings(template) == []


def test_an_error_and_a_warning_are_found(assembly: Assembly, tmp_path: Path) -> None:
    template = next(iter(assembly.templates().values()))
    template["Parameters"]["Unused"] = {"Type": "String"}
    template["Resources"]["Wrong"] = {"Type": "AWS::SageMaker::Endpoint", "Properties": {"EndpointName": "an_endpoint"}}
    changed = tmp_path / "changed.template.json"
    changed.write_text(json.dumps(template))

    found = "\n".join(findings(changed))

    assert "W2001" in found
    assert "E3003" in found
