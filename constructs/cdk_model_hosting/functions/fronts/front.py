"""How requests reach a function."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from cdk_model_hosting.functions.fronts.authorization import Authorization
    from cdk_model_hosting.functions.fronts.bound import BoundFront
    from cdk_model_hosting.functions.fronts.cors import Cors
    from cdk_model_hosting.functions.versions import Live


class Front(ABC):
    """How requests reach a function. Made by one of its factories.

    Whichever it is, requests go to the version that is live.

    Attributes:
        longest_seconds: How long it waits for an answer, at most; as long as the function takes when None.
    """

    longest_seconds: ClassVar[int | None] = None

    @staticmethod
    def none() -> Front:
        """By `ModelFunction.grant_invoke` alone: somebody invokes it with the request as the event."""
        from cdk_model_hosting.functions.fronts.nothing import NoFront  # noqa: PLC0415 - it is a front itself

        return NoFront()

    @staticmethod
    def function_url(*, public: bool = False, cors: Cors | None = None) -> Front:
        """By an HTTPS address of its own, at most 6 MB there and back, with as much time as the function has.

        Args:
            public: Whether anybody may ask, for whom each request is paid; only those whom `ModelFunction.grant_ask` lets, who
                sign their requests, when omitted.
            cors: Which web pages may ask; none when omitted.

        Raises:
            ConfigurationError: When an argument is of the wrong kind.

        See: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
        """
        from cdk_model_hosting.functions.fronts.function_url import FunctionUrlFront  # noqa: PLC0415 - the same

        return FunctionUrlFront(public=public, cors=cors)

    @staticmethod
    def http_api(
        *,
        authorization: Authorization | None = None,
        path: str = "/",
        cors: Cors | None = None,
        rate: float | None = None,
        burst: int | None = None,
        log_days: int = 90,
    ) -> Front:
        """By an HTTP API of API Gateway: for tokens of an identity provider, limits on the rate, and names of one's own.

        It takes requests by POST on one path, at most 6 MB there and back, and waits 30 seconds for an answer, in which also a
        new environment must begin. Each request leaves a line in a log.

        Args:
            authorization: Who may ask; only those whom `ModelFunction.grant_ask` lets, who sign their requests, when omitted.
            path: Where requests go, such as ``/predict``.
            cors: Which web pages may ask; none when omitted.
            rate: Requests a second that are let through, on average; the account's limit when omitted.
            burst: Requests that are let through at once; needed with `rate`.
            log_days: Days that the log of requests is kept.

        Raises:
            ConfigurationError: When an argument is of the wrong kind or outside its range; when the function is made with it,
                when that takes longer than API Gateway waits.

        See: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api.html
        """
        from cdk_model_hosting.functions.fronts.http_api import HttpApiFront  # noqa: PLC0415 - the same

        return HttpApiFront(
            authorization=authorization, path=path, cors=cors, rate=rate, burst=burst, log_days=log_days
        )

    @staticmethod
    def queue(
        queue: sqs.IQueue | None = None,
        *,
        batch: int = 10,
        window: cdk.Duration | None = None,
        concurrency: int | None = None,
        tries: int | None = None,
    ) -> Front:
        """By an SQS queue, for requests that nobody waits for. What `predict` returns is not kept: it has to write it somewhere.

        Messages that are refused or fail come again by themselves, without the others of their batch, and go to a dead-letter
        queue in the end.

        Args:
            queue: The queue, in the function's region. Its visibility timeout must be at least six times the function's time
                and the window, which is checked where the CDK knows it. One of its own, with a dead-letter queue, when omitted.
            batch: Messages that are handed over at once, at most: 1-10, up to 10000 with a window. `FunctionCode` says with
                ``batch_size`` how many of them `predict` takes together.
            window: Time to wait for a batch to fill, at most 5 minutes; a batch is what is there when omitted.
            concurrency: Batches that are worked on at the same time, 2-1000; when omitted as many as ``Concurrency(reserved=...)``
                says, or as Lambda takes.
            tries: How often a message comes before it goes to the dead-letter queue, 1-1000. A message for which there was no
                time has come too, so a tenth of the batch when omitted, and at least 5. All of them must fit in the four days
                for which SQS keeps a message. A queue that is given has its own rule.

        Raises:
            ConfigurationError: When a number is outside its range, or does not fit the queue or the function.

        See: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
        """
        from cdk_model_hosting.functions.fronts.queue import QueueFront  # noqa: PLC0415 - the same

        return QueueFront(given=queue, batch=batch, window=window, concurrency=concurrency, tries=tries)

    @abstractmethod
    def bind(self, scope: Construct, live: Live) -> BoundFront:
        """Make it below `scope`, for the version that is live."""
