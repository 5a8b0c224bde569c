"""What the tests of the runtime plane share beside the local AWS of the whole folder."""

import functools
import json
from collections.abc import Callable, Iterator

import pytest

from tests.local_aws.runtime.hosting import Hosting


@pytest.fixture(scope="module")
def endpoint(hosting: Hosting) -> str:
    """Give a test module an endpoint of its own, which no test changes."""
    return hosting.endpoint({"ModelName": hosting.model("1", FLAVOUR="sour")})


@pytest.fixture
def impatient(hosting: Hosting) -> Iterator[Callable[[], None]]:
    """Return what ends the patience with containers that are not well yet, until the test is over."""

    def patience(seconds: float | None) -> None:
        hosting.local._ask("PUT", "/_local_aws/patience", json.dumps(seconds).encode())

    yield functools.partial(patience, 0.1)
    patience(None)
