"""The parts of python -m pipelines.run."""
