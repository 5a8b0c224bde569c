"""Predictions, and how they are written down."""

import csv
import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import orjson

from .description import Description
from .media import Format

# What a 32-bit probability can tell apart, and no more.
_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """What the model says about each record, in the order of the records.

    Args:
        probabilities: Rounded; the decisions follow from what is shown.
        decisions: The decision's name for each.
        version: The model's version.
    """

    probabilities: list[float]
    decisions: list[str]
    version: str

    @classmethod
    def of(cls, probabilities: npt.NDArray[np.float64], description: Description) -> "Predictions":
        """Decide about each probability as the model's description says."""
        rounded = np.round(probabilities, _DECIMALS)
        decided = np.where(rounded >= description.threshold, description.at_or_above, description.below)
        return cls(probabilities=rounded.tolist(), decisions=decided.tolist(), version=description.version)

    def written(self, form: Format) -> bytes:
        """One prediction a line, or for JSON an object whose `predictions` lists them."""
        if form is Format.CSV:
            text = io.StringIO()
            rows = zip(self.probabilities, self.decisions, strict=True)
            csv.writer(text, lineterminator="\n").writerows((*row, self.version) for row in rows)
            return text.getvalue().encode()
        if form is Format.JSON_LINES:
            return b"".join(
                orjson.dumps(prediction, option=orjson.OPT_APPEND_NEWLINE) for prediction in self._objects()
            )
        return orjson.dumps({"predictions": self._objects()})

    def _objects(self) -> list[dict[str, float | str]]:
        return [
            {"probability": probability, "decision": decision, "version": self.version}
            for probability, decision in zip(self.probabilities, self.decisions, strict=True)
        ]
