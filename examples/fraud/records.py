"""Real records to ask the fraud model about, with the truth that it should find."""

import csv
import io
from dataclasses import dataclass

import numpy as np

from examples.fraud.features import FEATURE_NAMES
from examples.fraud.transactions import Population, generate

# Separates these draws from the training and held-out ones, whatever their seeds.
_STREAM = 3
_AT_LEAST_DRAWN = 2_000
_DRAWN_PER_RECORD = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Records in every form that the server reads.

    Args:
        records: One JSON-able object a transaction.
        labels: True where the transaction is fraudulent, in the same order.
    """

    records: list[dict[str, float | int | bool | str]]
    labels: list[bool]

    @property
    def csv_header(self) -> str:
        """The header row that a CSV body may start with."""
        return ",".join(FEATURE_NAMES)

    @property
    def csv_rows(self) -> list[str]:
        """One CSV row a transaction, values in the model's feature order."""
        rows = []
        for record in self.records:
            line = io.StringIO()
            csv.writer(line, lineterminator="").writerow(_cell(record[name]) for name in FEATURE_NAMES)
            rows.append(line.getvalue())
        return rows


def sample_records(
    count: int,
    seed: int = 0,
    *,
    fraud_share: float = 0.3,
    population: Population | None = None,
) -> Sample:
    """Draw `count` transactions that no model was trained on.

    Args:
        count: How many records.
        seed: The same seed gives the same records.
        fraud_share: Share of fraudulent ones among them. At the true rate of 1 to 2 percent a short list would show none,
            so the default is far above it: these are records to look at, not a test set.
        population: Whose transactions; the default population when omitted.
    """
    drawn = generate(max(_AT_LEAST_DRAWN, count * _DRAWN_PER_RECORD), seed=(seed, _STREAM), population=population)
    frauds = round(count * fraud_share)
    chosen = np.concatenate([np.flatnonzero(drawn.labels)[:frauds], np.flatnonzero(~drawn.labels)[: count - frauds]])
    if len(chosen) < count:
        found = int(drawn.labels.sum())
        raise ValueError(f"fraud_share must leave at most {found} fraudulent records, got {frauds}: no more were drawn")
    order = np.random.default_rng((seed, _STREAM)).permutation(chosen).tolist()
    return Sample(records=drawn.records(order), labels=drawn.labels[order].tolist())


def _cell(value: float | bool | str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
