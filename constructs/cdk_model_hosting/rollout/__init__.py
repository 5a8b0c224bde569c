"""How a new version of a model replaces the one that serves."""
