"""A diagnosis from the command line to its pages, with a tiny model; and what a user may type wrongly."""

import importlib
import json

from pipelines.shared.cli import help_screen

PLAIN = ("data=grammar", "data.train=60", "data.dev=40", "data.test=20", "threads=1")  # for any probe
TEXT = ("text=The movie was unexpectedly not boring", "label=positive")


def test_one_text_has_a_page_and_the_same_call_writes_the_same_again(diagnose, outputs, page_of):
    code, out, err = diagnose(*TEXT)
    assert (code, err) == (0, "")
    page = page_of(out)
    folder = page.parent
    assert folder.parent.parent.parent == outputs / "diagnoses"
    assert folder.name.startswith("the-movie-was-unexpectedly-not-boring-")
    assert {path.name for path in folder.iterdir()} == {
        "index.html",
        "text-1.html",
        "rows.csv",
        "diagnosis.json",
        "figures",
    }
    found = json.loads((folder / "diagnosis.json").read_text())
    [text] = found["texts"]
    assert (text["text"], text["label"]) == ("The movie was unexpectedly not boring", "positive")
    assert f"verdict: {text['verdict']['kind']}. " in out
    about = found["provenance"]
    assert "text=The movie was unexpectedly not boring" in about["command"].replace("'", "")
    assert about["commit"] and about["versions"]["torch"] and about["data"]["fingerprint"]
    assert about["config"]["data"]["train"] == 60
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert page_of(diagnose(*TEXT)[1]) == page
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    beside = (path.name for path in folder.parent.iterdir() if folder.name in path.name)
    assert [name for name in beside if not name.endswith(".lock")] == [folder.name]


def test_a_file_of_texts(diagnose, tmp_path, page_of):
    path = tmp_path / "mine.tsv"
    path.write_text("It was dull\tnegative\n\nIt was <b>not</b> dull \tpositive\n", encoding="utf-8")
    code, out, err = diagnose(f"file={path}", f"out={tmp_path / 'out'}")
    assert (code, err) == (0, "")
    assert page_of(out) == tmp_path / "out" / "index.html"
    found = json.loads((tmp_path / "out" / "diagnosis.json").read_text())
    assert [text["text"] for text in found["texts"]] == ["It was dull", "It was <b>not</b> dull"]


def test_another_diagnosis_is_never_overwritten(diagnose, message, tmp_path):
    out = f"out={tmp_path / 'mine'}"
    assert diagnose(*TEXT, out)[0] == 0
    before = (tmp_path / "mine" / "diagnosis.json").read_bytes()
    assert "holds something else than this diagnosis; type another out=…" in message("text=dull", "label=negative", out)
    assert (tmp_path / "mine" / "diagnosis.json").read_bytes() == before


def test_errors_of_a_corpus_have_a_cause_and_the_most_confident_come_first(diagnose, page_of):
    code, out, err = diagnose("errors=2")
    assert (code, err) == (0, "")
    found = json.loads((page_of(out).parent / "diagnosis.json").read_text())
    split = found["split"]
    assert f"{split['wrong']} of {split['sentences']} sentences of dev are wrong" in out
    assert len(found["texts"]) == min(2, split["wrong"])
    assert all(text["answer"] != text["label"] for text in found["texts"])
    sure = [text["confidence"] for text in found["texts"]]
    assert sure == sorted(sure, reverse=True)
    assert split["cause"]["kind"] in ("healthy", "as trained", "outweighed", "unused", "lost", "undecided")


def test_texts_and_labels_that_cannot_be_used(message, tmp_path):
    assert "text= is empty; type text=" in message("text=  ", "label=positive")
    assert "label=good: not a valid value; choose one of negative, positive" in message("text=Fine", "label=good")
    assert "label= is missing" in message("text=Fine")
    assert "text= is missing" in message("label=positive")
    assert "nothing: one of text=, file=, errors= and behaviour= is expected" in message()
    assert "text and errors: one of" in message(*TEXT, "errors=3")
    assert "errors=-1" in message("errors=-1")
    assert "split=train" in message("errors=1", "split=train")
    assert "split=test: it says whose errors are diagnosed" in message(*TEXT, "split=test")
    long = "the lazy dog " * 40
    assert "the model reads 64 at most; shorten it" in message(f"text={long}", "label=positive")


