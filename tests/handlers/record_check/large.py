"""Counts the records of a large input, and says how fast and in how much memory.

``python -m tests.handlers.record_check.large`` takes 1 GB, ``--megabytes`` another size. S3 is played by a process of its own
that makes up the objects while they are read; the check runs in another one, with the real SDK.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parents[3]
MODULE = "tests.handlers.record_check.large"
MB = 1024 * 1024
LINE = b"1699999999,17,203.75,EUR,web,0.125,0.5,7,3,1,0,0,42\n"
# As many lines as a megabyte has room for; the last one takes what is left.
BLOCK = (LINE * (MB // len(LINE)))[:-1] + b"0" * (MB % len(LINE)) + b"\n"
LINES_OF_A_BLOCK = MB // len(LINE)
ANSWER = b"0.5000\n"
LIST = (
    '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    "<Name>large</Name><Prefix>in/</Prefix><KeyCount>1</KeyCount><IsTruncated>false</IsTruncated><Contents><Key>in/a.csv</Key>"
    "<LastModified>2026-11-20T00:00:00.000Z</LastModified><Size>1</Size></Contents></ListBucketResult>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What counting took.

    Args:
        records: Records of the input.
        megabytes: Size of the input and the output.
        seconds: How long it kept a core busy: what others do on this machine counts for nothing.
        peak_mb: Largest resident set of the process.
        idle_mb: That before the first record, with the SDK loaded.
    """

    records: int
    megabytes: float
    seconds: float
    peak_mb: float
    idle_mb: float

    @property
    def megabytes_per_second(self) -> float:
        """How fast that was."""
        return self.megabytes / self.seconds

    def __str__(self) -> str:
        return (
            f"{self.records:,} records, {self.megabytes:,.0f} MB of input and output in {self.seconds:.1f} s: "
            f"{self.megabytes_per_second:,.0f} MB/s, at most {self.peak_mb:.0f} MB of memory, {self.idle_mb:.0f} MB without"
        )


def measure(megabytes: int) -> Measured:
    """Count an input of that size."""
    with _serving(megabytes) as url:
        done = subprocess.run(
            [sys.executable, "-m", MODULE, "--count", url],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env=_environment(),
        )
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def _serving(megabytes: int) -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-m", MODULE, "--serve", str(megabytes)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=_environment(),
    ) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def _environment() -> dict[str, str]:
    """Credentials that are none, and no proxy between the two processes."""
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    return {
        **kept,
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "constructs"), str(ROOT)]),
    }


def serve(megabytes: int) -> None:
    """Play S3 with one input of that size and its output, until somebody ends it."""
    answers = ANSWER * LINES_OF_A_BLOCK

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if "list-type" in self.path:
                self._answer([LIST.encode()], len(LIST))
                return
            # Made while it is sent: neither process ever holds the object.
            block = answers if self.path.startswith("/large/out/") else BLOCK
            self._answer((block for _ in range(megabytes)), megabytes * len(block))

        def _answer(self, blocks: Iterable[bytes], length: int) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(length))
            self.send_header("ETag", '"made-up"')
            self.send_header("Last-Modified", "Fri, 20 Nov 2026 00:00:00 GMT")
            self.end_headers()
            for block in blocks:
                self.wfile.write(block)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)  # noqa: T201 - the other process reads it
    server.serve_forever()


def count(url: str) -> Measured:
    """Count what is served there, as the function does."""
    import resource  # noqa: PLC0415 - not there on Windows, where the rest can be imported
    from time import process_time  # noqa: PLC0415

    from cdk_model_hosting.handlers.log import Log  # noqa: PLC0415
    from cdk_model_hosting.handlers.record_check import entry, surroundings  # noqa: PLC0415

    def peak_mb() -> float:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / MB if sys.platform == "darwin" else most / 1024

    os.environ["AWS_ENDPOINT_URL"] = url
    s3 = surroundings.client()
    event = {
        "TransformJobName": "large",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://large/in/"}},
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": "s3://large/out/", "AssembleWith": "Line"},
    }
    around = surroundings.Surroundings(s3=lambda: s3, remaining=lambda: 900.0, log=Log("record_check"))
    idle, begun = peak_mb(), process_time()
    answer = entry.handle(event, around)
    return Measured(
        records=answer["records"],
        megabytes=answer["bytes"] / MB,
        seconds=process_time() - begun,
        peak_mb=peak_mb(),
        idle_mb=idle,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--count", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is not None:
        serve(options.serve)
    elif options.count is not None:
        print(json.dumps(asdict(count(options.count))))  # noqa: T201
    else:
        print(measure(options.megabytes))  # noqa: T201


if __name__ == "__main__":
    main()
