"""What the tests of the runtime plane share beside the local AWS of the whole folder."""

import pytest

from tests.local_aws.runtime.hosting import Hosting


@pytest.fixture(scope="module")
def endpoint(hosting: Hosting) -> str:
    """Give a test module an endpoint of its own, which no test changes."""
    return hosting.endpoint({"ModelName": hosting.model("1", FLAVOUR="sour")})
