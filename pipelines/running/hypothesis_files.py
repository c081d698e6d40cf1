"""Hypotheses from YAML files, which anyone may have written: a mapping, or an error that names file and line."""

from typing import Any

from pipelines.shared.plain_yaml import read_mapping
from probing.attention.heads.hypothesis import hypothesis_from


def read_hypothesis(name: str) -> dict[str, Any]:
    """The content of an option of the group hypothesis, or of a YAML file. Raises: ConfigError."""
    where = f"analysis.hypotheses.tested={name}"
    path, values = read_mapping("hypothesis", name, where, "name, question, query, key")
    hypothesis_from(values, str(path))  # here a message can still name the file
    return values
