"""Where the guard writes."""

from ..log import Log

LOG = Log("endpoint_guard")

log = LOG.happened
log_failure = LOG.failed
