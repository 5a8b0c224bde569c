"""Counting records, chunk by chunk."""

import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import MappingProxyType

from .failures import CheckFailed


class Counter(ABC):
    """Counts the records of one object, whose bytes it is fed in any portions."""

    @abstractmethod
    def feed(self, chunk: bytes) -> None:
        """Take the next bytes.

        Args:
            chunk: The bytes.
        """

    @abstractmethod
    def total(self) -> int:
        """The number of records, once all bytes are in.

        Raises:
            CheckFailed: When the object ends within a record.
        """


class Lines(Counter):
    """Counts the lines that have something in them. They end in LF, or in CR LF."""

    def __init__(self) -> None:
        self._count = 0
        self._is_open = False

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes.

        Args:
            chunk: The bytes.
        """
        if b"\r" in chunk:
            # A line with nothing but this in it is empty too.
            chunk = chunk.translate(None, b"\r")
        if not chunk:
            return
        while b"\n\n" in chunk:
            chunk = chunk.replace(b"\n\n", b"\n")
        starts_empty = not self._is_open and chunk.startswith(b"\n")
        self._count += chunk.count(b"\n") - starts_empty
        self._is_open = not chunk.endswith(b"\n")

    def total(self) -> int:
        """The number of lines; the last one needs no end."""
        return self._count + self._is_open


class Whole(Counter):
    """Counts an object as one record, if it has anything in it."""

    def __init__(self) -> None:
        self._is_there = False

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes.

        Args:
            chunk: The bytes.
        """
        self._is_there = self._is_there or bool(chunk)

    def total(self) -> int:
        """One, or none."""
        return int(self._is_there)


class Framed(Counter):
    """Counts records of which each has its length before it. What lies between the lengths is not looked at."""

    _name: str
    _header: struct.Struct

    def __init__(self) -> None:
        self._count = 0
        self._begun = b""
        self._skip = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes.

        Args:
            chunk: The bytes.
        """
        chunk = self._begun + chunk
        size, at = self._header.size, self._skip
        while at + size <= len(chunk):
            begins, length = self._read(*self._header.unpack_from(chunk, at))
            self._count += begins
            at += size + length
        # Either a header was begun, or what it announced goes on.
        self._begun, self._skip = chunk[at:], max(0, at - len(chunk))

    def total(self) -> int:
        """The number of records.

        Raises:
            CheckFailed: When the object ends within one.
        """
        if self._begun or self._skip:
            raise CheckFailed(f"the object ends within a record of {self._name}")
        return self._count

    @abstractmethod
    def _read(self, *fields: int) -> tuple[bool, int]:
        """Whether a record begins with this header, and how many bytes follow it."""


class TfRecords(Framed):
    """Counts records of TensorFlow: a length of eight bytes and its checksum, the data and theirs."""

    _name = "TFRecord"
    _header = struct.Struct("<QI")
    _CHECKSUM_BYTES = 4

    def _read(self, *fields: int) -> tuple[bool, int]:
        return True, fields[0] + self._CHECKSUM_BYTES


class RecordIo(Framed):
    """Counts records of MXNet: a magic number, a length with a flag for records in parts, and the data up to a full word."""

    _name = "RecordIO"
    _header = struct.Struct("<II")
    _MAGIC = 0xCED7230A
    _LENGTH_BITS = 29
    _WORD_BYTES = 4
    # What a part is: a whole record, and the first of several. The others go on with one.
    _BEGINS = frozenset({0, 1})

    def _read(self, *fields: int) -> tuple[bool, int]:
        magic, word = fields
        if magic != self._MAGIC:
            raise CheckFailed("the object is no RecordIO")
        length = word & ((1 << self._LENGTH_BITS) - 1)
        return word >> self._LENGTH_BITS in self._BEGINS, length + -length % self._WORD_BYTES


COUNTERS: Mapping[str, Callable[[], Counter]] = MappingProxyType(
    {"none": Whole, "line": Lines, "recordio": RecordIo, "tfrecord": TfRecords}
)
"""How the input of a job is counted, by how it is split."""
