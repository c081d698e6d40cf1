"""Helpers of python -m pipelines.reproduce: the files of papers, the runs that they need, verdicts in the terminal."""
