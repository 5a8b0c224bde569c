"""The process: listens at once, loads the model meanwhile, and leaves on SIGTERM when the last request is answered.

A container of many models loads none by itself.
"""

import logging
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from .app import Slot, create_app
from .errors import ModelLoadError
from .logs import configure
from .model import Model
from .models import Models
from .multi_app import create_multi_app
from .settings import Settings

_logger = logging.getLogger(__name__)

# SageMaker kills 30 seconds after SIGTERM.
_GRACE_SECONDS = 25
# Longer than the caller's side keeps a connection, so that it is never this side that closes one in use.
_KEEP_ALIVE_SECONDS = 75


def run(settings: Settings) -> int:
    """Serve until told to stop.

    Returns:
        The exit code: 0 after SIGTERM or SIGINT, 1 when the model cannot be loaded.
    """
    configure(settings.log_level)
    # uvicorn raises the signal again once it has shut down; without these the process would end as killed, not as finished.
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    if settings.multi_model:
        models = Models(memory_bytes=settings.model_memory_bytes, threads=settings.threads_per_request)
        told = {"port": settings.port, "memory_bytes": settings.model_memory_bytes}
        _logger.info("ready for models", extra={"fields": told})
        _server(create_multi_app(models, settings), settings).run()
        return 0
    slot = Slot()
    server = _server(create_app(slot, settings), settings)
    loading = _Loading(slot, settings, server)
    threading.Thread(target=loading.run, name="load", daemon=True).start()
    server.run()
    return 1 if loading.failed else 0


def _server(app: Starlette, settings: Settings) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        ),
    )


@dataclass(slots=True)
class _Loading:
    slot: Slot
    settings: Settings
    server: uvicorn.Server
    failed: bool = field(default=False, init=False)

    def run(self) -> None:
        started = time.perf_counter()
        folder = self.settings.model_folder
        try:
            model = Model.load(folder, threads=self.settings.threads_per_request)
        except ModelLoadError as error:
            _logger.critical("the model cannot be loaded", extra={"fields": {"reason": str(error)}})
            self._stop()
        except Exception:
            _logger.exception("the model cannot be loaded")
            self._stop()
        else:
            self.slot.model = model
            milliseconds = round((time.perf_counter() - started) * 1000, 2)
            told = {"model": model.description.name, "version": model.description.version, "ms": milliseconds}
            _logger.info("the model is loaded", extra={"fields": told | {"port": self.settings.port}})

    def _stop(self) -> None:
        self.failed = True
        self.server.should_exit = True


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
