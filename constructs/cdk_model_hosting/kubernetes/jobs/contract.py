"""What a worker of a batch job is told, and how: the environment of its process.

========================  ================================================================================================
``SHARD_URI``             What to read, such as ``s3://bucket/input/eu.csv``: an object, or, ending in ``/``, all below it.
``SHARD_PART``            ``whole`` when all of it is this pod's; ``modulo`` when the pod takes those objects below it whose
                          key has a CRC-32 (of its UTF-8) that leaves ``SHARD_INDEX`` when divided by ``SHARD_COUNT``.
``SHARD_INDEX``           Number of the shard, from 0. Kubernetes tells the same as ``JOB_COMPLETION_INDEX``.
``SHARD_COUNT``           Number of shards.
``OUTPUT_URI``            Where to write, such as ``s3://bucket/output/``. It ends in ``/``.
``RUN_NAME``              Name of the Kubernetes job, the same in all of its pods.
========================  ================================================================================================

A worker ends with 0 when its shard is done. Any other end is tried again, but for the exit codes that are said to be final.
A pod may go away at any time, and its shard starts anew: a worker writes the same names for the same input, so that a
second try overwrites the first.
"""

from __future__ import annotations

PART = "SHARD_PART"
WHOLE = "whole"
MODULO = "modulo"
URI = "SHARD_URI"
INDEX = "SHARD_INDEX"
COUNT = "SHARD_COUNT"
OUTPUT = "OUTPUT_URI"
RUN = "RUN_NAME"

BASE = "SHARD_BASE"
LIST = "SHARD_LIST"
"""What the lines below read: the file with the shards, and what all of their URIs begin with."""

OWN = (PART, URI, INDEX, COUNT, OUTPUT, RUN, BASE, LIST, "JOB_COMPLETION_INDEX")
"""Names that no worker may be given otherwise."""

NO_SHARD = 64
"""Exit code of a pod whose shard is not in the list."""

# Nothing but what every shell has in itself: images of models often have no other tools.
FIND_SHARD = f"""\
while read -r index key; do
  if [ "$index" = "${INDEX}" ]; then {URI}="${BASE}$key"; break; fi
done < "${LIST}"
if [ -z "${{{URI}-}}" ]; then echo "no shard ${INDEX} in ${LIST}" >&2; exit {NO_SHARD}; fi
export {URI}
exec "$@"
"""


def find_shard(command: tuple[str, ...]) -> list[str]:
    """A command that looks up its shard in the list, and then becomes the worker.

    Args:
        command: The worker's command.
    """
    return ["/bin/sh", "-ec", FIND_SHARD, "worker", *command]
