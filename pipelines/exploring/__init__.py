"""The parts of python -m pipelines.explore."""
