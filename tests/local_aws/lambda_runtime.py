"""What Lambda's Python runtimes bring besides Python itself: the SDK, and nothing else."""

import importlib.util
from pathlib import Path

PACKAGES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")


def lay_out(folder: Path) -> None:
    """Fill a folder, to be put on a function's path, with links to this environment's SDK."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"{name} is not installed beside boto3: run `make install`")
        found = Path(spec.origin)
        found = found.parent if found.name == "__init__.py" else found
        link = folder / found.name
        if not link.exists():
            link.unlink(missing_ok=True)
            link.symlink_to(found)
