"""What a dashboard draws, read from its template."""

import json
from typing import Any

import aws_cdk as cdk
from aws_cdk.assertions import Template

from cdk_model_hosting.patterns import Pattern
from tests.unit.monitoring.dashboard_body import assert_valid


def body_of(stack: cdk.Stack, pattern: Pattern = Pattern.REALTIME) -> dict[str, Any]:
    """The body of a dashboard of endpoints of one kind, with references as CloudFormation would fill them in."""
    found = Template.from_stack(stack).find_resources("AWS::CloudWatch::Dashboard")
    assert len(found) == 1
    text = next(iter(found.values()))["Properties"]["DashboardBody"]
    body: dict[str, Any] = json.loads(_filled(text))
    assert_valid(body, pattern)
    return body


def _filled(value: Any) -> str:
    match value:
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(_filled(part) for part in parts)
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"arn:aws:cloudwatch:::alarm:<{name}.{attribute}>"
        case _:
            return str(value)


def titles(body: dict[str, Any]) -> list[str]:
    """The titles of all widgets, in their order."""
    return [each["properties"]["title"] for each in body["widgets"] if "title" in each["properties"]]


def widget(body: dict[str, Any], title: str) -> dict[str, Any]:
    """The properties of the one widget with a title."""
    found: list[dict[str, Any]] = [
        each["properties"] for each in body["widgets"] if each["properties"].get("title") == title
    ]
    assert len(found) == 1
    return found[0]


def drawn(properties: dict[str, Any]) -> dict[str, str]:
    """What each visible line shows, by its label: metrics in the place of their ids."""
    sources: dict[str, str] = {}
    lines: dict[str, str] = {}
    for line in properties["metrics"]:
        rendering = line[-1]
        if len(line) == 1:
            text = rendering["expression"]
            for identity, source in sources.items():
                text = text.replace(identity, source)
            lines[rendering["label"]] = text
        elif rendering.get("visible", True):
            lines[rendering["label"]] = f"{line[1]}.{rendering['stat']}"
        else:
            sources[rendering["id"]] = f"{line[1]}.{rendering['stat']}"
    return lines


def thresholds(properties: dict[str, Any]) -> list[tuple[str, float]]:
    """The lines across a graph."""
    return [(each["label"], each["value"]) for each in properties.get("annotations", {}).get("horizontal", [])]
