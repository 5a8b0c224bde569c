"""Repositories of the Triton inference server: models, ensembles of them, and the archive that the container loads."""
