"""What tests do that need the real server: without it they are skipped and say why, and CI must be able to run it."""

import os

import pytest

from tests.triton import installation


def needed() -> installation.Installation:
    """Return the server's program and backends, or end the test."""
    try:
        return installation.find()
    except installation.Impossible as reason:
        pytest.skip(f"NO REAL TRITON SERVER: {reason}")
    except installation.Missing as reason:
        if os.environ.get("CI"):
            pytest.fail(f"CI must run a real Triton server, and {reason}")
        pytest.skip(f"NO REAL TRITON SERVER: {reason}")
