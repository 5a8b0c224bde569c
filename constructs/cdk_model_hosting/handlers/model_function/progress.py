"""What has come of a download, so that the next one goes on from there."""

from pathlib import Path


class Progress:
    """The parts of an object that its file has.

    Lambda ends an environment that takes too long to begin, and begins it anew on the same disk. A part is noted when all of it is
    written, so that whatever broke off leaves no part that only looks like one.

    Args:
        file: Where the object is written to. It is emptied if it has parts of another one.
        kind: What tells the object from others.

    Attributes:
        done: Where the parts begin that were there before.

    See: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    """

    def __init__(self, file: Path, kind: str) -> None:
        self._notes = notes_of(file)
        self.done: frozenset[int] = self._read(kind) if file.exists() else frozenset()
        if not self.done:
            self._notes.write_text(f"{kind}\n")
            file.write_bytes(b"")

    def note(self, start: int) -> None:
        """Note that a part is there.

        Args:
            start: Where it begins.
        """
        with self._notes.open("a") as notes:
            notes.write(f"{start}\n")

    def _read(self, kind: str) -> frozenset[int]:
        if not self._notes.exists():
            return frozenset()
        # What ends without a new line was not written to its end.
        noted, *starts = self._notes.read_text().split("\n")[:-1] or [""]
        return frozenset(map(int, starts)) if noted == kind else frozenset()


def notes_of(file: Path) -> Path:
    """Where it is noted which parts a file has.

    Args:
        file: The file.
    """
    return file.with_suffix(".parts")
