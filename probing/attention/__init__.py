"""Attention: where information flows, what heads attend to, what weights contribute, and interventions."""
