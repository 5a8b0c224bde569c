"""What the pages of docs/ and the README show, taken from what runs: cog calls these functions.

`make docs` writes the pages anew; `make lint` fails when one is stale.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

# What app.py gives to the example stacks, each of which takes some of it.
_GIVEN = {
    "model_folder": "examples/fraud/model",
    "candidate_folder": "examples/fraud/candidate",
    "regions_folder": "examples/fraud/regions",
    "function_folder": "examples/fraud/function",
    "proxy_folder": "examples/fraud/proxy",
    "cluster_name": "platform",
    "vpc_id": "vpc-0123456789abcdef0",
    "zones": ["eu-central-1a", "eu-central-1b"],
    "subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    "bucket_name": "payments-of-the-month",
    "worker_folder": "examples/fraud",
    "release": "1.36.1-20261102",
    "start": datetime(2027, 1, 4, 9, tzinfo=UTC),
    "end": datetime(2027, 1, 11, 9, tzinfo=UTC),
}


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
    found = _template(stack)["Resources"].items()
    own = [
        policy
        for name, resource in found
        if resource["Type"] == "AWS::IAM::Role" and name.startswith(logical_id)
        for policy in resource["Properties"]["Policies"]
    ]
    # What a function's version needs, and receiving from its queue, are policies beside its role's.
    beside = [
        resource["Properties"]
        for _, resource in found
        if resource["Type"] == "AWS::IAM::Policy"
        and resource["Properties"]["PolicyName"].startswith(("Needs", "Receive"))
        and any(role["Ref"].startswith(logical_id) for role in resource["Properties"]["Roles"])
    ]
    statements = [each for policy in (*own, *beside) for each in policy["PolicyDocument"]["Statement"]]
    rows = [f"| {_actions(each)} | {_code(each['Resource'])}{_conditions(each)} |" for each in statements]
    # Two objects of the same bucket look the same here.
    return "\n".join(["| action | on |", "|---|---|", *dict.fromkeys(rows)])


def limits(*constants: str) -> str:
    """Some of the limits that the library checks, as a table.

    Args:
        constants: Their names in ``cdk_model_hosting.limits``.
    """
    from cdk_model_hosting import limits as known  # noqa: PLC0415 - pages without limits need no library

    rules: list[known.Rule] = [getattr(known, constant) for constant in constants]
    rows = [f"| {rule.name} | {rule.describe()} | [{rule.read}]({rule.source}) |" for rule in rules]
    return "\n".join(["| what | allowed | source, read on |", "|---|---|---|", *rows])


def _actions(statement: dict[str, Any]) -> str:
    denied = "denied:<br>" if statement["Effect"] == "Deny" else ""
    return f"{denied}{_code(statement['Action'])}"


def _conditions(statement: dict[str, Any]) -> str:
    found = [(kind, *pair) for kind, pairs in statement.get("Condition", {}).items() for pair in pairs.items()]
    return "".join(f"<br>where `{key}` {_condition(kind, value)}" for kind, key, value in found)


def _condition(kind: str, value: Any) -> str:
    if kind == "Null":
        return "is known" if value == "false" else "is not known"
    return f"is {_code(value).replace('<br>', ' or ')}"


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
        case {"Fn::FindInMap": [table, *_]}:
            return f"${{{table}}}"
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
    wanted = inspect.signature(made.__init__).parameters
    given = {name: value for name, value in _GIVEN.items() if name in wanted}
    return dict(Template.from_stack(made(cdk.App(), stack, **given)).to_json())
