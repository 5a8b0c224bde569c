"""The environment of whatever talks to a local AWS: never a real credential, profile, endpoint or proxy."""

import os
from collections.abc import Mapping
from pathlib import Path

LEAKS = (
    "AWS_",
    "CDK_",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
)
"""What variables begin with that could carry a call to a real account or past the loopback interface."""

KEPT = frozenset({"CDK_VALIDATION", "CDK_DEBUG"})
"""Variables that look like leaks and are a user's choice about synthesis."""


def leaks(environment: Mapping[str, str]) -> list[str]:
    """Return the names of the variables that a process beside the local AWS must not see."""
    return sorted(name for name in environment if name.startswith(LEAKS) and name not in KEPT)


def clean(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return a copy of ``environment`` (this process's when omitted) without the leaks."""
    current = os.environ if environment is None else environment
    dropped = set(leaks(current))
    return {name: value for name, value in current.items() if name not in dropped}


def client_variables(*, endpoint: str, account: str, region: str, scratch: Path, docker: Path) -> dict[str, str]:
    """Return the variables that point the CDK CLI and every AWS SDK at the local AWS.

    Args:
        endpoint: The address of the local AWS.
        account: Twelve digits; the access key's ID is the account.
        region: The region.
        scratch: The folder of the local AWS: caches and empty configuration files stand in it.
        docker: What the CDK CLI runs for ``docker``.
    """
    empty = scratch / "empty-aws-config"
    return {
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ENDPOINT_URL_S3_FOR_CLOUDFORMATION": endpoint,
        "AWS_CONFIG_FILE": str(empty),
        "AWS_SHARED_CREDENTIALS_FILE": str(empty),
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_DEFAULT_ACCOUNT": account,
        "CDK_DEFAULT_REGION": region,
        "CDK_HOME": str(scratch / "cdk-home"),
        "CDK_DOCKER": str(docker),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_DISABLE_VERSION_CHECK": "true",
        "LOCAL_AWS_SCRATCH": str(scratch),
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }


def server_variables(*, port: int, account: str, region: str, scratch: Path, serving_python: str) -> dict[str, str]:
    """Return the variables of the server process: its state stays in ``scratch``, its listeners on the loopback.

    Args:
        port: The port of its socket, for the addresses that it gives out.
        account: The account of requests that name none.
        region: The region of requests that name none.
        scratch: The folder for state, logs and temporary files.
        serving_python: The interpreter that runs the code of model containers.
    """
    return {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": account,
        "MINISTACK_REGION": region,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_CONFIG_FILE": str(scratch / "empty-aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(scratch / "empty-aws-config"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
        "S3_DATA_DIR": str(scratch / "s3"),
        "STATE_DIR": str(scratch / "state"),
        "TMPDIR": str(scratch / "tmp"),
        # ministack would clean up containers of this machine's Docker engine, which are not ours.
        "DOCKER_HOST": f"unix://{scratch / 'no-docker.sock'}",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOCAL_AWS_SCRATCH": str(scratch),
        "LOCAL_AWS_LAMBDA_RUNTIME": str(scratch / "lambda-runtime"),
        "LOCAL_AWS_PYTHON": serving_python,
        "PYTHONUNBUFFERED": "1",
    }
