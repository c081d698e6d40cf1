"""The files of a diagnosis: page, CSV and JSON give the numbers of the records, and texts never become markup."""

import html
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from probing.diagnosis.compared import Comparison
from probing.diagnosis.group_means import Estimate
from probing.diagnosis.phenomenon_errors import phenomenon_errors
from probing.diagnosis.text_gain import TextGain
from probing.diagnosis.tried_repair import Tried
from probing.report.diagnosed.diagnosed_record import Diagnosis, OfSplit
from probing.report.diagnosed.diagnosis_files import write_diagnosis
from probing.report.diagnosed.toned_table import signed

from ..one_file import foreign_scripts, loads_nothing

PROVENANCE = {
    "identity": {"text": "t"},
    "command": "python -m pipelines.diagnose text=t",
    "commit": "0123abc",
    "versions": {"torch": "2"},
    "probes": "outputs/runs/r",
    "commit_of_probes": "4567def",
    "run_id": "r1",
    "checkpoint": {"name": "tiny", "revision": "sha256:1"},
    "data": {"name": "grammar", "fingerprint": "f00"},
    "config": {"model": {"name": "<i>tiny</i>"}},
}
GAIN = TextGain("leaving “dull” out", Estimate(0.0123456, -0.01, 0.0344, 57))
NO_GAIN = TextGain(why="the label is in doubt")
TRIED = Tried("block 2 is skipped", 0.25, 0.75)


@pytest.fixture(scope="module")
def whole(small_texts, small_split, small_subject):
    found, cause = small_split
    by_phenomenon = phenomenon_errors(found.answers, np.random.default_rng(0))
    split = OfSplit("dev", found, cause, by_phenomenon, left_out=3, rules={"even": "<b>even</b> length"})
    names = small_subject.classes
    return Diagnosis("tiny on grammar", "the probe on layer 2", names, names, small_texts, split, (), (), PROVENANCE)


@pytest.fixture(scope="module")
def folder(whole, tmp_path_factory):
    folder = tmp_path_factory.mktemp("diagnosis")
    assert write_diagnosis(whole, folder) == folder / "index.html"
    return folder


@pytest.fixture(scope="module")
def rows(folder):
    return pd.read_csv(folder / "rows.csv", keep_default_na=False, na_values=[""])


def read(folder, name):
    return (folder / name).read_text(encoding="utf-8")


def cells(page: str, heading: str) -> list[list[str]]:
    """The texts of the cells of the first table below a heading, by row, without its head."""
    table = page.partition(f'id="{heading}"')[2].partition("</table>")[0].partition("</thead>")[2]
    rows = re.findall(r"<tr>(.*?)</tr>", table)
    return [[re.sub(r"<.*?>", "", cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)] for row in rows]


def test_words_on_the_page_and_in_the_rows_are_those_of_the_record(folder, rows, small_texts):
    shown = cells(read(folder, "text-1.html"), "words")
    found = small_texts[0].evidence
    words = found.sentence.words
    assert [line[0] for line in shown[: len(words)]] == [*words]
    of_text = rows[(rows["text"] == 1) & (rows["what"] == "word")]
    for column, method in enumerate(found.methods):
        expected = [signed(v) if method.of.unit == "logit" else f"{v:.2f}" for v in method.values]
        assert [line[2 + column] for line in shown[: len(words)]] == expected
        part = of_text[of_text["method"] == method.method].sort_values("place")
        np.testing.assert_array_equal(part["value"], method.values)
        assert set(part["unit"]) == {method.of.unit}


def test_sums_below_the_words_add_up(folder, small_texts):
    lines = {line[0]: line[2:] for line in cells(read(folder, "text-1.html"), "words")}
    for column in range(len(small_texts[0].evidence.methods)):
        texts = [lines[name][column].replace("−", "-") for name in ("sum of words", "special tokens", "constant")]
        total = lines["total"][column].replace("−", "-")
        if total == "–":
            assert set(texts) == {"–"}
        else:
            assert sum(map(float, texts)) == pytest.approx(float(total), abs=0.02)  # each is rounded to 0.01
            assert abs(float(lines["remainder"][column].replace("−", "-"))) < 1e-3


