"""Plays SageMaker's Triton container."""
