"""Plays SageMaker's Triton container: its HTTP interface, in front of real Triton servers.

Triton's own front for SageMaker listens on every interface and cannot be told otherwise, so it stays off. This one listens
where it is told to, and asks Triton by the KServe protocol on the loopback interface. Each model that is loaded has a server
of its own, with its archive as the repository. So models that share a name in different archives stay apart, as they do by
the name spaces of the real container.

It runs in the Triton server's environment, with the standard library alone. Besides what every container is told it gets
TRITON_SERVER, the program; TRITON_BACKENDS, the folder of its backends; and TRITON_LIBRARIES, where they find libraries.
"""

import os
import signal
import sys
from http.server import ThreadingHTTPServer
from pathlib import Path

from .answers import RefusedError
from .handler import ONLY, Handler, many
from .models import Models, folders
from .server import PREFIX

_MODEL = Path(os.environ["SAGEMAKER_BASE_DIR"], "model")


def main() -> None:
    """Serve until told to end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    models = Models()
    try:
        if not many():
            models.load(ONLY, _MODEL, _first())
        Handler.models = models
        address = (os.environ["SAGEMAKER_BIND_TO_HOST"], int(os.environ["SAGEMAKER_BIND_TO_PORT"]))
        ThreadingHTTPServer(address, Handler).serve_forever()
    except RefusedError as refusal:
        sys.exit(refusal.answer.body.decode())
    finally:
        models.end()


def _first() -> str:
    """The model that the environment names, or the only one."""
    found = folders(_MODEL)
    named = os.environ.get(f"{PREFIX}DEFAULT_MODEL_NAME")
    if named is None and len(found) == 1:
        return found[0].name
    if named not in {each.name for each in found}:
        sys.exit(f"{PREFIX}DEFAULT_MODEL_NAME must name one of the models {[each.name for each in found]}, got {named}")
    return named


if __name__ == "__main__":
    main()
