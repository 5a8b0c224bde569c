"""What the environment variables say."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .bucket import BucketModel
from .contract import DEFAULT_LOADER, LONGEST_READ_SECONDS, MOST_TOGETHER, Delivery, Variable
from .endpoint_model import EndpointModel
from .failures import StartError
from .local import LocalModel

_PREFIX = "MODEL_FUNCTION_"
_OF_A_BUCKET = (Variable.BUCKET, Variable.KEY, Variable.VERSION_ID, Variable.ETAG)
_OF_AN_ENDPOINT = (
    Variable.ENDPOINT,
    Variable.COMPONENT,
    Variable.REGION,
    Variable.READ_SECONDS,
    Variable.UPLOADS,
)
_OF_FILES = (Variable.PATH, Variable.SHA256, Variable.LOADER)
_CHECKS = (Variable.VERSION_ID, Variable.ETAG, Variable.SHA256)
_REFERENCE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
_LOADER = re.compile(rf"[\w.-]+|{_REFERENCE.pattern}")
_UPLOADS = re.compile(r"s3://[^/]+/(.+/)?")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the function is to work; `contract.Variable` says which variable is which.

    Args:
        entry: The user's function.
        loader: What makes a model of its files.
        model: Where the model is, and how to get it.
        batch_size: How many requests the user's function takes at once; None when it takes a single one.
        sample: Path of a request to begin with.
    """

    entry: str
    loader: str = DEFAULT_LOADER
    model: LocalModel | BucketModel | EndpointModel
    batch_size: int | None = None
    sample: Path | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Args:
            environment: The environment variables.

        Raises:
            StartError: When a variable is missing, superfluous, or not what it must be.
        """
        given = _Given(environment)
        entry = given.needed(Variable.ENTRY, "it names the function that predicts, such as predictor:predict")
        if not _REFERENCE.fullmatch(entry):
            raise StartError(f"{Variable.ENTRY} must be module:function, got {entry!r}")
        loader = given.get(Variable.LOADER) or DEFAULT_LOADER
        if not _LOADER.fullmatch(loader):
            raise StartError(f"{Variable.LOADER} must be the name of a loader or module:function, got {loader!r}")
        # Lambda begins a function where its code is, and says so too.
        root = Path(environment.get("LAMBDA_TASK_ROOT", "."))
        sample = given.get(Variable.SAMPLE)
        return cls(
            entry=entry,
            loader=loader,
            model=_model(given, root),
            batch_size=_batch_size(given),
            sample=None if sample is None else root / sample,
        )


class _Given:
    """The variables that are ours and not blank."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        ours = {name: value.strip() for name, value in environment.items() if name.startswith(_PREFIX)}
        known = frozenset(Variable)
        for name in ours:
            if name not in known:
                raise StartError(f"{name} must not be set: the function knows {', '.join(Variable)}")
        self._values = {name: value for name, value in ours.items() if value}

    def get(self, variable: Variable) -> str | None:
        return self._values.get(variable)

    def needed(self, variable: Variable, why: str) -> str:
        value = self._values.get(variable)
        if value is None:
            raise StartError(f"{variable} must be set: {why}")
        return value

    def refuse(self, variable: Variable, why: str) -> None:
        if variable in self._values:
            raise StartError(f"{variable} must not be set, got {self._values[variable]!r}: {why}")


def _batch_size(given: _Given) -> int | None:
    return _number(given, Variable.BATCH_SIZE, MOST_TOGETHER)


def _number(given: _Given, variable: Variable, most: int) -> int | None:
    value = given.get(variable)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= most):
        raise StartError(f"{variable} must be a whole number from 1 to {most}, got {value!r}")
    return int(value)


def _model(given: _Given, root: Path) -> LocalModel | BucketModel | EndpointModel:
    kinds = ", ".join(Delivery)
    delivery = given.needed(Variable.DELIVERY, f"it is one of {kinds}")
    if delivery not in frozenset(Delivery):
        raise StartError(f"{Variable.DELIVERY} must be one of {kinds}, got {delivery!r}")
    why = f"{Variable.DELIVERY} is {delivery}"
    if delivery == Delivery.ENDPOINT:
        return _endpoint(given, why)
    for variable in _OF_AN_ENDPOINT:
        given.refuse(variable, why)
    sha256 = given.get(Variable.SHA256)
    if sha256 is not None and not _SHA256.fullmatch(sha256):
        raise StartError(f"{Variable.SHA256} must be 64 hexadecimal digits, got {sha256!r}")
    sha256 = None if sha256 is None else sha256.lower()
    if delivery != Delivery.BUCKET:
        for variable in _OF_A_BUCKET:
            given.refuse(variable, why)
        path = given.needed(Variable.PATH, "it is the model's file or folder")
        return LocalModel(delivery=Delivery(delivery), path=root / path, sha256=sha256)
    given.refuse(Variable.PATH, why)
    if all(given.get(variable) is None for variable in _CHECKS):
        raise StartError(
            f"{', '.join(_CHECKS[:-1])} or {_CHECKS[-1]} must be set: an object that is written anew under its key would be "
            "another model"
        )
    etag = given.get(Variable.ETAG)
    return BucketModel(
        bucket=given.needed(Variable.BUCKET, "it is the name of the model's bucket"),
        key=given.needed(Variable.KEY, "it is the key of the model's object"),
        version_id=given.get(Variable.VERSION_ID),
        etag=None if etag is None else etag.strip('"'),
        sha256=sha256,
    )


def _endpoint(given: _Given, why: str) -> EndpointModel:
    for variable in (*_OF_FILES, *_OF_A_BUCKET):
        given.refuse(variable, why)
    uploads = given.get(Variable.UPLOADS)
    if uploads is not None and not _UPLOADS.fullmatch(uploads):
        raise StartError(f"{Variable.UPLOADS} must be s3://bucket/prefix/, got {uploads!r}")
    seconds = _number(given, Variable.READ_SECONDS, LONGEST_READ_SECONDS)
    return EndpointModel(
        name=given.needed(Variable.ENDPOINT, "it is the name of the endpoint"),
        component=given.get(Variable.COMPONENT),
        region=given.get(Variable.REGION),
        read_seconds=LONGEST_READ_SECONDS if seconds is None else seconds,
        uploads=uploads,
    )
