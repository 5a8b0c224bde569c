"""cdk-nag's AwsSolutions rules find nothing that is not acknowledged, with its reason, where it arises."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from unittest import mock

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from cdk_nag import AwsSolutionsChecks

from tests.stacks.synthesis import REPORT, synthesize

if TYPE_CHECKING:
    from pathlib import Path


def findings(folder: Path) -> list[str]:
    """What the plug-ins reported on an app, acknowledged findings left out."""
    reports = json.loads((folder / REPORT).read_text())["pluginReports"]
    return [
        f"{violation['ruleName']} {construct['constructPath']}"
        for report in reports
        for violation in report["violations"]
        for construct in violation["violatingConstructs"]
    ]


def test_nothing_is_found(model_folder: Path, tmp_path: Path) -> None:
    synthesize(tmp_path, model_folder, plugins=[AwsSolutionsChecks])

    assert findings(tmp_path) == []


def test_only_what_is_acknowledged_is_silent(model_folder: Path, tmp_path: Path) -> None:
    silenced = mock.patch.object(cdk.Validations, "acknowledge")

    with silenced, pytest.raises(RuntimeError, match="ValidationFailed"):
        synthesize(tmp_path, model_folder, plugins=[AwsSolutionsChecks])

    assert findings(tmp_path)
    # Wildcards, each with its reason, buckets without access logs, which only their owner can want, a VPC without a way in, the queue
    # of an event that is of no use later, and what the CDK's functions for kubectl have.
    acknowledged = (
        *("AwsSolutions-IAM5[Resource::", "AwsSolutions-S1 ", "AwsSolutions-VPC7 FunctionFileSystem/"),
        "AwsSolutions-SQS3 GpuBatchJob/Karpenter/Interruptions/Queue",
    )
    of_kubectl = re.compile(r"AwsSolutions-(L1|IAM4\S+) Gpu\w+/Cluster/Cluster/KubectlProvider/")
    found = [finding for finding in findings(tmp_path) if not of_kubectl.match(finding)]
    assert [finding for finding in found if not finding.startswith(acknowledged)] == []


def test_an_unacknowledged_finding_fails_the_synth(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path))
    stack = cdk.Stack(app, "Stack")
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
    role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=["*"]))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))

    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()

    assert findings(tmp_path) == ["AwsSolutions-IAM5[Resource::*] Stack/Role/DefaultPolicy/Resource"]
