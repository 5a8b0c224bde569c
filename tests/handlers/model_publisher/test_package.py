"""The publisher runs where there is nothing but Lambda's runtime, and does nothing that its role may not."""

import ast
import fnmatch
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

import cdk_model_hosting.handlers.model_publisher as publisher
from cdk_model_hosting import ModelArtifact, ModelStore
from tests.handlers.model_publisher.stage import SOURCE, SOURCE_KEY, STORE, Call, Stage
from tests.unit.builders import new_stack

PACKAGE = Path(str(publisher.__file__)).parent


def test_importing_it_loads_neither_the_cdk_nor_a_service() -> None:
    program = (
        "import sys; import cdk_model_hosting.handlers.model_publisher; "
        "print([name for name in ('aws_cdk', 'jsii', 'boto3', 'botocore.client') if name in sys.modules])"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert finished.stdout.strip() == "[]"


def test_it_is_a_package_inside_the_function() -> None:
    program = "import handlers.model_publisher; print(handlers.model_publisher.handler.__module__)"
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=PACKAGE.parents[1]
    )

    assert finished.stdout.strip() == "handlers.model_publisher.entry"


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.name)
def test_it_imports_nothing_but_the_standard_library_and_boto3(path: Path) -> None:
    roots = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            roots |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            roots.add(str(node.module).partition(".")[0])

    assert roots <= sys.stdlib_module_names | {"boto3", "botocore"}


# What S3 asks for, by operation.
ON_THE_OBJECT = {
    "HeadObject": "s3:GetObject",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPartCopy": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
}


def needed(call: Call) -> list[tuple[str, str, str | None]]:
    """Actions, ARNs and prefixes that a call takes."""
    asked = call.parameters
    if call.operation == "ListObjectsV2":
        return [("s3:ListBucket", f"arn:aws:s3:::{asked['Bucket']}", asked["Prefix"])]
    found: list[tuple[str, str, str | None]] = [
        (ON_THE_OBJECT[call.operation], f"arn:aws:s3:::{asked['Bucket']}/{asked['Key']}", None)
    ]
    if call.operation == "UploadPartCopy":
        source = asked["CopySource"]
        found.append(("s3:GetObject", f"arn:aws:s3:::{source['Bucket']}/{source['Key']}", None))
    return found


def allows(statement: dict[str, Any], action: str, arn: str, prefix: str | None) -> bool:
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    pattern = flat(statement["Resource"])
    prefixes = statement.get("Condition", {}).get("StringLike", {}).get("s3:prefix")
    fits = prefixes is None or (prefix is not None and any(fnmatch.fnmatchcase(prefix, each) for each in prefixes))
    return action in actions and fnmatch.fnmatchcase(arn, pattern) and fits


def flat(value: Any) -> str:
    match value:
        case {"Fn::Join": [str(separator), [*parts]]}:
            return separator.join(flat(part) for part in parts)
        case {"Fn::Sub": str(text)}:
            return text.replace("${AWS::Partition}", "aws")
        case {"Ref": "AWS::Partition"}:
            return "aws"
        case _:
            assert isinstance(value, str), value
            return value


@pytest.fixture(scope="module")
def statements() -> list[dict[str, Any]]:
    """What the function of a stack with that archive may do."""
    stack = new_stack()
    store = ModelStore(stack, "Store", bucket=s3.Bucket.from_bucket_name(stack, "Bucket", STORE))
    source = s3.Bucket.from_bucket_name(stack, "Source", SOURCE)
    store.add_model("fraud", ModelArtifact.from_bucket(source, "fraud/{version}/model.tar.gz", version="7"))
    (policy,) = Template.from_stack(stack).find_resources("AWS::IAM::ManagedPolicy").values()
    found: list[dict[str, Any]] = policy["Properties"]["PolicyDocument"]["Statement"]
    return found


def test_its_role_may_do_what_it_does(stage: Stage, statements: list[dict[str, Any]]) -> None:
    stage.succeed()
    calls = list(stage.calls)
    stage.seconds = 0.0
    stage.fail(Key="models/late-1.tar.gz")

    assert "AbortMultipartUpload" in stage.operations
    for call in [*calls, *stage.calls]:
        for action, arn, prefix in needed(call):
            assert any(allows(each, action, arn, prefix) for each in statements), (action, arn, prefix)


@pytest.mark.parametrize(
    ("action", "arn"),
    [
        ("s3:GetObject", f"arn:aws:s3:::{SOURCE}/ads/7/model.tar.gz"),
        ("s3:PutObject", f"arn:aws:s3:::{SOURCE}/{SOURCE_KEY}"),
        ("s3:PutObject", f"arn:aws:s3:::{STORE}/elsewhere/fraud-7.tar.gz"),
        ("s3:DeleteObject", f"arn:aws:s3:::{STORE}/models/fraud-7.tar.gz"),
        ("s3:ListBucket", f"arn:aws:s3:::{STORE}"),
    ],
)
def test_its_role_may_do_nothing_else(statements: list[dict[str, Any]], action: str, arn: str) -> None:
    assert not any(allows(each, action, arn, None) for each in statements)
