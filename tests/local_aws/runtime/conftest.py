"""The local AWS of the whole folder, with the echo image in its registry."""

import pytest

from tests.local_aws.lifecycle import LocalAws
from tests.local_aws.runtime.hosting import Hosting


@pytest.fixture(scope="session")
def hosting(local_aws: LocalAws) -> Hosting:
    """Prepare a local AWS for endpoints that echo."""
    prepared = Hosting(local_aws)
    prepared.prepare()
    return prepared


@pytest.fixture(scope="module")
def endpoint(hosting: Hosting) -> str:
    """Give a test module an endpoint of its own, which no test changes."""
    return hosting.endpoint({"ModelName": hosting.model("1", FLAVOUR="sour")})
