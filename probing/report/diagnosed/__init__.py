"""The pages of a diagnosis: one per text, an overview, and the same numbers as CSV and JSON."""
