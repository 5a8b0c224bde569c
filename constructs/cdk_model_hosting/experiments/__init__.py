"""Tests of a new model on the traffic of an old one, run by SageMaker."""
