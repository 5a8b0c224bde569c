"""What Lambda's runtimes bring besides the language: Python's the SDK and the hooks of SnapStart, JavaScript's a part of the SDK."""

import importlib.util
from pathlib import Path

FIXTURES = Path(__file__).with_name("fixtures")
HOOKS = "snapshot_restore_py.py"
CLIENTS = {"@aws-sdk/client-ec2.js": "client_ec2.js"}
JAVASCRIPT = "javascript"
"""The folder, in the one that is filled, with what JavaScript functions find."""

PACKAGES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")


def lay_out(folder: Path) -> None:
    """Fill a folder, to be put on a function's path, with links to this environment's SDK and to the hooks."""
    folder.mkdir(parents=True, exist_ok=True)
    _link(folder / HOOKS, FIXTURES / HOOKS)
    for name, source in CLIENTS.items():
        _link(folder / JAVASCRIPT / name, FIXTURES / source)
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"{name} is not installed beside boto3: run `make install`")
        found = Path(spec.origin)
        found = found.parent if found.name == "__init__.py" else found
        _link(folder / found.name, found)


def _link(link: Path, found: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(found)