def test_answers_of_other_classes_are_refused_before_anything_is_trained(message, monkeypatch):
    monkeypatch.setattr("pipelines.diagnosing.trained_subject.finished", None)
    said = message(*TEXT, "prompt={text} is", "answers={positive: good, bad: bad}")
    assert "answers are given for positive, bad, and the classes are negative, positive" in said


def test_files_that_cannot_be_used(message, tmp_path):
    assert "cannot be read as UTF-8 text" in message(f"file={tmp_path / 'none.tsv'}")
    wrong = tmp_path / "wrong.tsv"
    for content, said in {
        "It was dull": "line 1: a text, a tab, and its label are expected",
        "It was dull\tnegative\nIt was fine\t\n": "line 2: a text, a tab, and its label are expected",
        "It was dull\tbad\n": "line 1: label=bad: not a valid value; choose one of negative, positive",
        "\n\n": "it has 0 texts; 1 to 200 are expected",
        f"It was dull\tnegative\n{'the lazy dog ' * 40}\tnegative\n": "line 2: the text has",
    }.items():
        wrong.write_text(content, encoding="utf-8")
        assert said in message(f"file={wrong}")
    wrong.write_bytes(b"\xff\xfe dull\tnegative\n")
    assert "cannot be read as UTF-8 text" in message(f"file={wrong}")


def test_other_tasks_and_options_are_refused(message, diagnose):
    said = "a diagnosis is of a classifier of sentences or of words; type task=sentiment or task=pos"
    for task in ("distance", "arc", "depth", "head"):
        assert f"task={task}: {said}" in message(f"task={task}", *TEXT, small=PLAIN)
    assert "are set by the diagnosis; leave them out" in message("layers=1", *TEXT)
    code, out, err = diagnose("data.trian=3", *TEXT)
    assert code == 2 and "Traceback" not in out + err
    assert "Could not override 'data.trian'" in err and "train" in err


OF_WORD = ("task=pos", "text=They <b>watch</b> the light", "label=VERB")


def test_one_word_of_a_text_is_diagnosed_and_named_wherever_it_stands(diagnose, page_of):
    code, out, err = diagnose(*OF_WORD, "word=5")
    assert (code, err) == (0, "")
    folder = page_of(out).parent
    assert "\nwatch (word 5): label VERB, answer " in out
    [text] = json.loads((folder / "diagnosis.json").read_text())["texts"]
    assert (text["word"], text["label"]) == ({"number": 5, "form": "watch"}, "VERB")
    assert {one["word"] for one in text["measurements"]} == {5}
    rows = (folder / "rows.csv").read_text().splitlines()
    assert rows[0].startswith("text,word,") and all(row.startswith("1,5,") for row in rows[1:])
    pages = [(folder / name).read_text() for name in ("text-1.html", "index.html")]
    assert all("watch (word 5)" in page and "<b>watch</b>" not in page for page in pages)
    assert "5, classified" in pages[0] and "Nearest words of train" in pages[0]
    assert "not of one of its words" in pages[0]  # why there are no minimal pairs
    assert page_of(diagnose(*OF_WORD, "word=watch")[1]).parent != folder  # what was typed is part of its name


