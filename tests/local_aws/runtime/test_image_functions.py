"""Functions that are images run the code that was built: its handler, its variables and its packages."""

import zipfile
from pathlib import Path
from typing import Any

import pytest

from cdk_model_hosting.functions import cache
from cdk_model_hosting.functions.packages import Packages
from cdk_model_hosting.functions.target import Target
from tests.local_aws.function_packages import ARCHITECTURE, PYTHON, for_this_machine
from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.runtime.functional import Functions, laid_out
from tests.local_aws.stacks import Stack

LAMBDA = 'FROM public.ecr.aws/lambda/python:3.13\nCOPY app.py "${LAMBDA_TASK_ROOT}/"\nCMD ["app.handler"]\n'
ANSWER = "def handler(event, context):\n    return {!r}\n"


@pytest.fixture(scope="module")
def functions(local_aws: LocalAws) -> Functions:
    """Short words for what Lambda is asked to do."""
    return Functions(local_aws)


def image(functions: Functions, folder: Path, answer: str, tag: str = "") -> str:
    return functions.image(laid_out(folder, LAMBDA, {"app.py": ANSWER.format(answer)}), tag=tag)


def test_an_image_brings_code_variables_files_and_packages(functions: Functions, tmp_path: Path) -> None:
    lock = "nowhere==1.0 --hash=sha256:00\n"
    target = Target(python=PYTHON, architecture=ARCHITECTURE)
    with for_this_machine():
        name = Packages(lock=lock, target=target).name
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr("nowhere.py", "WHERE = 'in the cache'\n")
    dockerfile = """\
ARG PYTHON
FROM public.ecr.aws/lambda/python:${PYTHON}
ENV NAME=scorer WORDS=/var/task/words.txt
COPY requirements.txt /tmp/requirements.txt
RUN python -m pip install --no-cache-dir --require-hashes --only-binary :all: --no-deps --target "${LAMBDA_TASK_ROOT}" \\
    -r /tmp/requirements.txt
COPY function/ "${LAMBDA_TASK_ROOT}/"
RUN python -m compileall -q "${LAMBDA_TASK_ROOT}"
CMD ["package/app.handler"]
"""
    handler = """\
import os
from pathlib import Path

import nowhere

def handler(event, context):
    names = ("NAME", "OWN", "LOCAL_AWS_TASK_ROOT")
    return {
        "event": event,
        "package": nowhere.WHERE,
        "words": Path(os.environ["WORDS"]).read_text(),
        "beside": Path("words.txt").read_text(),
        "root": Path(os.environ["LAMBDA_TASK_ROOT"], "words.txt").is_file(),
        "variables": {name: os.environ.get(name) for name in names},
        "function": context.function_name,
    }
"""
    files = {"requirements.txt": lock, "function/package/app.py": handler, "function/words.txt": "some words"}
    uri = functions.image(
        laid_out(tmp_path / "context", dockerfile, files), "PYTHON=3.13", variables={cache.VARIABLE: str(tmp_path)}
    )

    function = functions.create_image(uri, variables={"OWN": "1", "NAME": "other"})

    assert functions.invoke(function, {"a": 1}) == {
        "event": {"a": 1},
        "package": "in the cache",
        "words": "some words",
        "beside": "some words",
        "root": True,
        "variables": {"NAME": "other", "OWN": "1", "LOCAL_AWS_TASK_ROOT": None},
        "function": function,
    }


def test_a_version_keeps_its_image_and_an_update_brings_another(functions: Functions, tmp_path: Path) -> None:
    function = functions.create_image(image(functions, tmp_path / "1", "one", tag="moving"))
    assert functions.publish(function, "live") == "1"
    assert functions.invoke(function, qualifier="live") == "one"

    # A tag that moves changes nothing until the function is updated: Lambda keeps the digest.
    moved = image(functions, tmp_path / "2", "two", tag="moving")
    assert functions.invoke(function) == "one"
    updated = functions.client.update_function_code(FunctionName=function, ImageUri=moved)
    assert functions.invoke(function) == "two"
    assert functions.invoke(function, qualifier="live") == "one"

    assert functions.publish(function) == "2"
    functions.client.update_alias(FunctionName=function, Name="live", FunctionVersion="2")
    assert functions.invoke(function, qualifier="live") == "two"
    known = [
        functions.client.get_function_configuration(FunctionName=function, Qualifier=version)["CodeSha256"]
        for version in ("1", "2", "$LATEST")
    ]
    assert known[0] != known[1] == known[2] == updated["CodeSha256"]


@pytest.mark.parametrize(
    ("dockerfile", "settings"),
    [
        (LAMBDA, {"ImageConfig": {"Command": ["other.handler"]}}),
        (
            (
                "FROM python:3.13\nWORKDIR /srv/code\nCOPY app.py other.py ./\n"
                'ENTRYPOINT ["python", "-m", "awslambdaric"]\nCMD ["other.handler"]'
            ),
            {},
        ),
    ],
    ids=["command", "runtime-interface"],
)
def test_what_an_image_begins_with(
    functions: Functions, tmp_path: Path, dockerfile: str, settings: dict[str, Any]
) -> None:
    files = {"app.py": "", "other.py": ANSWER.format("another handler")}
    uri = functions.image(laid_out(tmp_path, dockerfile.replace("COPY app.py ", "COPY *.py "), files))
    assert functions.invoke(functions.create_image(uri, **settings)) == "another handler"


def test_an_image_that_cannot_be_run_says_why(functions: Functions, tmp_path: Path) -> None:
    unknown = functions.create_image("123456789012.dkr.ecr.us-east-1.amazonaws.com/elsewhere:1")
    assert functions.invoke(unknown) == {
        "errorMessage": "image 123456789012.dkr.ecr.us-east-1.amazonaws.com/elsewhere:1 was not built here: "
        "the local AWS runs only images built from a folder",
        "errorType": "Runtime.InvalidEntrypoint",
    }
    server = functions.image(laid_out(tmp_path, 'FROM debian\nENTRYPOINT ["serve"]\nCMD ["x.y"]', {}))
    answer = functions.invoke(functions.create_image(server))
    assert "begins with ['serve']: the local AWS runs images of Lambda's Python base images" in answer["errorMessage"]


def test_an_image_in_a_template(functions: Functions, tmp_path: Path) -> None:
    stack = Stack(functions.local, "ImageFunction")

    def template(uri: str, version: str) -> dict[str, Any]:
        function = {"PackageType": "Image", "Code": {"ImageUri": uri}, "Role": functions.role}
        return {
            "Resources": {
                "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
                version: {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Function"}}},
                "Alias": {
                    "Type": "AWS::Lambda::Alias",
                    "Properties": {
                        "Name": "live",
                        "FunctionName": {"Ref": "Function"},
                        "FunctionVersion": {"Fn::GetAtt": [version, "Version"]},
                    },
                },
            },
            "Outputs": {"Name": {"Value": {"Ref": "Function"}}},
        }

    assert stack.apply(template(image(functions, tmp_path / "1", "one"), "First")) == "CREATE_COMPLETE", stack.log()
    name = stack.outputs()["Name"]
    assert functions.invoke(name, qualifier="live") == "one"
    assert stack.apply(template(image(functions, tmp_path / "2", "two"), "Second")) == "UPDATE_COMPLETE", stack.log()
    assert functions.invoke(name, qualifier="live") == "two"
    assert stack.delete() == "DELETE_COMPLETE"
