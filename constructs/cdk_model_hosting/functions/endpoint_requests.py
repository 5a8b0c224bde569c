"""What a function asks of the endpoint behind it, and how long it waits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cdk_model_hosting.arguments import require_several
from cdk_model_hosting.durations import literal, seconds
from cdk_model_hosting.limits import ENDPOINT_ANSWER_SECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aws_cdk as cdk

LONGEST_ANSWER_SECONDS = int(ENDPOINT_ANSWER_SECONDS.high or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRequests:
    """What a function asks of the endpoint behind it, and how long it waits.

    Args:
        models: Target models of a multi-model endpoint that it may ask for, such as ``eu-*``, where ``*`` stands for any text;
            all of them when omitted.
        containers: Host names of the containers of a multi-container endpoint that it may ask; all of them when omitted.
        answer_within: Time that the endpoint has for one request, 1-60 seconds; 60 when omitted.

    Raises:
        ConfigurationError: When the time is outside its range, or the others are no lists of texts.

    See: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
    """

    models: Sequence[str] | None = None
    containers: Sequence[str] | None = None
    answer_within: cdk.Duration | None = field(default=None, compare=False, repr=False)
    answer_seconds: int = field(init=False)

    def __post_init__(self) -> None:
        for name, values in (("models", self.models), ("containers", self.containers)):
            if values is not None:
                require_several(f"EndpointRequests {name}", values, str)
        given = seconds("EndpointRequests answer_within", self.answer_within)
        if given is not None:
            given = int(literal("EndpointRequests answer_within", given))
        ENDPOINT_ANSWER_SECONDS.check("EndpointRequests answer_within", given)
        object.__setattr__(self, "answer_seconds", LONGEST_ANSWER_SECONDS if given is None else given)
