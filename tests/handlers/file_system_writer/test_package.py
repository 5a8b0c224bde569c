"""The writer runs where there is nothing but Lambda's runtime."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cdk_model_hosting.handlers.file_system_writer as package
from cdk_model_hosting.handlers.file_system_writer import entry, handler
from cdk_model_hosting.handlers.file_system_writer.surroundings import client
from tests.handlers.file_system_writer.stage import BUCKET, KEY, USER, digest_of

PACKAGE = Path(str(package.__file__)).parent


def test_importing_it_loads_neither_the_cdk_nor_a_service() -> None:
    program = (
        "import sys; import cdk_model_hosting.handlers.file_system_writer; "
        "print([name for name in ('aws_cdk', 'jsii', 'boto3', 'botocore.client') if name in sys.modules])"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert finished.stdout.strip() == "[]"


def test_it_is_a_package_inside_the_function() -> None:
    program = "import handlers.file_system_writer; print(handlers.file_system_writer.handler.__module__)"
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=PACKAGE.parents[1]
    )

    assert finished.stdout.strip() == "handlers.file_system_writer.entry"


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.name)
def test_it_imports_nothing_but_the_standard_library_and_boto3(path: Path) -> None:
    roots = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            roots |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            roots.add(str(node.module).partition(".")[0])

    assert roots <= sys.stdlib_module_names | {"boto3", "botocore"}


def test_lambda_says_where_the_file_system_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return 700_000

    digest = digest_of(b"gone")
    (tmp_path / digest).mkdir()
    monkeypatch.setenv(entry.MOUNT, str(tmp_path))
    event: dict[str, Any] = {"Action": "remove", "Digest": digest, "User": USER, "Bucket": BUCKET, "Key": KEY}

    assert handler(event, Context()) == {}
    assert not (tmp_path / digest).exists()


def test_it_asks_s3_in_its_own_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gateway endpoint of a VPC knows no other address."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    client.cache_clear()

    assert client().meta.endpoint_url == "https://s3.us-east-1.amazonaws.com"
    client.cache_clear()
