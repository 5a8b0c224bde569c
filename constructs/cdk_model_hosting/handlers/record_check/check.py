"""The check of one job: each of its inputs against its output."""

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from .failures import CheckFailed, CheckTookTooLong, RecordsMissing
from .inputs import Pair, pairs
from .job import Job, Place
from .reading import Object, unpacked
from .records import COUNTERS, Counter, Lines, Whole
from .surroundings import OBJECTS_AT_ONCE, Surroundings

# What is left of the invocation when it gives up and tells so itself.
_MARGIN_SECONDS = 30.0
_MOST_TOLD = 10


@dataclass(frozen=True, slots=True)
class Count:
    """What is in an object.

    Args:
        place: Where it lies.
        records: How many records it has.
        size: How many bytes were read of it.
    """

    place: Place
    records: int
    size: int


@dataclass
class Totals:
    """What was counted so far.

    Args:
        files: Inputs.
        records: Records in them.
        size: Bytes of the inputs and of the outputs.
        left_out: Inputs that are newer than the job.
        wrong: Inputs with another number of records than their outputs.
        told: What is wrong with the first of them.
    """

    files: int = 0
    records: int = 0
    size: int = 0
    left_out: int = 0
    wrong: int = 0
    told: list[str] = field(default_factory=list)


class Check:
    """Counts the records of a job.

    Args:
        job: The job.
        surroundings: The world.
    """

    def __init__(self, job: Job, surroundings: Surroundings) -> None:
        self._job = job
        self._surroundings = surroundings
        self._s3 = surroundings.s3()
        self._totals = Totals()
        self._over = threading.Event()

    def run(self) -> dict[str, Any]:
        """Count everything.

        Returns:
            The answer of the function.

        Raises:
            RecordsMissing: When an output does not have as many records as its input.
            CheckTookTooLong: When the time of the function ends before.
            CheckFailed: When something cannot be counted.
        """
        with ThreadPoolExecutor(max_workers=OBJECTS_AT_ONCE) as pool:
            try:
                for pair, given, made in self._counted(pool):
                    self._compare(pair, given.result(), made.result())
            finally:
                self._over.set()
                pool.shutdown(wait=False, cancel_futures=True)
        totals = self._totals
        if totals.wrong:
            raise RecordsMissing(self._complaint())
        return {
            "job": self._job.name,
            "files": totals.files,
            "records": totals.records,
            "bytes": totals.size,
            "left_out": totals.left_out,
        }

    def _counted(self, pool: ThreadPoolExecutor) -> "Iterator[tuple[Pair, Future[Count | None], Future[Count | None]]]":
        """Each pair with both of its counts, of which only so many are under way that memory does not grow with the input."""
        under_way: deque[tuple[Pair, Future[Count | None], Future[Count | None]]] = deque()
        for pair in pairs(self._job, self._s3):
            self._look_at_the_time()
            under_way.append((pair, pool.submit(self._given, pair), pool.submit(self._made, pair)))
            if len(under_way) > OBJECTS_AT_ONCE:
                yield under_way.popleft()
        yield from under_way

    def _given(self, pair: Pair) -> Count | None:
        """Count an input, unless the job cannot have seen it as it is."""
        found = Object.open(self._s3, pair.source)
        if found is None:
            raise CheckFailed(f"the input {pair.source} is not there any more")
        if self._job.created is not None and found.written > self._job.created:
            found.close()
            return None
        unpack = self._job.is_gzip and self._job.split != "none"
        return self._count(pair.source, found, COUNTERS[self._job.split](), unpack=unpack)

    def _made(self, pair: Pair) -> Count | None:
        """Count an output, if the job has written it."""
        for place in pair.targets:
            found = Object.open(self._s3, place)
            if found is None:
                continue
            # S3 tells this time in whole seconds.
            if self._job.created is None or found.written >= self._job.created.replace(microsecond=0):
                return self._count(place, found, Whole() if self._job.split == "none" else Lines(), unpack=False)
            found.close()
        return None

    def _count(self, place: Place, found: Object, counter: Counter, *, unpack: bool) -> Count:
        size = 0

        def measured() -> Iterator[bytes]:
            nonlocal size
            for chunk in found.chunks():
                self._look_at_the_time()
                size += len(chunk)
                yield chunk
                if isinstance(counter, Whole):
                    return

        try:
            for chunk in unpacked(measured()) if unpack else measured():
                counter.feed(chunk)
            return Count(place, counter.total(), size)
        except CheckFailed as error:
            raise CheckFailed(f"{place} cannot be counted: {error}") from error
        finally:
            found.close()

    def _look_at_the_time(self) -> None:
        if self._over.is_set() or self._surroundings.remaining() < _MARGIN_SECONDS:
            totals = self._totals
            raise CheckTookTooLong(
                f"the records of the transform job {self._job.name} could not be counted in the time of the function, which "
                f"got through {totals.files} of the input's files and {totals.size} bytes of input and output: split the "
                "input over several jobs, or do not check records"
            )

    def _compare(self, pair: Pair, given: Count | None, made: Count | None) -> None:
        totals, log = self._totals, self._surroundings.log
        if given is None:
            totals.left_out += 1
            log.happened("newer than the job", input=str(pair.source))
            return
        records = 0 if made is None else made.records
        totals.files += 1
        totals.records += given.records
        totals.size += given.size + (0 if made is None else made.size)
        log.happened("counted", input=str(given.place), records=given.records, output_records=records)
        if records == given.records:
            return
        totals.wrong += 1
        if len(totals.told) < _MOST_TOLD:
            answered = f"{made.place} has {records}" if made else f"there is no {pair.targets[0]} of this job"
            totals.told.append(f"{given.place} has {given.records}, and {answered}")

    def _complaint(self) -> str:
        totals = self._totals
        more = f"; and {totals.wrong - len(totals.told)} others" if totals.wrong > len(totals.told) else ""
        hint = ""
        if self._job.is_csv and self._job.split == "line":
            hint = ". A cell of CSV with an end of line in it is split there"
        return (
            f"{totals.wrong} of {totals.files} outputs of the transform job {self._job.name} do not have as many records as "
            f"their inputs: {'; '.join(totals.told)}{more}{hint}"
        )