def test_layers_heads_neighbours_and_pairs_on_the_page_are_those_of_the_record(folder, small_texts, small_subject):
    page, found = read(folder, "text-1.html"), small_texts[0].evidence
    layers = cells(page, "layers")
    assert [line[1] for line in layers] == [small_subject.classes[answer.predicted] for answer in found.answers]
    assert [line[2] for line in layers] == [f"{100 * found.probability(a, 0):.1f} %" for a in found.answers]
    assert [line[4] for line in layers] == [f"{100 * a.error:.1f} %" for a in found.answers]
    assert [line[5] for line in layers].index("read by the classifier") == 2
    assert [line[:3] for line in cells(page, "parts")] == [
        [part.name, signed(part.effect), signed(part.with_zeros)] for part in found.parts
    ]
    assert [line[:2] for line in cells(page, "neighbours")] == [
        [near.label, f"{near.distance:.3f}"] for near in found.neighbours
    ]
    pairs = cells(page, "pairs")
    assert [line[0] for line in pairs] == [edit.edit.kind for edit in found.edits]
    assert [bool(line[4]) for line in pairs] == [not edit.as_expected for edit in found.edits]


def test_gain_and_intervention_are_the_same_everywhere(whole, tmp_path):
    one = whole.texts[0]
    wrong = replace(one.evidence, label=1 - one.evidence.predicted)
    first, second = (replace(one, evidence=wrong, patched=None, gain=gain, tried=TRIED) for gain in (GAIN, NO_GAIN))
    write_diagnosis(replace(whole, texts=[first, second], of_split=None), tmp_path)
    page, found = read(tmp_path, "text-1.html"), json.loads(read(tmp_path, "diagnosis.json"))["texts"][0]
    said = "Over dev this repair is not shown to help: leaving “dull” out adds +0.012 [−0.010, +0.034] to the accuracy"
    assert said in page and found["gain"]["says"].startswith(said)
    assert found["gain"]["estimate"] == {"value": 0.0123456, "low": -0.01, "high": 0.0344, "n": 57}
    assert '<td class="n">+0.012 [−0.010, +0.034]</td>' in read(tmp_path, "index.html")
    rows = pd.read_csv(tmp_path / "rows.csv")
    [row] = rows[rows["what"] == "predicted gain"].to_dict("records")
    assert (row["text"], row["value"], row["low"], row["high"], row["n"]) == (1, 0.0123456, -0.01, 0.0344, 57)
    assert rows[rows["what"] == "label after an intervention"]["value"].tolist() == [0.75, 0.75]
    assert found["tried"] == {"what": "block 2 is skipped", "before": 0.25, "after": 0.75}
    assert f"block 2 is skipped; {whole.classes[wrong.label]} gets 75.0 % then, and 25.0 % before." in page
    assert "No gain is predicted: the label is in doubt." in read(tmp_path, "text-2.html")


def test_patched_layers_on_the_page_are_those_of_the_record(folder, rows, small_texts):
    of = small_texts[0].patched.layers
    shown = cells(read(folder, "text-1.html"), "patching")
    assert [line[0] for line in shown] == [str(layer) for layer in of.layers]
    assert [line[1] for line in shown] == [f"{value:.2f}" for value in of.recovered[:, 0]]
    part = rows[(rows["text"] == 1) & (rows["method"] == "hidden states of all words")]
    assert part[part["what"] == "patching, destroyed"]["value"].tolist() == of.destroyed[:, 0].tolist()
    assert part["place"].isna().all()


def test_json_has_the_same_numbers_as_the_rows(folder, rows):
    found = json.loads(read(folder, "diagnosis.json"))
    listed = [("", one) for one in found["split"]["measurements"]]
    listed += [(n, one) for n, text in enumerate(found["texts"], start=1) for one in text["measurements"]]
    assert len(listed) == len(rows)
    for (number, one), row in zip(listed, rows.to_dict("records"), strict=True):
        assert one.get("text", "") == number
        assert {name: value for name, value in row.items() if not pd.isna(value)} == one
    assert found["provenance"] == PROVENANCE
    assert found["texts"][0]["verdict"]["kind"] in read(folder, "text-1.html")


def test_a_caveat_of_the_classifier_is_on_every_page_and_is_nothing_that_was_left_out(whole, tmp_path):
    write_diagnosis(replace(whole, caveats=("the head reads <b>another place</b>",)), tmp_path)
    for name in ("index.html", "text-1.html"):
        page = read(tmp_path, name)
        assert page.count("Note: the head reads &lt;b&gt;another place&lt;/b&gt;.") == 1
        assert page.index("Note: the head") < page.index('id="notes"')
    found = json.loads((tmp_path / "diagnosis.json").read_text())
    assert (found["caveats"], found["notes"]) == (["the head reads <b>another place</b>"], [])


