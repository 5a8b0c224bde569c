"""Which part of a record the model sees, and what is written beside its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require
from cdk_model_hosting.batch.source import LINE, NOT
from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.limits import TRANSFORM_FILTER, TRANSFORM_JOINED_FORMAT
from cdk_model_hosting.tokens import is_token

if TYPE_CHECKING:
    from cdk_model_hosting.batch.destination import TransformDestination
    from cdk_model_hosting.batch.source import TransformSource

_CSV = "text/csv"
_NAMES = ("'", ".")


@dataclass(frozen=True, slots=True, kw_only=True)
class Processing:
    """Filters of records and answers, and records joined with their answers, in CSV, JSON or JSON Lines.

    Columns of CSV are chosen by their numbers: ``$[1:]`` is every one but the first, ``$[0,-1]`` the first and the last.
    Attributes of JSON are chosen by their names: ``$.features``, ``$['id','SageMakerOutput']``.

    Args:
        input_filter: JSONPath of what the model gets of a record, at most 63 characters; all of it when omitted.
        join: Whether records are joined with their answers: columns are appended to those of CSV, and JSON gets the
            attribute ``SageMakerOutput``.
        output_filter: JSONPath of what is written of an answer, or of a record joined with it, at most 63 characters;
            all of it when omitted.

    Raises:
        ConfigurationError: When a filter is outside what the service accepts.

    See: https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html
    """

    input_filter: str | None = None
    join: bool = False
    output_filter: str | None = None

    def __post_init__(self) -> None:
        require("Processing join", self.join, bool)
        TRANSFORM_FILTER.check("Processing input_filter", self.input_filter)
        TRANSFORM_FILTER.check("Processing output_filter", self.output_filter)
        if not self.join and self.input_filter is None and self.output_filter is None:
            raise ConfigurationError(
                "Processing must have a filter or join, got none of them: omit it to write the answers as they are"
            )

    def check(self, source: TransformSource, destination: TransformDestination, assembly: str) -> None:
        """Refuse records and answers that SageMaker cannot look into, or not match with each other.

        Args:
            source: What is read.
            destination: Where the answers go.
            assembly: How they are put together.

        Raises:
            ConfigurationError: When content types or line ends do not go together.
        """
        content, accept = source.content_type, destination.accept
        for what, kind in ((f"{source.what} content_type", content), ("TransformDestination accept", accept)):
            if kind is None:
                raise ConfigurationError(
                    f"{what} must be given with Processing, got none: SageMaker looks into CSV and JSON alone"
                )
            if not is_token(kind):
                TRANSFORM_JOINED_FORMAT.check(what, _media_type(kind), why="Processing looks into no other format")
        if content is None or accept is None or is_token(content) or is_token(accept):
            return
        split = NOT if source.split is None else source.split
        self._check_join(content, accept, split, assembly)
        if _media_type(content) == _CSV:
            self._check_csv(source.what, split, assembly)

    def _check_join(self, content: str, accept: str, split: str, assembly: str) -> None:
        if not self.join:
            return
        if _media_type(content) != _media_type(accept):
            raise ConfigurationError(
                f"TransformDestination accept must be the source's content_type with Processing join, got {accept!r} and "
                f"{content!r}: a record and its answer become one"
            )
        if not is_token(split) and not is_token(assembly) and split != assembly:
            raise ConfigurationError(
                f"TransformDestination assemble must be the source's split with Processing join, got {assembly!r} and "
                f"{split!r}: each record is written with its answer"
            )

    def _check_csv(self, what: str, split: str, assembly: str) -> None:
        for name, value in ((f"{what} split", split), ("TransformDestination assemble", assembly)):
            if not is_token(value) and value != LINE:
                raise ConfigurationError(
                    f"{name} must be Line for text/csv with Processing, got {value!r}: SageMaker reads CSV line by line"
                )
        for name, path in (("input_filter", self.input_filter), ("output_filter", self.output_filter)):
            if path is not None and not is_token(path) and any(each in path for each in _NAMES):
                raise ConfigurationError(
                    f"Processing {name} must choose columns by numbers such as $[1:] for text/csv, got {path!r}: SageMaker "
                    "takes each line for a list"
                )


def _media_type(content_type: str) -> str:
    """A content type without its parameters."""
    return content_type.partition(";")[0].strip().lower()
