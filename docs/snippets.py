"""What the pages of docs/ and the README show, taken from what runs: cog calls these functions.

`make docs` writes the pages anew; `make lint` fails when one is stale.
"""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def source(path: str) -> str:
    """A file as a code block.

    Args:
        path: Path from the repository's root.
    """
    language = {".py": "python", ".json": "json", ".txt": "text"}.get(Path(path).suffix, "")
    return f"```{language}\n{(ROOT / path).read_text().rstrip()}\n```"


def resources(stack: str) -> str:
    """The resources of an example stack, counted by type, as a table.

    Args:
        stack: The stack's name in app.py.
    """
    types = Counter(resource["Type"] for resource in _template(stack)["Resources"].values())
    types.pop("AWS::CDK::Metadata", None)
    rows = [f"| `{kind}` | {count} |" for kind, count in sorted(types.items())]
    return "\n".join(["| resource | number |", "|---|---:|", *rows])


def role(stack: str, logical_id: str) -> str:
    """What the execution role of an example stack may do, a line each.

    Args:
        stack: The stack's name in app.py.
        logical_id: Beginning of the role's logical ID.
    """
    found = [
        resource["Properties"]["Policies"]
        for name, resource in _template(stack)["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role" and name.startswith(logical_id)
    ]
    statements = [each for policies in found for policy in policies for each in policy["PolicyDocument"]["Statement"]]
    rows = [f"| {_code(each['Action'])} | {_code(each['Resource'])} |" for each in statements]
    return "\n".join(["| action | on |", "|---|---|", *rows])


def _code(value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    return "<br>".join(f"`{_flat(each)}`" for each in values)


def _flat(value: Any) -> str:
    match value:
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(_flat(part) for part in parts)
        case {"Fn::Sub": template}:
            return str(template)
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
        case _:
            # The model's content hash may differ from one kind of processor to another.
            return re.sub(r"[0-9a-f]{64}", "<content hash>", str(value))


@cache
def _template(stack: str) -> dict[str, Any]:
    os.environ.setdefault("CDK_VALIDATION", "false")
    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT)
    import aws_cdk as cdk  # noqa: PLC0415 - pages without a template need no CDK
    from aws_cdk.assertions import Template  # noqa: PLC0415

    module = import_module(f"stacks.{re.sub(r'(?<!^)(?=[A-Z])', '_', stack).lower()}")
    made = getattr(module, f"{stack}Stack")
    return dict(Template.from_stack(made(cdk.App(), stack, model_folder="examples/fraud/model")).to_json())
