"""model.json: what a model is called, what it reads and what it decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

import orjson

from .errors import ModelLoadError

FeatureType = Literal["number", "integer", "boolean", "category"]

_MISSING = float("nan")
_TEXT_BOOLEANS: dict[object, float] = {
    **dict.fromkeys(("1", "1.0", "true", "True", "TRUE"), 1.0),
    **dict.fromkeys(("0", "0.0", "false", "False", "FALSE"), 0.0),
}
# 1 and 1.0 are found under True, 0 and 0.0 under False: Python counts them as equal.
_JSON_BOOLEANS: dict[object, float] = {True: 1.0, False: 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One input of the model, a column of the matrix that the graph reads.

    Args:
        name: The field's name in a record.
        type: What its values must be.
        nullable: Whether a record may leave it empty (null, or an empty CSV cell); the graph then reads NaN.
        categories: The values of a category, in the order of their codes.
        text_codes: What the graph reads for a CSV cell; empty for numbers.
        json_codes: What the graph reads for a JSON value; empty for numbers.
    """

    name: str
    type: FeatureType
    nullable: bool
    categories: tuple[str, ...]
    text_codes: Mapping[object, float]
    json_codes: Mapping[object, float]

    @classmethod
    def from_json(cls, described: Mapping[str, Any]) -> "Feature":
        """Read one entry of `features`."""
        kind = described["type"]
        if kind not in get_args(FeatureType):
            raise ValueError(f"type must be one of {', '.join(get_args(FeatureType))}, got {kind!r}")
        categories = tuple(described.get("categories", ()))
        if (kind == "category") != bool(categories):
            raise ValueError(f"categories must be given for a category and for nothing else, got {kind!r}")
        nullable = bool(described.get("nullable", False))
        text: dict[object, float] = {}
        json: dict[object, float] = {}
        if kind == "boolean":
            text.update(_TEXT_BOOLEANS)
            json.update(_JSON_BOOLEANS)
        if kind == "category":
            text.update((category, float(code)) for code, category in enumerate(categories))
            json.update(text)
        if nullable and text:
            text[""] = json[None] = _MISSING
        return cls(
            name=described["name"],
            type=cast("FeatureType", kind),
            nullable=nullable,
            categories=categories,
            text_codes=text,
            json_codes=json,
        )

    @property
    def rule(self) -> str:
        """What a value must be, to end the sentence "amount must be"."""
        match self.type:
            case "number":
                return "a finite 32-bit number"
            case "integer":
                return "a whole 32-bit number"
            case "boolean":
                return "true or false"
            case "category":
                return f"one of {', '.join(self.categories)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What model.json says.

    Args:
        name: The model's name.
        version: Told with every prediction.
        input: The graph's input: float32, rows x features.
        output: The graph's output: the probability, alone or behind that of the other class.
        features: The inputs in the order of the matrix's columns.
        threshold: The probability from which `at_or_above` is the decision.
        at_or_above: The decision's name there.
        below: The decision's name under it.
    """

    name: str
    version: str
    input: str
    output: str
    features: tuple[Feature, ...]
    threshold: float
    at_or_above: str
    below: str

    @classmethod
    def read(cls, path: Path) -> "Description":
        """Read model.json.

        Raises:
            ModelLoadError: The file is absent or says too little.
        """
        try:
            described = orjson.loads(path.read_bytes())
            decision = described["decision"]
            features = tuple(Feature.from_json(feature) for feature in described["features"])
            read = cls(
                name=str(described["name"]),
                version=str(described["version"]),
                input=described.get("input", "features"),
                output=described.get("output", "probabilities"),
                features=features,
                threshold=float(decision["threshold"]),
                at_or_above=str(decision["at_or_above"]),
                below=str(decision["below"]),
            )
        except OSError as error:
            raise ModelLoadError(f"{path} must be readable: {error.strerror}") from error
        except KeyError as error:
            raise ModelLoadError(f"{path} must say {error.args[0]!r}") from error
        except (ValueError, TypeError, AttributeError) as error:
            raise ModelLoadError(f"{path} must describe a model: {error}") from error
        if not features or len({feature.name for feature in features}) != len(features):
            raise ModelLoadError(f"{path} must name one feature or more, each once")
        return read