def test_a_file_of_words(diagnose, message, tmp_path):
    path = tmp_path / "mine.tsv"
    path.write_text("They watch the light\tlight\tNOUN\nThe man saw the dog\t1\tDET\n", encoding="utf-8")
    code, out, err = diagnose("task=pos", f"file={path}", f"out={tmp_path / 'out'}")
    assert (code, err) == (0, "")
    found = json.loads((tmp_path / "out" / "diagnosis.json").read_text())["texts"]
    assert [one["word"] for one in found] == [{"number": 4, "form": "light"}, {"number": 1, "form": "The"}]
    for content, said in {
        "They watch\tVERB\n": "line 1: a text, a tab, a word, a tab, and its label are expected",
        "They watch\t3\tVERB\n": "line 1: word=3: the text has 2 words; type a number of these: 1 They, 2 watch",
        "They watch\twatch\tMAYBE\n": "line 1: label=MAYBE: not a valid value",
    }.items():
        path.write_text(content, encoding="utf-8")
        assert said in message("task=pos", f"file={path}")


def test_words_that_cannot_be_used(message):
    text = ("task=pos", "text=The man saw the man", "label=NOUN")
    assert "word= is missing: this task labels words; type word=1, or another number up to 5" in message(*text)
    assert "word=6: the text has 5 words; type a number of these: 1 The, 2 man" in message(*text, "word=6")
    assert "word=0: the text has 5 words" in message(*text, "word=0")
    assert "word=dog: the text has no such word; its words are 1 The, 2 man" in message(*text, "word=dog")
    assert "word=man: the text has it 2 times; type its number, 2 and 5" in message(*text, "word=man")
    assert "label=GOOD: not a valid value; choose one of" in message(*text[:2], "label=GOOD", "word=1")
    assert "word=1: this task labels whole texts; leave word= out, or type task=pos" in message(*TEXT, "word=1")
    assert "word=1: it says which word of text= has the label; type text= as well" in message("errors=1", "word=1")
    given = ("prompt={text} is a", "answers={NOUN: a, VERB: b}")
    assert "the answer to a prompt is about a whole text" in message(*text, "word=1", *given)
    for options in (["behaviour=2"], ["errors=1", "phenomena=[hedge]"]):
        said = (
            f"{options[-1].partition('=')[0]}= is about the class of a whole sentence, and task=pos labels words; leave"
        )
        assert said in message("task=pos", *options)


def test_errors_of_words_have_a_cause_by_kinds_of_words(diagnose, page_of):
    code, out, err = diagnose("task=pos", "errors=1")
    assert (code, err) == (0, "")
    folder = page_of(out).parent
    found = json.loads((folder / "diagnosis.json").read_text())
    split, [text] = found["split"], found["texts"]
    assert f"{split['wrong']} of {split['words']} words of dev are wrong" in out
    assert split["words"] > 300 and text["answer"] != text["label"]
    assert text["text"].split()[text["word"]["number"] - 1] == text["word"]["form"]
    names = {one["name"] for one in split["measurements"]}
    assert "all words" in names and "all sentences" not in names and "first word of the sentence" in names
    page = (folder / "index.html").read_text()
    assert "Intervals resample whole sentences" in page and "is not asked over the split" in page
    assert f"{text['word']['form']} (word {text['word']['number']})" in page


def test_a_class_that_train_lacks_is_named(message, tmp_path):
    rows = {"train": ("good", "bad"), "dev": ("good", "bad", "odd"), "test": ("good", "bad")}
    for split, labels in rows.items():
        lines = [f"It was {label} {n}\t{label}" for n in range(8) for label in labels]
        (tmp_path / f"{split}.tsv").write_text("\n".join(["text\tlabel", *lines]) + "\n", encoding="utf-8")
    own = ("data=labelled", *(f"data.{split}={tmp_path / split}.tsv" for split in rows), "threads=1")
    said = message("text=It was odd", "label=odd", small=own)
    assert "label=odd: no sentence of train has this class" in said and "choose one of bad, good" in said


def test_the_help_fits_a_screen_of_100_by_40():
    lines = help_screen(importlib.import_module("pipelines.diagnose").__doc__ or "", ()).splitlines()
    assert len(lines) < 40 and max(map(len, lines)) <= 100
