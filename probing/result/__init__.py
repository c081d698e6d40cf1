"""Scores: metrics, 95 % intervals, and the rows from which every report is made."""
