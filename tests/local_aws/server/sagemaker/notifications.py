"""What an asynchronous endpoint says to its topics.

The messages have the form of the developer guide's page on checking predictions; what the guide leaves out, such as the
members of a failure, is as public code reads it.
"""

import base64
import json
from datetime import UTC, datetime

from tests.local_aws.server.sagemaker import cloud
from tests.local_aws.server.sagemaker.inferences import Inference, Outcome
from tests.local_aws.server.sagemaker.state import Document, EndpointConfig

_MOST_BYTES_INCLUDED = 128 * 1024
_EVENT: Document = {"eventVersion": "1.0", "eventSource": "aws:sagemaker"}


def settings(config: EndpointConfig) -> Document:
    """Return the notification settings of a configuration."""
    output = config.request.get("AsyncInferenceConfig", {}).get("OutputConfig", {})
    found: Document = output.get("NotificationConfig", {})
    return found


def send_test(config: EndpointConfig) -> str:
    """Send the test notification to the topics of a configuration; return what is wrong with them, or nothing."""
    message = json.dumps({**_EVENT, "eventName": "TestNotification"})
    wanted = settings(config)
    for topic in [wanted[key] for key in ("SuccessTopic", "ErrorTopic") if wanted.get(key)]:
        if not cloud.publish_message(topic, message):
            return f'The execution role must have "sns:Publish" permissions for topic "{topic}", which must exist.'
    return ""


def tell(config: EndpointConfig, inference: Inference, outcome: Outcome) -> bool:
    """Tell the topic of a configuration how an inference ended; return whether there is none or it got the message."""
    wanted = settings(config)
    failed = bool(outcome.failure)
    topic = wanted.get("ErrorTopic" if failed else "SuccessTopic")
    if not topic:
        return True
    kind = "ERROR_NOTIFICATION_TOPIC" if failed else "SUCCESS_NOTIFICATION_TOPIC"
    included = kind in wanted.get("IncludeInferenceResponseIn", ()) and len(outcome.body) <= _MOST_BYTES_INCLUDED
    message: Document = {
        "awsRegion": cloud.region(),
        "eventTime": _moment(outcome.ended),
        "receivedTime": _moment(inference.received),
        "invocationStatus": "Failed" if failed else "Completed",
        **({"failureReason": outcome.failure} if failed else {}),
        "requestParameters": _request(inference),
        **({} if failed else {"responseParameters": _response(inference, outcome)}),
        **({"responseBody": _body(outcome)} if included else {}),
        "inferenceId": inference.id,
        **_EVENT,
        "eventName": "InferenceResult",
    }
    return cloud.publish_message(topic, json.dumps(message))


def _request(inference: Inference) -> Document:
    given: Document = {
        "accept": inference.accept,
        "contentType": inference.content_type,
        "customAttributes": inference.custom_attributes,
        "inputLocation": inference.input_location,
    }
    return {"endpointName": inference.endpoint_name, **{key: value for key, value in given.items() if value}}


def _response(inference: Inference, outcome: Outcome) -> Document:
    written = {"outputLocation": str(inference.output)} if inference.output is not None else {}
    return {"contentType": outcome.content_type, **written}


def _body(outcome: Outcome) -> Document:
    if outcome.failure:
        return {"content": outcome.body.decode(errors="replace")}
    return {"content": base64.b64encode(outcome.body).decode(), "encoding": "BASE64"}


def _moment(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, tz=UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
