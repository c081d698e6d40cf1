"""Scores: metrics, intervals over sentences, and the rows that every report is made from."""
