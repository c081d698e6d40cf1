"""The ratios that python -m pipelines.benchmark measures, one file per subject: each with its reference."""
