"""Parts of python -m pipelines.validate."""
