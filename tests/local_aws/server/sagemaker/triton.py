"""SageMaker's Triton image, which nobody builds here: played by the real Triton server of the tests, where that is installed."""

import functools
import os
import shutil
import threading
from pathlib import Path

from tests.local_aws.images import Image
from tests.triton import installation

_REPOSITORY = "sagemaker-tritonserver"
_CONTAINER = Path(__file__).with_name("triton_container")
_one_at_a_time = threading.Lock()


def plays(image: str) -> bool:
    """Whether an image is SageMaker's Triton image, by its name."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0] == _REPOSITORY


def why_unplayable(image: str) -> str:
    """Say why a Triton image cannot run on this machine; empty when it can."""
    try:
        installation.find()
    except (installation.Impossible, installation.Missing) as reason:
        return f"image {image} is played by the Triton server of the tests: {reason}"
    return ""


def image(scratch: Path) -> Image:
    """Return what runs for every release of it: the one server that is installed, on the CPU.

    Args:
        scratch: The folder of the local AWS, which gets the server's backends.

    Raises:
        Impossible: `why_unplayable` would have said it.
        Missing: The same.
    """
    with _one_at_a_time:
        return _laid_out(scratch)


@functools.cache
def _laid_out(scratch: Path) -> Image:
    found = installation.find()
    backends = scratch / "triton-backends"
    # Those of an earlier run may be of another release.
    shutil.rmtree(backends, ignore_errors=True)
    found.lay_out_backends(backends)
    return Image(
        digest="triton",
        root=str(_CONTAINER),
        interpreter=str(installation.VENV),
        environment={
            "TRITON_SERVER": str(found.server),
            "TRITON_BACKENDS": str(backends),
            "TRITON_LIBRARIES": os.pathsep.join(map(str, found.libraries)),
        },
        entrypoint=[str(installation.VENV / "bin" / "python"), "-m", "triton_front"],
    )
