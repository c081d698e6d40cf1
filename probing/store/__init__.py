"""Representations on disk: written once, addressed by what went in, read layer by layer."""
