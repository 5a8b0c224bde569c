"""Events that nobody waits for, on the local AWS: what fails is tried no more often than was said, and goes where it should."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_cdk import CfnOutput
from aws_cdk import aws_sqs as sqs

from cdk_model_hosting import FunctionCode, ModelDelivery, ModelFunction
from cdk_model_hosting.functions.on_failure import OnFailure
from tests.local_aws.function_packages import ARCHITECTURE, PYTHON
from tests.local_aws.runtime.reading import eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import aws_cdk as cdk

    from tests.local_aws.cdk import Cdk

    Assemble = Callable[[str, Callable[[cdk.Stack], None]], Cdk]

CODE = """
def load(folder):
    return (folder / "limit").read_text()


def predict(model, request):
    if request["amount"] > int(model):
        raise OverflowError("too much")
    return {"amount": request["amount"]}
"""


def test_what_fails_goes_to_the_queue(player: Any, assemble: Assemble, tmp_path: Path) -> None:
    code, model = tmp_path / "code", tmp_path / "model"
    for folder, name, text in ((code, "predictor.py", CODE), (model, "limit", "10")):
        folder.mkdir()
        (folder / name).write_text(text)

    def build(stack: cdk.Stack) -> None:
        failed = sqs.Queue(stack, "Failed")
        made = ModelFunction(
            stack,
            "Function",
            code=FunctionCode.from_folder(code, loader="predictor:load", python=PYTHON),
            delivery=ModelDelivery.bundled(model),
            architecture=ARCHITECTURE,
            on_failure=OnFailure.queue(failed, retries=0),
        )
        CfnOutput(stack, "Arn", value=made.alias_arn)
        CfnOutput(stack, "Queue", value=failed.queue_url)

    outputs = assemble("FailedEvents", build).deploy("FailedEvents")["FailedEvents"]
    lambda_, queue = player.local.client("lambda"), player.local.client("sqs")
    for amount in (1, 11):
        event = json.dumps({"amount": amount}).encode()
        lambda_.invoke(FunctionName=outputs["Arn"], InvocationType="Event", Payload=event)

    received = eventually(
        lambda: queue.receive_message(QueueUrl=outputs["Queue"], WaitTimeSeconds=1, MaxNumberOfMessages=10),
        lambda answer: "Messages" in answer,
    )
    (message,) = received["Messages"]
    told = json.loads(message["Body"])
    assert told["requestPayload"] == {"amount": 11}
    assert told["requestContext"]["approximateInvokeCount"] == 1
