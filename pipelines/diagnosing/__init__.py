"""Parts of python -m pipelines.diagnose."""
