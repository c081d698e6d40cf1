"""The parts of python -m pipelines.view."""
