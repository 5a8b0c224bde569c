"""Install what the fraud function imports, once and for all: python -m examples.fraud.function_packages.

Synthesizing the example stacks would do so too, the first time. Done beforehand, no synthesis needs a package index.
"""

from pathlib import Path

from cdk_model_hosting import Architecture, FunctionCode
from cdk_model_hosting.functions.bundle import Bundle
from cdk_model_hosting.functions.target import Target

FOLDER = Path(__file__).with_name("function")


def main() -> None:
    """Install the packages for the Python and the processor that the example stacks name."""
    code = FunctionCode.from_folder(FOLDER, requirements="requirements.txt")
    packages = Bundle(code=code, target=Target(python=code.python, architecture=Architecture.ARM64)).packages
    if packages is not None:
        packages.archive()


if __name__ == "__main__":
    main()
