"""What an environment in front of an endpoint takes to begin, beside what the SDK alone takes."""

import compileall
import shutil
import subprocess
import sys
import sysconfig
from functools import partial
from pathlib import Path

from cdk_model_hosting.handlers.model_function.contract import PACKAGE, Delivery, Variable
from tests.handlers.model_function.budget import hold
from tests.handlers.model_function.package import PACKAGE_FOLDER

SDK = "import boto3; boto3.client('sagemaker-runtime')"
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nothing",
    Variable.ENTRY: "predictor:predict",
    Variable.DELIVERY: Delivery.ENDPOINT,
    Variable.ENDPOINT: "fraud",
}


def lay_out(root: Path) -> None:
    """The code of a function in front of an endpoint."""
    shutil.copytree(PACKAGE_FOLDER, root / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "predictor.py").write_text("def predict(endpoint, request): return endpoint.invoke(request).json()\n")
    assert compileall.compile_dir(root, quiet=2)


def run(root: Path, program: str) -> str:
    """The last line that a program prints in such a function."""
    path = [str(root), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    program = f"import sys; sys.path[:0] = {path!r}\n{program}"
    command = [sys.executable, "-I", "-S", "-c", program]
    environment = ENVIRONMENT | {"LAMBDA_TASK_ROOT": str(root)}
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.splitlines()[-1]


def test_the_function_takes_little_more_than_the_sdk(tmp_path: Path) -> None:
    lay_out(tmp_path)

    hold(partial(run, tmp_path), "import cdk_model_function.entry", SDK)


def test_the_sdk_is_loaded_by_those_who_need_it_alone(tmp_path: Path) -> None:
    lay_out(tmp_path)
    loaded = "print(sorted({'boto3', 'botocore', 'onnxruntime', 'numpy'} & sys.modules.keys()))"

    assert run(tmp_path, f"import cdk_model_function.function\n{loaded}") == "[]"
    assert run(tmp_path, f"import cdk_model_function.entry\n{loaded}") == "['boto3', 'botocore']"
