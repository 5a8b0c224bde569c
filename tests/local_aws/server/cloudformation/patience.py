"""DescribeStacks answers the CDK CLI when a stack operation is over, or after a few seconds.

The CLI looks every five seconds, and an operation here takes a fraction of one: without this, most of a test's time would be
the CLI asleep. What is answered stays the same, and everybody else gets it at once.
"""

import asyncio
import time
from urllib.parse import parse_qs

from ministack.services import cloudformation

CLI = "aws-cdk/"
"""What the CDK CLI calls itself, among other things, in its requests."""

LONGEST_WAIT_SECONDS = 4.0
POLL_SECONDS = 0.02


def install() -> None:
    """Put the wait in front of ministack's CloudFormation."""
    answer = cloudformation.handle_request

    async def patient(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, list[str]]
    ) -> tuple[int, dict[str, str], bytes]:
        request = parse_qs(body.decode("utf-8", errors="replace")) if method == "POST" else {}
        by_cli = CLI in headers.get("user-agent", "")
        if by_cli and request.get("Action") == ["DescribeStacks"] and "StackName" in request:
            await _until_settled(request["StackName"][0])
        answered: tuple[int, dict[str, str], bytes] = await answer(method, path, headers, body, query_params)
        return answered

    cloudformation.handle_request = patient


async def _until_settled(name_or_id: str) -> None:
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    # ministack signals no change of a stack's status that one could wait for.
    while _in_progress(name_or_id) and time.monotonic() < deadline:  # noqa: ASYNC110 -- see above
        await asyncio.sleep(POLL_SECONDS)


def _in_progress(name_or_id: str) -> bool:
    return any(
        name_or_id in {stack.get("StackName"), stack.get("StackId")}
        and str(stack.get("StackStatus", "")).endswith("_IN_PROGRESS")
        # A change set that waits to be executed leaves its new stack in REVIEW_IN_PROGRESS for as long as it likes.
        and stack["StackStatus"] != "REVIEW_IN_PROGRESS"
        for stack in cloudformation._stacks.values()
    )
