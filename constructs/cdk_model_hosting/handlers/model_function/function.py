"""The function: a model that is loaded, and the events that it answers."""

from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

from . import http_events, loaders, queue_events, snapshots
from .account import Account
from .answers import OK, answer, answer_caller, answer_http
from .batches import answer_batch
from .bucket import BucketModel
from .contract import Metric, Variable
from .endpoint_model import EndpointModel
from .failures import RequestRefused, StartError
from .journal import Journal
from .local import LocalModel
from .payloads import parsed
from .predictor import Predictor
from .references import resolve
from .settings import Settings

if TYPE_CHECKING:
    from .endpoint import Endpoint

_BAD_REQUEST = 400
_MILLI = 1000


class ModelFunction:
    """A model that is loaded, and what calls it.

    Args:
        predictor: The user's function with its model.
        journal: Where to write.
        endpoint: The endpoint that is its model, if it is one.
    """

    def __init__(self, predictor: Predictor, journal: Journal, endpoint: "Endpoint | None" = None) -> None:
        self._predictor = predictor
        self._journal = journal
        self._endpoint = endpoint

    @classmethod
    def start(cls, environment: Mapping[str, str], journal: Journal | None = None) -> Self:
        """Get the model and load it.

        Args:
            environment: The environment variables.
            journal: Where to write; to the standard output when omitted.

        Raises:
            StartError: When the settings are wrong, or the model is not there, not the right one, or broken.
        """
        journal = Journal(environment) if journal is None else journal
        try:
            snapshots.register(environment, journal.restored)
            settings = Settings.of(environment)
            if isinstance(settings.model, EndpointModel):
                predictor, endpoint = _in_front(settings, settings.model, journal)
                return cls(predictor, journal, endpoint)
            return cls(_predictor(settings, settings.model, journal), journal)
        except Exception as error:
            journal.write("the function cannot start", error=error, reason=str(error))
            raise

    def handle(self, event: Any, context: Any) -> Any:
        """Answer an event.

        Args:
            event: Any that Lambda may bring.
            context: Lambda's.

        Returns:
            What the event's source takes as an answer.

        Raises:
            RequestRefused: When the user's function has refused what somebody sent who invoked the function directly.
            EndpointFailed: When it is in front of an endpoint that has not answered.
            PredictionFailed: When it failed at that in another way.
        """
        fields = event if isinstance(event, Mapping) else {}
        http, service = http_events.source_of(fields), queue_events.source_of(fields)
        is_cold = self._journal.cold_start()
        if http is not None and http_events.is_health_check(fields):
            return http_events.response(fields, OK, "{}")
        account = Account(request_id=context.aws_request_id, source=http or service or "direct", is_cold=is_cold)
        if self._endpoint is not None:
            self._endpoint.begin(account, context.get_remaining_time_in_millis() / _MILLI)
        try:
            if http is not None:
                return answer_http(fields, self._predictor, account)
            if service is None:
                return answer_caller(event, self._predictor, account)
            return self._answer_records(service, fields, account, context)
        finally:
            self._journal.write(
                account.message, level=account.level, metrics=account.metrics, error=account.error, **account.details
            )

    def _answer_records(self, service: str, event: Mapping[str, Any], account: Account, context: Any) -> dict[str, Any]:
        try:
            queue_events.check_source(service)
            return answer_batch(
                event, self._predictor, account, remaining=lambda: context.get_remaining_time_in_millis() / _MILLI
            )
        except RequestRefused as error:
            account.count(error)
            raise


def _in_front(settings: Settings, model: EndpointModel, journal: Journal) -> "tuple[Predictor, Endpoint]":
    """A function in front of an endpoint, which is not asked for that unless there is a sample."""
    function = resolve(settings.entry, Variable.ENTRY)
    started = perf_counter()
    endpoint = model.connect()
    connected = perf_counter()
    predictor = Predictor(function, endpoint, batch_size=settings.batch_size)
    if settings.sample is not None:
        _try(predictor, settings.sample)
    journal.write(
        "the endpoint can be asked",
        endpoint=str(model),
        connectMs=round((connected - started) * _MILLI, 3),
        sampleMs=round((perf_counter() - connected) * _MILLI, 3),
    )
    return predictor, endpoint


def _predictor(settings: Settings, files: LocalModel | BucketModel, journal: Journal) -> Predictor:
    # What takes no time comes first, so that a mistake shows before a large model is downloaded.
    function = resolve(settings.entry, Variable.ENTRY)
    loader = loaders.find(settings.loader)
    started = perf_counter()
    path = files.fetch()
    fetched = perf_counter()
    model = loaders.load(loader, settings.loader, path)
    loaded = perf_counter()
    predictor = Predictor(function, model, batch_size=settings.batch_size)
    if settings.sample is not None:
        _try(predictor, settings.sample)
    journal.write(
        "the model is loaded",
        metrics={Metric.MODEL_LOAD_TIME: (loaded - started) * _MILLI},
        model=str(files),
        fetchMs=round((fetched - started) * _MILLI, 3),
        sampleMs=round((perf_counter() - loaded) * _MILLI, 3),
    )
    return predictor


def _try(predictor: Predictor, path: Path) -> None:
    """Predict once, which shows whether model and function fit together, and makes the first request as fast as the others."""
    try:
        answer(
            lambda: parsed(path.read_bytes()), predictor, Account(request_id="sample", source="sample", is_cold=True)
        )
    except Exception as error:
        raise StartError(
            f"{Variable.SAMPLE} must be a JSON file with a request that is answered, got {path}: {type(error).__name__}: {error}"
        ) from error
