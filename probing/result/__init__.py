"""Scores: metrics, intervals over sentences, and the rows from which every report is made."""
