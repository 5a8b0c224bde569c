"""The guard runs where there is nothing but Lambda's runtime, and its permissions are said in one place."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.session import get_session

import cdk_model_hosting.handlers.endpoint_guard as guard
from cdk_model_hosting.handlers.endpoint_guard.permissions import PERMISSIONS

PACKAGE = Path(str(guard.__file__)).parent
# Application Auto Scaling asks for these in its caller's name.
ON_BEHALF = {
    "cloudwatch:DeleteAlarms",
    "cloudwatch:PutMetricAlarm",
    "iam:CreateServiceLinkedRole",
    "sagemaker:UpdateEndpointWeightsAndCapacities",
}


def test_importing_it_loads_neither_the_cdk_nor_a_service() -> None:
    program = (
        "import sys; import cdk_model_hosting.handlers.endpoint_guard; "
        "print([name for name in ('aws_cdk', 'jsii', 'boto3', 'botocore.client') if name in sys.modules])"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert finished.stdout.strip() == "[]"


def test_it_is_a_package_of_its_own_inside_the_function() -> None:
    program = "import handlers.endpoint_guard; print(handlers.endpoint_guard.handler.__module__)"
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=PACKAGE.parents[1]
    )

    assert finished.stdout.strip() == "handlers.endpoint_guard.entry"


@pytest.mark.parametrize(
    "path", sorted([*PACKAGE.glob("*.py"), *PACKAGE.parent.glob("*.py")]), ids=lambda path: path.name
)
def test_it_imports_nothing_but_the_standard_library_and_botocore(path: Path) -> None:
    roots = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            roots |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            roots.add(str(node.module).partition(".")[0])

    assert roots <= sys.stdlib_module_names | {"botocore"}


@pytest.mark.parametrize("resource_type", sorted(PERMISSIONS))
def test_every_permission_is_an_operation_that_exists(resource_type: str) -> None:
    services = {"cloudwatch": "cloudwatch", "lambda": "lambda"}
    for action in set().union(*PERMISSIONS[resource_type].values()) - {"lambda:InvokeFunction"}:
        service, _, operation = action.partition(":")
        model = get_session().get_service_model(services.get(service, service))
        assert operation in model.operation_names


def test_every_permission_is_for_a_call_that_is_made() -> None:
    """What the handlers call is checked on every call, by the stage; here, that nothing more is asked for."""
    source = "".join(path.read_text() for path in PACKAGE.glob("*.py") if path.name != "permissions.py")
    granted = {action for each in PERMISSIONS.values() for actions in each.values() for action in actions}
    for action in granted - ON_BEHALF - {"lambda:InvokeFunction"}:
        method = re.sub(r"(?<!^)(?=[A-Z])", "_", action.partition(":")[2]).lower()
        assert f"{method}(" in source or f'"{method}"' in source, action
