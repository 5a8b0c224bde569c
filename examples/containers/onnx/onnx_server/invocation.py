"""One invocation, from the bytes that came to the bytes that go back; knows models and media types, but not HTTP."""

from dataclasses import dataclass
from http import HTTPStatus

from .csv_records import read_csv
from .errors import RequestError
from .json_records import read_json, read_json_lines
from .matrix import to_matrix
from .media import FORMATS, Format, format_of_body, wanted_type
from .model import Model
from .predictions import Predictions

_READERS = {Format.CSV: read_csv, Format.JSON: read_json, Format.JSON_LINES: read_json_lines}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back.

    Args:
        body: The predictions.
        media_type: How they are written down.
        rows: How many they are.
    """

    body: bytes
    media_type: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What is asked, its headers already understood.

    Args:
        body_format: How the records are written down.
        answer_type: The media type to answer with.
    """

    body_format: Format
    answer_type: str

    @classmethod
    def of(cls, *, content_type: str | None, accept: str | None) -> "Invocation":
        """Read the two headers.

        Raises:
            RequestError: 415 or 406.
        """
        return cls(body_format=format_of_body(content_type), answer_type=wanted_type(accept))

    def answer(self, body: bytes, model: Model, *, max_rows: int) -> Answer:
        """Let the model predict what the body asks.

        Raises:
            RequestError: 400 for a body that the model cannot read, 413 for one of too many records.
        """
        table = _READERS[self.body_format](body, model.description.features)
        if table.rows > max_rows:
            reason = f"the body must hold at most {max_rows} records, got {table.rows}"
            raise RequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason)
        matrix = to_matrix(table, model.description.features)
        predictions = Predictions.of(model.probabilities(matrix), model.description)
        written = predictions.written(FORMATS[self.answer_type])
        return Answer(body=written, media_type=self.answer_type, rows=table.rows)
