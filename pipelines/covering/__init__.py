"""What python -m pipelines.coverage needs: a population, samples of it, and what their intervals cover."""