def test_cause_on_the_overview_is_that_of_the_split(folder, small_split, rows):
    answers, cause = small_split
    page = read(folder, "index.html")
    right = cause.evidence[Comparison("right", "all sentences")]
    taught = cause.evidence[Comparison("trained", "even")]
    shown = {line[0]: line for line in cells(page, "cause")}
    expected = f"{signed(taught.value, 3)} [{signed(taught.low, 3)}, {signed(taught.high, 3)}]"
    assert [one.replace("\u00a0", " ") for one in shown["even"][1:]] == [expected]  # the classifier is its own probe
    assert right.value == pytest.approx((answers.answers.model == answers.answers.gold).mean())
    row = rows[(rows["method"] == "right") & (rows["name"] == "all sentences")].iloc[0]
    assert (row["value"], row["low"], row["high"], row["n"]) == (right.value, right.low, right.high, right.n)
    n_layers = len(answers.answers.layers)
    of_phenomena = 3 * 2 * (1 + n_layers)  # rate, difference and p of two groups, for the classifier and each layer
    lost = rows[rows["what"] == "lost from this layer on"].shape[0]
    assert rows[rows["text"].isna()].shape[0] == len(cause.evidence) + of_phenomena + lost
    assert "3 sentences of dev have no label that train has" in page
    assert f"2 of the {len(answers.wrong)} wrong sentences of dev" in page


def test_errors_by_phenomenon_are_those_of_the_answers(folder, whole, rows):
    answers, page = whole.of_split.answers.answers, read(folder, "index.html")
    shown = {line[0]: line for line in cells(page, "phenomena")}
    wrong = [answers.model != answers.gold, *(answers.probes != answers.gold)]
    for place, name in enumerate(answers.groups.names):
        inside = answers.groups.inside[:, place]
        assert shown[name][1] == f"{inside.sum():,}"
        for cell, one in zip(shown[name][2:], wrong, strict=True):
            assert cell.startswith(f"{100 * one[inside].mean():.1f}\u00a0% [")
        part = rows[(rows["what"] == "error rate") & (rows["name"] == name)]
        np.testing.assert_allclose(part["value"], [one[inside].mean() for one in wrong])
        assert part["method"].tolist() == ["classifier", *["probe"] * len(answers.layers)]
        apart = rows[(rows["what"] == "error rate minus that of the rest") & (rows["name"] == name)]
        np.testing.assert_allclose(apart["value"], [one[inside].mean() - one[~inside].mean() for one in wrong])
    found = json.loads(read(folder, "diagnosis.json"))["split"]["phenomena"]
    assert [(one["name"], one["rule"], one["n"]) for one in found] == [
        (name, whole.of_split.rules.get(name, ""), int(n))
        for name, n in zip(answers.groups.names, answers.groups.inside.sum(axis=0), strict=True)
    ]
    assert "&lt;b&gt;even&lt;/b&gt; length" in page


def test_pages_need_no_other_file_and_texts_never_become_markup(folder):
    for name in ("text-1.html", "text-2.html", "index.html"):
        page = read(folder, name)
        assert loads_nothing(page) and foreign_scripts(page) == []
        assert "<b>bold" not in page and "<i>tiny" not in page
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; ]" in read(folder, "text-2.html")
    assert 'href="text-2.html"' in read(folder, "index.html")
    assert read(folder, "text-1.html").count("data:image/png;base64,") == 2


def test_the_page_says_what_it_may_claim_and_gives_reasons_for_and_against(folder, small_texts):
    page = html.unescape(re.sub(r"<.*?>", "", read(folder, "text-1.html")))
    assert "What this may and may not claim" in page and "not proof" in page
    for rule in small_texts[0].verdict.rules:
        for reason in (*rule.reasons, *rule.against):
            assert reason in page


def test_patching_in_the_rows_is_that_of_the_figure(folder, rows, small_texts):
    drawn = pd.read_csv(folder / "figures" / "text-1-words.csv")
    part = rows[(rows["text"] == 1) & (rows["what"] == "patching, recovered") & rows["place"].notna()]
    np.testing.assert_allclose(part["value"], drawn["recovered"], rtol=1e-12)
    assert part["layer"].tolist() == drawn["layer"].tolist()
    assert part["name"].tolist() == drawn["word"].tolist()
    heads = rows[(rows["text"] == 1) & (rows["what"] == "patching, destroyed") & rows["head"].notna()]
    np.testing.assert_allclose(heads["value"], small_texts[0].patched.heads.destroyed.ravel(), rtol=1e-12)


def test_the_same_diagnosis_gives_the_same_bytes(whole, folder, tmp_path):
    write_diagnosis(whole, tmp_path)
    names = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert [name for name in names if (folder / name).read_bytes() != (tmp_path / name).read_bytes()] == []
