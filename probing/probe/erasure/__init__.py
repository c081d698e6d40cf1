"""Interventions on vectors, arrays in and arrays out: a concept is removed, or moved to another class."""
