"""Where Lambda enters. Importing it gets the model and loads it, before the first request."""

import os

from .function import ModelFunction

handler = ModelFunction.start(os.environ).handle
