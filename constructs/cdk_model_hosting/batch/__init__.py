"""Batch transform: jobs that start by themselves, report, and leave nothing running."""
