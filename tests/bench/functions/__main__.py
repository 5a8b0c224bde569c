"""Measures the six ways in which a function gets its model, side by side, and writes docs/measured/functions.json.

Each function runs as its own code does in Lambda, in a new interpreter that has nothing else; the bucket and the endpoint are those
of a local AWS. What Lambda itself adds (fetching the archive or the image, networks) is not in it.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

os.environ["CDK_VALIDATION"] = "false"

RUNS = 7
WARM = 500
RESULT = Path(__file__).parents[3] / "docs/measured/functions.json"


def main() -> int:
    """Measure, print and write.

    Returns:
        The exit code.
    """
    from tests.bench.functions.endpoint import endpoint  # noqa: PLC0415 - after the environment is set
    from tests.bench.functions.subjects import subjects  # noqa: PLC0415 - the same
    from tests.local_aws.lifecycle import LocalAws  # noqa: PLC0415 - the same

    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        local = LocalAws.start(scratch / "aws")
        try:
            made = subjects(scratch, local, endpoint(local, scratch))
            runs: dict[str, list[dict[str, Any]]] = {each.name: [] for each in made}
            # By turns, so that a machine that gets slower does so for all.
            for _ in range(RUNS):
                for each in made:
                    runs[each.name].append(_run(each, scratch, local))
        finally:
            local.stop()
    figures = [_figures(each, runs[each.name]) for each in made]
    RESULT.parent.mkdir(exist_ok=True)
    told = {"python": platform.python_version(), "machine": platform.machine(), "runs": RUNS, "functions": figures}
    RESULT.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(told, indent=2))  # noqa: T201 - a command's
    return 0


def _run(subject: Any, scratch: Path, local: Any) -> dict[str, Any]:
    request = (subject.root / "sample.json").read_text(encoding="utf-8")
    program = Path(__file__).with_name("answering.py").read_text(encoding="utf-8")
    # The user's code and packages come first, then what Lambda's own Python has.
    path = [str(subject.root), str(local.scratch / "lambda-runtime")]
    with tempfile.TemporaryDirectory(dir=scratch) as tmp:
        environment = {
            **local.environment(),
            **subject.variables,
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(subject.memory_mb),
            "LAMBDA_TASK_ROOT": str(subject.root),
            "TMPDIR": tmp,
        }
        began = perf_counter()
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = {path!r}\n{program}", request, str(WARM)],
            cwd=subject.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        whole = (perf_counter() - began) * 1000
    if done.returncode:
        raise RuntimeError(f"{subject.name}: {done.stderr}")
    told: dict[str, Any] = json.loads(done.stdout)
    # An interpreter begins and ends too; the further answers are not part of a cold start.
    told["cold_ms"] = whole - sum(told["warm_ms"])
    return told


def _figures(subject: Any, runs: list[dict[str, Any]]) -> dict[str, Any]:
    from tests.bench.functions.prices import TRAFFIC, Priced  # noqa: PLC0415 - after the environment is set

    cold, start = median(each["cold_ms"] for each in runs), median(each["start_ms"] for each in runs)
    warm = sorted(taken for each in runs for taken in each["warm_ms"])
    priced = Priced(
        memory_mb=subject.memory_mb,
        cold_ms=cold,
        warm_ms=median(warm),
        image_mb=subject.sizes.archive_mb if subject.image else 0.0,
        file_system_mb=subject.model_mb if subject.file_system else 0.0,
        from_bucket=subject.from_bucket,
        instances=subject.instances,
    )
    return {
        "name": subject.name,
        "cold_ms": round(cold),
        "start_ms": round(start),
        "warm_p50_ms": round(median(warm), 3),
        "warm_p99_ms": round(warm[int(len(warm) * 0.99)], 3),
        "archive_mb": round(subject.sizes.archive_mb, 1),
        "unzipped_mb": round(subject.sizes.unzipped_mb, 1),
        "model_mb": round(subject.model_mb, 2),
        "memory_mb": subject.memory_mb,
        "usd_a_million": {str(each): round(priced.a_million(each), 2) for each in TRAFFIC},
    }


if __name__ == "__main__":
    sys.exit(main())
