"""Phenomena of the user's own: in tables, rows and JSON; whatever a file holds, it is taken or refused in one line."""

import json
import shlex
from collections import Counter
from random import Random

import pandas as pd
import pytest
import yaml

from pipelines.diagnosing.own_phenomena import own_phenomena
from pipelines.shared.option_files import CONF, options
from probing.errors import ConfigError

GOOD = (CONF / "phenomenon" / "hedge.yaml").read_text(encoding="utf-8")
TENSE = "name: past <b>tense</b>\nquestion: has it a past tense?\nwords: {xpos: VBD}\n"
ODD = {
    "[name, question]": "{path}: a phenomenon has keys such as name, question, words; see conf/phenomenon",
    "": "{path}: name is missing; a phenomenon needs a line name",
    "name: a\nname: b\n": "{path}:2: not YAML (found duplicate key name)",
    "name: a\nquestion: b\nwords: {tag: [c]}": "{path}: words.tag: no such column; choose one of form, lemma",
    "name: a\nquestion: b\nwords: {form: '[[a]'}": "{path}: words.form=[[a]: not a valid regular expression",
    "name: ${oc.env:HOME}\nquestion: b": "{path}:1: ${{oc.env:HOME}}: a placeholder is not replaced",
    "a: " + "[" * 100_000: "{path}:1: nested too deeply; a phenomenon has keys",
}


@pytest.mark.parametrize("name", options("phenomenon"))
def test_every_bundled_phenomenon_is_read(name):
    [own] = own_phenomena([name])
    assert own.path == CONF / "phenomenon" / f"{name}.yaml" and own.phenomenon.rule


@pytest.mark.parametrize("content", ODD, ids=range(len(ODD)))
def test_an_odd_file_is_refused_with_its_name(content, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        own_phenomena([str(path)])
    assert str(raised.value).startswith(ODD[content].format(path=path)) and "\n" not in str(raised.value)


def test_damaged_files_are_taken_or_refused_in_a_line(mutations, tmp_path):
    rng, path, counted = Random(1), tmp_path / "mine.yaml", Counter()
    damaged = rng.sample([*mutations.damaged_text(GOOD, rng, 4)], 30)
    odd = rng.sample([*mutations.odd_documents(yaml.safe_load(GOOD), 3, rng)], 30)
    for what, content in [*damaged, *((what, mutations.as_json(document)) for what, document in odd)]:
        path.write_bytes(content)
        try:
            own_phenomena([str(path)])
            counted["taken"] += 1
        except ConfigError as error:
            assert str(error).startswith(str(path)) and "\n" not in str(error) and len(str(error)) < 600, what
            counted["refused"] += 1
    assert counted["taken"] and counted["refused"] > 20


def test_own_phenomena_stand_in_every_table_and_name_another_folder(diagnose, page_of, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text(TENSE, encoding="utf-8")
    code, out, err = diagnose("errors=1", f"phenomena=[first_person,{mine}]")
    assert (code, err) == (0, "")
    page = page_of(out)
    split = json.loads((page.parent / "diagnosis.json").read_text())["split"]
    found = {one["name"]: one for one in split["phenomena"]}
    assert list(found)[-2:] == ["first person", "past <b>tense</b>"] and "negation" in found
    assert found["past <b>tense</b>"]["rule"] == "has it a past tense?"
    assert 0 < found["past <b>tense</b>"]["n"] < split["sentences"]
    text = page.read_text()
    assert "past &lt;b&gt;tense&lt;/b&gt;" in text and "<b>tense" not in text
    rows = pd.read_csv(page.parent / "rows.csv", keep_default_na=False)
    of_mine = rows[(rows["name"] == "past <b>tense</b>") & (rows["what"] == "error rate")]
    assert set(of_mine["method"]) == {"classifier", "probe"} and set(of_mine["n"]) == {
        str(found[of_mine["name"].iloc[0]]["n"])
    }
    mine.write_text(TENSE.replace("VBD", "VBZ"), encoding="utf-8")
    other = page_of(diagnose("errors=1", f"phenomena=[first_person,{mine}]")[1])
    assert other != page  # the folder is named after what the file says


def test_phenomena_that_cannot_be_used_are_refused_before_anything_is_read(message, tmp_path):
    assert "phenomena=nowhere: no such file; the options are first_person, hedge, number, or" in message(
        "errors=1", "phenomena=[nowhere]"
    )
    assert "phenomena= is of the errors of a corpus; type errors=20 too" in message(
        "text=Fine", "label=positive", "phenomena=[hedge]"
    )
    assert "two have the name hedge; give each its own" in message("errors=1", "phenomena=[hedge,hedge]")
    own = tmp_path / "own.yaml"
    own.write_text("name: negation\nquestion: b\nwords: {form: [not]}", encoding="utf-8")
    assert "two have the name negation" in message("errors=1", f"phenomena=[{own}]")
    own.write_text("name: lemma\nquestion: b\nwords: {lemma: [be]}", encoding="utf-8")
    said = message("errors=1", f"phenomena=[{own}]")
    assert f"{own}: words.lemma: no sentence of dev has this column; use form" in said


def test_the_same_command_is_written_down(diagnose, page_of, tmp_path):
    (tmp_path / "mine too.yaml").write_text(TENSE, encoding="utf-8")
    page = page_of(diagnose("errors=1", f"phenomena=[hedge,'{tmp_path}/mine too.yaml']")[1])
    command = json.loads((page.parent / "diagnosis.json").read_text())["provenance"]["command"]
    assert "phenomena=[hedge," in command
    typed = [word for word in shlex.split(command)[3:] if not word.startswith(("model.checkpoint", "outputs"))]
    assert page_of(diagnose(*typed, small=())[1]) == page
