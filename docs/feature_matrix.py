"""What SageMaker supports in each pattern, as the checks read it: cog calls these functions."""

from __future__ import annotations

from cdk_model_hosting.patterns import MATRIX, Pattern, Support

_SHOWN = {Support.YES: "yes", Support.NO: "**no**", Support.DISPUTED: "?", Support.NOTHING: ""}


def matrix() -> str:
    """A row for each feature, a column for each pattern."""
    head = ["", *(each.value for each in Pattern)]
    rows = [
        [feature.value, *(_SHOWN[cells[pattern].support] for pattern in Pattern)] for feature, cells in MATRIX.items()
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def reasons(support: str) -> str:
    """Why, feature by feature, with the patterns that share a reason together.

    Args:
        support: The name of a `Support`, such as ``NO``.
    """
    lines: list[str] = []
    for feature, cells in MATRIX.items():
        shared: dict[str, list[str]] = {}
        for pattern, cell in cells.items():
            if cell.support is Support[support]:
                shared.setdefault(cell.why, []).append(pattern.value)
        lines.extend(f"| {feature.value} | {', '.join(patterns)} | {why} |" for why, patterns in shared.items())
    return "\n".join(["| feature | where | why |", "|---|---|---|", *lines])
