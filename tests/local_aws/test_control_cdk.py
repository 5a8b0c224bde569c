"""Driving the CLI itself: an app of a user's own folder, its output as it comes, its failures."""

import json
import shlex
import sys
from pathlib import Path

import pytest

from tests.local_aws import cdk as commands
from tests.local_aws.cdk import Cdk, CdkError
from tests.local_aws.lifecycle import LocalAws

APP = """
import aws_cdk as cdk

app = cdk.App()
stack = cdk.Stack(app, "FromItsFolder", synthesizer=cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False))
cdk.CfnResource(stack, "Topic", type="AWS::SNS::Topic", properties={"TopicName": app.node.get_context("topic")})
app.synth()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of an app, as a user has one."""
    settings = {"app": shlex.join([sys.executable, "app.py"]), "context": {"topic": "news"}}
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "cdk.json").write_text(json.dumps(settings))
    return tmp_path


def test_synthesizes_and_deploys_the_app_of_a_folder(bootstrapped: LocalAws, folder: Path, tmp_path: Path) -> None:
    seen: list[str] = []
    app = Cdk.synthesize(bootstrapped, folder, tmp_path / "out", watch=seen.append)
    assert app.deploy() == {}
    topics = bootstrapped.client("sns").list_topics()["Topics"]
    assert "news" in {topic["TopicArn"].rsplit(":", 1)[1] for topic in topics}
    assert any("CREATE_COMPLETE" in line and "AWS::SNS::Topic" in line for line in seen)
    app.destroy()


def test_a_failure_shows_what_the_cli_printed_and_the_servers_log(local_aws: LocalAws, folder: Path) -> None:
    (folder / "app.py").write_text("raise SystemExit('this app is broken')")
    with pytest.raises(CdkError, match=r"(?s)cdk synth .* failed with status 1:.*this app is broken.*--- the end of"):
        Cdk.synthesize(local_aws, folder, folder / "out")


def test_a_finding_is_told_from_a_failure(local_aws: LocalAws, tmp_path: Path) -> None:
    # The CLI ends with the same status when it finds a difference and when it finds no app.
    with pytest.raises(CdkError, match="cdk diff --fail failed with status 1"):
        Cdk(local=local_aws, assembly=tmp_path).has_differences()


def test_a_command_that_never_ends_is_killed(
    local_aws: LocalAws, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "SECONDS_FOR_A_COMMAND", 0.2)
    with pytest.raises(CdkError, match="cdk was killed: it had not ended after 0 seconds"):
        Cdk.synthesize(local_aws, folder, folder / "out")
