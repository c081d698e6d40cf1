"""Probes: from vectors and labels to held-out predictions."""
