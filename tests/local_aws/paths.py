"""Where things lie that the local AWS needs."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SERVER_PYTHON = REPOSITORY / ".venv-local-aws" / "bin" / "python"
CDK_CLI = REPOSITORY / "node_modules" / ".bin" / "cdk"
DOCKER_STAND_IN = REPOSITORY / "tests" / "local_aws" / "docker.py"
DEFAULT_SCRATCH = REPOSITORY / ".local_aws"
