"""Measures a model package: `python -m scripts.evaluation.run`; docs/evaluation.md explains every number."""
