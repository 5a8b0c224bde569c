"""What the server leaves undone, because doing it takes seconds and changes no answer."""

import gc
import hashlib
import os
import shutil
import tempfile
import threading
import zipfile
from collections import OrderedDict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore.session
from ministack.core import lambda_runtime, router

# The model, the packages and their layer of two versions of a function: more would only fill the disk.
_KEPT = 4


def install() -> None:
    """Read no models of services, and unpack no archive again for each process of a function."""
    router._is_aws_service_name = _service_names(router._is_aws_service_name)
    lambda_runtime.zipfile = SimpleNamespace(
        ZipFile=_Archive, BadZipFile=zipfile.BadZipFile, LargeFileError=zipfile.LargeZipFile
    )


def spare_what_stays() -> None:
    """Look for garbage only in what comes from now on: the modules and schemas that are loaded stay until the end."""
    gc.collect()
    gc.freeze()


def _service_names(read_all: Any) -> Any:
    """Know the names of AWS's services by the folders of their models.

    ministack reads the models of all four hundred, seconds long, when a request is for one that it does not play itself, as
    SageMaker's are: to learn the names under which requests are signed. Most services sign with their own.
    """
    own = frozenset(botocore.session.get_session().get_available_services())

    def is_service(name: str) -> bool:
        return name in own or bool(read_all(name))

    return is_service


class _Unpacked:
    """The archives that were unpacked last, by what is in them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folders: OrderedDict[str, Path] = OrderedDict()

    def link(self, archive: zipfile.ZipFile, target: Path) -> None:
        """Make the files of an archive appear in a folder.

        They are links: a function that writes into a file that came with it would write into that of all others. On AWS it cannot.
        """
        with Path(str(archive.filename)).open("rb") as content:
            name = hashlib.file_digest(content, "sha256").hexdigest()
        with self._lock:
            if name not in self._folders:
                self._folders[name] = Path(tempfile.mkdtemp(prefix="unpacked-"))
                zipfile.ZipFile.extractall(archive, self._folders[name])
            self._folders.move_to_end(name)
            shutil.copytree(self._folders[name], target, copy_function=os.link, dirs_exist_ok=True)
            while len(self._folders) > _KEPT:
                shutil.rmtree(self._folders.popitem(last=False)[1])


class _Archive(zipfile.ZipFile):
    """An archive that is unpacked once."""

    _unpacked = _Unpacked()

    def extractall(self, path: Any = None, members: Any = None, pwd: Any = None) -> None:
        if path is None or members is not None or pwd is not None:
            super().extractall(path, members, pwd)
        else:
            self._unpacked.link(self, Path(path))
