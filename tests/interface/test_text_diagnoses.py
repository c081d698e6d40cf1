"""What probing.diagnose returns: one text or several, as a table, as files, in words, and in a notebook."""

import html
import json
import re

import pandas as pd
import pytest

import probing
from probing.errors import ConfigError

TEXTS = {"It was <b>not</b> dull": "positive", "A dull film & a fine one": "negative"}


@pytest.fixture(scope="module")
def found(vectors):
    probe = probing.Probe(resamples=50).fit(vectors, task="sentiment")
    return probing.diagnose(probe, [*TEXTS], [*TEXTS.values()])


def test_one_of_several_texts_is_chosen_by_its_place(found):
    assert len(found) == 2
    assert [(one.text, one.label) for one in found] == [*TEXTS.items()]
    assert found[-1].text == found[1].text
    for name in ("text", "label", "answer", "confidence", "verdict", "evidence"):
        with pytest.raises(ConfigError, match=r"these are 2 texts; choose one, as in found\[0\]\.verdict"):
            getattr(found, name)
    with pytest.raises(IndexError):
        _ = found[2]


def test_table_dictionary_and_files_have_the_same_numbers(found, tmp_path):
    table = found.to_frame()
    assert sorted(table["text"].unique()) == [1, 2]
    alone = found[1].to_frame()
    pd.testing.assert_frame_equal(
        alone.drop(columns="text"), table[table["text"] == 2].drop(columns="text").reset_index(drop=True)
    )
    page = found.save(tmp_path / "new")
    assert page == tmp_path / "new" / "index.html"
    assert {path.name for path in page.parent.iterdir()} >= {"text-1.html", "text-2.html", "rows.csv"}
    read = json.loads((page.parent / "diagnosis.json").read_text(encoding="utf-8"))
    assert read == json.loads(json.dumps(found.to_dict()))
    assert read["provenance"]["data"]["sentences"] == {"train": 40, "dev": 40, "test": 40}
    with pytest.raises(ConfigError, match="holds something; name a new folder, or delete that one"):
        found.save(tmp_path / "new")


def test_in_words_it_says_label_answer_and_verdict(found):
    for one in found:
        first, second, *rest = repr(one).splitlines()
        assert first.startswith(f"“{one.text}”: label {one.label}, answer {one.answer} (")
        assert second == f"  verdict: {one.verdict.kind}. {one.verdict.says}"
        wrong = one.label != one.answer
        assert rest == ([f"  repair to try: {one.verdict.repair}"] if wrong else [])
    assert repr(found) == "\n".join(map(repr, found))


def test_a_notebook_shows_the_page_of_one_text_and_the_overview_of_several(found):
    frames = {
        len(one): html.unescape(re.search(r'srcdoc="([^"]*)"', one._repr_html_())[1]) for one in (found[0], found)
    }
    assert "Words side by side" in frames[1] and "Words side by side" not in frames[2]
    for page in frames.values():
        assert "It was &lt;b&gt;not&lt;/b&gt; dull" in page and "<b>not</b>" not in page
        links = re.findall(r'href="([^"]*)"', page)
        assert links and all(link.startswith(("about:srcdoc#", "https://")) for link in links)  # no file is beside it
        ids = set(re.findall(r'id="([^"]*)"', page))
        assert {link.partition("#")[2] for link in links if link.startswith("about:")} <= ids
