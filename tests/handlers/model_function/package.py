"""The package as it lies in a function: by itself at the root of the code, beside the user's, and nothing of this library."""

import compileall
import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import cdk_model_hosting.handlers.model_function as package
from cdk_model_hosting.handlers.model_function.contract import PACKAGE, Delivery, Variable

PACKAGE_FOLDER = Path(str(package.__file__)).parent
USER_FOLDER = PACKAGE_FOLDER.parents[3] / "examples" / "fraud" / "function"


def lay_out(root: Path, model: Path) -> None:
    """Make the code of a function that predicts with a model, compiled as the library does it.

    Args:
        root: Where to.
        model: The model's folder.
    """
    litter = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PACKAGE_FOLDER, root / PACKAGE, ignore=litter)
    shutil.copytree(USER_FOLDER, root, ignore=litter, dirs_exist_ok=True)
    shutil.copytree(model, root / "model")
    assert compileall.compile_dir(root, quiet=2)


def variables(root: Path) -> dict[str, str]:
    """The environment of such a function."""
    return {
        "AWS_LAMBDA_FUNCTION_NAME": "fraud",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "LAMBDA_TASK_ROOT": str(root),
        Variable.ENTRY: "predictor:predict",
        Variable.DELIVERY: Delivery.BUNDLED,
        Variable.PATH: "model",
        Variable.SAMPLE: "sample.json",
    }


def run(root: Path, program: str) -> str:
    """Run a program on an interpreter with the function's code and packages alone, and return what it prints.

    Args:
        root: The function's code.
        program: Python.
    """
    # The library itself is installed in place, by a file that an interpreter without `site` does not read.
    path = [str(root), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    program = f"import sys; sys.path[:0] = {path!r}\n{program}"
    finished = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], env=variables(root), capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def last_json(output: str) -> dict[str, object]:
    """The last line of what was printed."""
    found: dict[str, object] = json.loads(output.splitlines()[-1])
    return found
