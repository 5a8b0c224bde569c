"""What a function's code names, and whether that comes with it."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cdk_model_hosting.errors import ConfigurationError
from cdk_model_hosting.functions import cache
from cdk_model_hosting.functions.references import Reference
from cdk_model_hosting.handlers.model_function.contract import DEFAULT_LOADER, LOADER_GROUP, Delivery, Variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from cdk_model_hosting.functions.bundle import Bundle
    from cdk_model_hosting.functions.delivery import BoundDelivery

_ONNXRUNTIME = Reference(what="FunctionCode loader", text="onnxruntime:InferenceSession", takes=("path",))
_OFFERS = (".dist-info/entry_points.txt", ".egg-info/entry_points.txt")


class Text(Protocol):
    """A file in a folder or in an archive."""

    def read_text(self, *, encoding: str, errors: str) -> str:
        """What it says."""


class Named(Protocol):
    """A function that is asked for by a name."""

    def is_among(self, files: Mapping[str, Text]) -> bool:
        """Whether it comes with these files."""

    def missing(self, place: str) -> ConfigurationError:
        """What is said when it does not."""

    def check(self, files: Mapping[str, Path], python: str) -> None:
        """Refuse what cannot be called, as far as these files say so."""


@dataclass(frozen=True, slots=True)
class OfferedLoader:
    """A loader that a package offers to all functions, by its name.

    Args:
        name: The name.
    """

    name: str

    def is_among(self, files: Mapping[str, Text]) -> bool:
        """Whether a package among the files offers it.

        Args:
            files: Files by their names.
        """
        found = [text for name, text in files.items() if name.endswith(_OFFERS)]
        if not found:
            return False
        from cdk_model_hosting.functions.offers import offers  # noqa: PLC0415 - it takes as long as all the rest of this

        return any(offers(each, self.name) for each in found)

    def missing(self, place: str) -> ConfigurationError:
        """What is said when none does.

        Args:
            place: Where it was looked for, in words.
        """
        return ConfigurationError(
            f"FunctionCode loader must be an entry point of {LOADER_GROUP} of {place}, got {self.name!r}: none offers it; a loader of "
            "your own is module:function"
        )

    def check(self, files: Mapping[str, Path], python: str) -> None:
        """Nothing is known of it before its package is there."""


@dataclass(frozen=True, slots=True)
class OnnxLoader:
    """The loader when none is named, which takes a package that the user must bring."""

    def is_among(self, files: Mapping[str, Text]) -> bool:
        """Whether the package is there.

        Args:
            files: Files by their names.
        """
        return _ONNXRUNTIME.is_among(files)

    def missing(self, place: str) -> ConfigurationError:
        """What is said when it is not.

        Args:
            place: Where it was looked for, in words.
        """
        return ConfigurationError(
            f"FunctionCode requirements must have onnxruntime for the loader {DEFAULT_LOADER}, got none in {place}: a model of another "
            "kind takes a loader of your own, module:function"
        )

    def check(self, files: Mapping[str, Path], python: str) -> None:
        """It is this library's."""


def lacking(named: Iterable[Named], files: Mapping[str, Text]) -> list[Named]:
    """What does not come with the files.

    Args:
        named: What is named.
        files: All that there is.
    """
    return [each for each in named if not each.is_among(files)]


def check_packages(bundle: Bundle, delivery: BoundDelivery) -> None:
    """Refuse what neither the code nor its packages have, once these are installed.

    Args:
        bundle: What becomes the function's code.
        delivery: How the model comes; an image is built later, and may bring anything.

    Raises:
        ConfigurationError: When something is in neither.
    """
    code, packages = bundle.code, bundle.packages
    archive = None if packages is None else cache.find(packages.name)
    if delivery.is_image or (packages is not None and archive is None):
        return
    loads = delivery.variables.get(str(Variable.DELIVERY)) != str(Delivery.ENDPOINT)
    usual = [OnnxLoader()] if loads and code.loader == DEFAULT_LOADER else []
    found, place = lacking((*code.named(), *usual), bundle.sources), f"the folder {code.folder}"
    if found and archive is not None:
        with zipfile.ZipFile(archive) as opened:
            found = lacking(found, {name: zipfile.Path(opened, name) for name in opened.namelist()})
        place = f"{place}, or of its packages"
    if found and not code.reaches_further:
        raise found[0].missing(place)
