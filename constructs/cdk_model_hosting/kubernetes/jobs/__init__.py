"""Batch jobs on nodes with GPUs: many shards, each a pod of its own, and nothing left running."""
