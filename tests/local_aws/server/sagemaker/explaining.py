"""Online explainability: SageMaker Clarify is not played, and an endpoint that would explain says so.

An answer without its explanations would look like the endpoint's and not be it.
"""

from collections.abc import Mapping

from tests.local_aws.server.sagemaker.containers import silence
from tests.local_aws.server.sagemaker.forwarding import PREFIX
from tests.local_aws.server.sagemaker.invocation_errors import ModelError
from tests.local_aws.server.sagemaker.state import Endpoint, EndpointConfig

ENABLE = f"{PREFIX}enable-explanations"
_NEVER = "`false`"


def check(endpoint: Endpoint, config: EndpointConfig, headers: Mapping[str, str]) -> None:
    """Refuse a request whose answer would be explained.

    Args:
        endpoint: The endpoint.
        config: The configuration of the fleet that is to answer.
        headers: The headers of the request, in lower case.

    Raises:
        ModelError: It would be.
    """
    settings = config.request.get("ExplainerConfig", {}).get("ClarifyExplainerConfig")
    if settings is None or headers.get(ENABLE, settings.get("EnableExplanations")) == _NEVER:
        return
    why = f"SageMaker Clarify is not played by the local AWS: EnableExplanations {_NEVER} gets the plain answer"
    raise ModelError(endpoint.name, silence(why))
