"""Hypotheses from files that anyone may have written: whatever they hold ends in one line with the file's name."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

import pytest
import yaml
from omegaconf import OmegaConf

from pipelines.running.config import with_hypotheses
from pipelines.running.hypothesis_files import read_hypothesis
from pipelines.running.identity import described
from pipelines.shared.option_files import CONF
from pipelines.shared.schema import part_of
from probing.errors import ConfigError, ProbingError

GOOD = (CONF / "hypothesis" / "pronoun_antecedent.yaml").read_text()
KEY = "question: q\nkey: {upos: NOUN}\n"
ODD = {
    "key: {upos: NOUN": "{path}:1: not YAML (expected ',' or '}}'",
    f"name: a\n\t{KEY}": "{path}:2: not YAML (found character '\\t'",
    f"name: a\nname: b\n{KEY}": "{path}:2: not YAML (found duplicate key name)",
    "[name, question]": "{path}: a hypothesis has keys such as name",
    "just a text": "{path}: a hypothesis has keys such as name",
    "": "{path}: the name of the hypothesis is missing",
    f"name: [a, b]\n{KEY}": "{path}: name=['a', 'b']: one line of at most",
    f"name: a\n{KEY}direction: {{before: 1}}": "{path}: hypothesis a.direction={{'before': 1}}: not a valid value",
    f"name: a\n1: 2\n{KEY}": "{path}: 1: a hypothesis has no such key",
    f"name: a\n{KEY}deprel: " + "x" * 5000: "… (5,000 characters): deprel needs a dependency",
    "name: a\nquestion: q\nkey: {upos: '[[a]'}": "not a valid regular expression (Possible nested set",
    "name: a\nquestion: q\nkey: {upos: 'a{99999999999}'}": "not a valid regular expression (the repetition number",
    "a: &a [x, x]\nb: [*a, *a, *a]": "{path}:2: *a is an alias of YAML; write its value",
    "name: !!python/object/apply:os.system ['true']": "{path}:1: not YAML (could not determine a constructor",
    f"name: ${{oc.env:HOME}}\n{KEY}": "{path}:1: ${{oc.env:HOME}}: a placeholder is not replaced",
    f"name: ???\n{KEY}": "{path}:1: ???: a placeholder is not replaced",
    "[" * 100_000: "{path}: a hypothesis has keys such as name",
    "a: " + "[" * 100_000: "{path}:1: nested too deeply",
}


@pytest.mark.parametrize("content", ODD, ids=range(len(ODD)))
def test_an_odd_file_is_refused_with_its_name_and_the_line(content, tmp_path):
    path = tmp_path / "h.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError) as raised:
        read_hypothesis(str(path))
    assert ODD[content].format(path=path) in str(raised.value)
    assert str(raised.value).startswith(f"{path}:")
    assert "\n" not in str(raised.value)


def test_bytes_that_are_not_utf_8_are_named_with_their_line(tmp_path):
    path = tmp_path / "h.yaml"
    path.write_bytes(b"name: a\nquestion: caf\xe9\n")
    with pytest.raises(ConfigError, match=r"h.yaml:2: byte 0xe9 is not UTF-8"):
        read_hypothesis(str(path))


def used(path: Path) -> None:
    """Read a file as a run does, up to its identity and its configuration on disk."""
    options = {"_target_": "probing.analysis.hypotheses.HeadHypotheses", "tested": [str(path)], "least": 20}
    config = with_hypotheses(OmegaConf.create({"analysis": {"hypotheses": options}}))
    json.dumps(described(part_of("analysis.hypotheses", config.analysis.hypotheses)))
    OmegaConf.to_yaml(config)


@pytest.fixture
def outcomes(tmp_path) -> Callable[[Iterable[tuple[str, bytes]]], Counter]:
    """How often damaged files were taken and refused; any other end, and any longer message, fails the test."""

    def outcomes(cases: Iterable[tuple[str, bytes]]) -> Counter:
        path, counted = tmp_path / "h.yaml", Counter()
        for what, content in cases:
            path.write_bytes(content)
            try:
                used(path)
                counted["taken"] += 1
            except ProbingError as error:
                assert str(error).startswith(str(path)), what
                assert "\n" not in str(error), what
                assert len(str(error)) < 600, what
                counted["refused"] += 1
        return counted

    return outcomes


def test_a_few_damaged_files_are_taken_or_refused_in_a_line(mutations, outcomes):
    rng = Random(1)
    few = rng.sample([*mutations.damaged_text(GOOD, rng, 2)], 12)
    odd = rng.sample([*mutations.odd_documents(yaml.safe_load(GOOD), 3, rng)], 12)
    assert outcomes([*few, *((what, mutations.as_json(document)) for what, document in odd)]).total() == 24


@pytest.mark.slow
def test_every_damaged_file_is_taken_or_refused_in_a_line(mutations, outcomes):
    rng = Random(2)
    counted = outcomes(mutations.damaged_text(GOOD, rng, 40))
    document = yaml.safe_load(GOOD)
    for write in (mutations.as_json, lambda odd: yaml.safe_dump(odd).encode()):
        counted += outcomes((what, write(odd)) for what, odd in mutations.odd_documents(document, 60, rng))
    assert counted["taken"] > 100
    assert counted["refused"] > 500
