"""What every example stack's template must be."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import assertions
from syrupy.extensions.json import JSONSnapshotExtension

from tests.stacks.objects import readable
from tests.stacks.synthesis import ROOT

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from tests.stacks.synthesis import Assembly

ASSET_HASH = re.compile(r"\b[0-9a-f]{64}\b")
TARGET_DIGEST = re.compile(r"(?<=-)[0-9a-f]{8}(?=\.tar\.gz)")
# The logical IDs of a function's published version, and of what goes with it, change with all that the version keeps.
RELEASE = re.compile(r"(Version|Check|Try|Look|Needs|Rollout[A-Za-z]+?)[0-9a-f]{16}[0-9A-F]{8}\b")
# So do the names of its policy and of its alarms.
RELEASE_NAME = re.compile(r"(Needs|/rollback/)[0-9a-f]{16}\b")
THIRD_ZONE = re.compile(r"Vpc\w+Subnet3")
ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")
REGION = re.compile(r"\b(?:af|ap|ca|cn|eu|il|me|mx|sa|us|us-gov)-(?:central|(?:north|south)?(?:east|west)?)-\d\b")


def masked(text: str) -> str:
    """A template without what changes with the content of an asset."""
    hidden = TARGET_DIGEST.sub("<digest>", ASSET_HASH.sub("<asset hash>", text))
    return RELEASE_NAME.sub(r"\1<release>", RELEASE.sub(r"\1<release>", hidden))


def test_every_file_of_stacks_is_in_the_app(assembly: Assembly) -> None:
    recipes = {path.stem.replace("_", "") for path in (ROOT / "stacks").glob("*.py") if path.stem != "__init__"}

    assert recipes
    assert {name.lower() for name in assembly.templates()} == recipes


def test_snapshots(assembly: Assembly, snapshot: SnapshotAssertion) -> None:
    snapshot = snapshot.use_extension(JSONSnapshotExtension)
    for name, template in assembly.templates().items():
        assert json.loads(masked(json.dumps(readable(template)))) == snapshot(name=name)


def test_no_template_has_a_cycle(templates: dict[str, dict[str, Any]]) -> None:
    """`Template.from_json` looks for cycles as `Template.from_stack` does; `app.synth()` does not."""
    for template in templates.values():
        assertions.Template.from_json(template)


def test_a_cycle_is_found(assembly: Assembly) -> None:
    template = next(iter(assembly.templates().values()))
    first, second, *_ = template["Resources"]
    template["Resources"][first]["DependsOn"] = [second]
    template["Resources"][second]["DependsOn"] = [first]

    with pytest.raises(RuntimeError, match="dependency cycle"):
        assertions.Template.from_json(template)


def test_no_template_names_an_account_or_a_machine(assembly: Assembly) -> None:
    for path in assembly.template_files():
        template = json.loads(path.read_text())
        # The accounts that AWS publishes its images from, by region.
        template.pop("Mappings", None)
        text = masked(json.dumps(template))

        assert not ACCOUNT.findall(text), path.name
        assert not REGION.findall(text), path.name
        assert str(ROOT) not in text
        assert str(assembly.folder) not in text


def test_the_same_resources_anywhere_and_in_one_region(assembly: Assembly, located_assembly: Assembly) -> None:
    located = located_assembly.templates()

    for name, template in assembly.templates().items():
        # The network of a cluster has a zone more where the zones are known.
        there = {each for each in map(masked, located[name]["Resources"]) if not THIRD_ZONE.search(each)}
        assert there == set(map(masked, template["Resources"]))
