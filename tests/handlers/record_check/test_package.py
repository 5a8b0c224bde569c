"""The check runs where there is nothing but Lambda's runtime, and does nothing that its role may not."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from cdk_model_hosting import TransformDestination, TransformSource
from cdk_model_hosting.handlers import record_check
from cdk_model_hosting.handlers.record_check import failures
from tests.handlers.record_check.stage import BUCKET, Stage, lines
from tests.unit.batch.batched import records
from tests.unit.batch.counting import allows, checked, policies
from tests.unit.builders import new_stack

PACKAGE = Path(str(record_check.__file__)).parent


def test_importing_it_loads_neither_the_cdk_nor_a_service() -> None:
    program = (
        "import sys; import cdk_model_hosting.handlers.record_check; "
        "print([name for name in ('aws_cdk', 'jsii', 'boto3', 'botocore.client') if name in sys.modules])"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert finished.stdout.strip() == "[]"


def test_it_is_a_package_inside_the_function() -> None:
    program = "import handlers.record_check; print(handlers.record_check.handler.__module__)"
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=PACKAGE.parents[1]
    )

    assert finished.stdout.strip() == "handlers.record_check.entry"


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.name)
def test_it_imports_nothing_but_the_standard_library_and_boto3(path: Path) -> None:
    roots = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            roots |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            roots.add(str(node.module).partition(".")[0])

    assert roots <= sys.stdlib_module_names | {"boto3", "botocore"}


def test_state_machines_catch_failures_by_these_names() -> None:
    raised = {each.__name__ for each in failures.CheckError.__subclasses__()}
    assert raised == {"RecordsMissing", "CheckTookTooLong", "CheckFailed"}


def test_its_role_may_do_what_it_does(stage: Stage) -> None:
    stack = new_stack()
    source = TransformSource.prefix("in/", bucket=records(stack, bucket_name=BUCKET), split="Line")
    checked(stack, source=source, destination=TransformDestination(prefix="out/"))
    statements = policies(stack)
    stage.pair("a.csv", lines(2), None)
    stage.refuse("GetObject", "out/a.csv.out", "AccessDenied")
    with pytest.raises(failures.RecordsMissing):
        stage.check()

    assert [name for name, _asked in stage.asked].count("ListObjectsV2") == 2
    for name, asked in stage.asked:
        action = {"ListObjectsV2": "s3:ListBucket", "GetObject": "s3:GetObject"}[name]
        resource = f"arn:aws:s3:::{asked['Bucket']}" + (f"/{asked['Key']}" if "Key" in asked else "")
        assert any(allows(each, action, resource, asked.get("Prefix")) for each in statements), (action, resource)
