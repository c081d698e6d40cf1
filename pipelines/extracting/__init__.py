"""Extraction by several workers: what each does, and what starts them."""
