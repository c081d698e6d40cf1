"""Probing studies of Transformers. Read downwards: data, task, model, store, probe, result, report."""
