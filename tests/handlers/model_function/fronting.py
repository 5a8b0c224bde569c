"""Functions in front of an endpoint, and what is asked of them."""

import json
from typing import Any

from cdk_model_hosting.handlers.model_function.contract import Delivery, Variable
from cdk_model_hosting.handlers.model_function.function import ModelFunction
from tests.handlers.model_function import events
from tests.handlers.model_function.endpoint_server import Reply
from tests.handlers.model_function.stage import Context, Stage

ASKING = """
    def predict(endpoint, request):
        answer = endpoint.invoke({"value": request["amount"]})
        return {"given": answer.json(), "variant": answer.variant}
"""
FINE = Reply(
    body=b'{"score": 0.5}',
    headers={"Content-Type": "application/json", "x-Amzn-Invoked-Production-Variant": "AllTraffic"},
)


class Front:
    """Functions in front of the endpoint."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def start(self, code: str = ASKING, **changed: str) -> ModelFunction:
        name = self.stage.module(code)
        given = {"ENTRY": f"{name}:predict", "DELIVERY": Delivery.ENDPOINT, "ENDPOINT": "fraud", **changed}
        ours = {str(Variable[variable]): value for variable, value in given.items()}
        return self.stage.start_with({**self.stage.environment, **ours})

    def http(self, function: ModelFunction, *, seconds: float = 60) -> tuple[int, dict[str, Any], dict[str, str]]:
        """The status, the body and the headers of the answer to a request."""
        answer = function.handle(events.http_api(), Context([seconds]))
        return answer["statusCode"], json.loads(answer["body"]), answer["headers"]
