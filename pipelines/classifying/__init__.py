"""The parts of python -m pipelines.classifier."""
