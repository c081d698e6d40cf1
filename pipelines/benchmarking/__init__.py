"""The parts of python -m pipelines.benchmark."""
