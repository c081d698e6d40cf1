"""A classifier from the command line: what its folder says is what plain transformers computes from it."""

import json

import pytest

OPTIONS = ("data=grammar", "data.train=60", "data.dev=20", "data.test=30", "threads=1", "resamples=100")


def short(pipeline, sentences):
    """The sentences that fit into the 64 positions of the tiny model."""
    return [s for s in sentences if len(pipeline.tokenizer(" ".join(s.words))["input_ids"]) <= 64]


@pytest.fixture(scope="module")
def made(here, tiny, tmp_path_factory):
    """A tiny classifier of sentences that reads layer 2, and what was printed."""
    outputs = tmp_path_factory.mktemp("made")
    options = (f"model.checkpoint={tiny}", "model.name=tiny", *OPTIONS, "layer=2", f"outputs={outputs}")

    def call(*more):
        return here(*options, *more, small=False, program="classifier")

    done = call()
    assert done.code == 0, done.err
    return outputs / "classifiers" / "tiny-grammar-sentiment-layer2", done, call


def test_the_scores_are_those_of_transformers_own_pipeline(made):
    import transformers

    from probing.data.grammar import Grammar

    folder, done, _ = made
    corpus = Grammar(name="grammar", train=60, dev=20, test=30).load()
    pipeline = transformers.pipeline("text-classification", str(folder))
    assert pipeline.model.config.num_hidden_layers == 2
    facts = json.loads((folder / "training.json").read_text())
    for score in facts["scores"]:
        some = short(pipeline, corpus.splits[score["split"]])
        left_out = len(corpus.splits[score["split"]]) - len(some)
        assert score["left_out"] == ({"in a sentence longer than the window": left_out} if left_out else {})
        right = [pipeline(" ".join(s.words))[0]["label"] == s.label for s in some]
        assert score["accuracy"]["value"] == pytest.approx(sum(right) / len(right))
        assert score["accuracy"]["ci_low"] <= score["accuracy"]["value"] <= score["accuracy"]["ci_high"]
        always = [s.label == facts["most_frequent"] for s in some]
        assert score["majority"]["value"] == pytest.approx(sum(always) / len(always))
        assert f"{score['accuracy']['value']:.3f}" in done.out
    assert str(folder) in done.out
    card = (folder / "README.md").read_text()
    assert "layer 2" in card and "negative, positive" in card and facts["checkpoint"] in card
    assert sorted(path.name for path in folder.parent.iterdir() if not path.name.endswith(".lock")) == [folder.name]


def test_it_is_made_once_and_never_written_over(made):
    folder, _, call = made
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    again = call()
    assert again.code == 0 and "already done" in again.out
    other = call("seed=1")
    assert other.code == 2 and f"{folder} exists and holds something else" in other.err
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_classifier_of_words_is_the_linear_probe(here, tiny, tmp_path):
    import transformers

    from probing.data.grammar import Grammar

    done = here(
        *(f"model.checkpoint={tiny}", *OPTIONS, "task=pos", "data=grammar", f"out={tmp_path / 'words'}"),
        *(f"outputs={tmp_path}", "probe.l2=[1e-2]"),
        small=False,
        program="classifier",
    )
    assert done.code == 0, done.err
    facts = json.loads((tmp_path / "words" / "training.json").read_text())
    assert facts["fit"]["linear"] and facts["fit"]["l2"] == 0.01
    pipeline = transformers.pipeline("token-classification", str(tmp_path / "words"), ignore_labels=[])
    right, total = 0, 0
    for sentence in short(pipeline, Grammar(name="grammar", train=60, dev=20, test=30).load().splits["test"]):
        starts, at = {}, 0
        for word, tag in zip(sentence.words, sentence.upos, strict=True):
            starts[at], at = tag, at + len(word) + 1
        shown = {one["start"]: one["entity"] for one in pipeline(" ".join(sentence.words)) if one["start"] in starts}
        right, total = right + sum(starts[at] == tag for at, tag in shown.items()), total + len(shown)
    [test] = [score for score in facts["scores"] if score["split"] == "test"]
    assert (test["accuracy"]["n_items"], test["accuracy"]["value"]) == (total, pytest.approx(right / total))


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["task=depth"], "task=depth: it gives no class"),
        (["task=distance"], "task=distance: it gives no class"),
        (["task=arc"], "task=arc: it gives no class"),
        (["probe=mlp"], "probe=mlp: a head is fitted as the linear probe"),
        (["layer=0"], "layer=0: must be greater than 0"),
        (["layer=7"], "layer=7: tiny has layers 1 to"),
        (["model.untrained_seed=1"], "leave this option out"),
        (["model.precision=bfloat16"], "trained in float32"),
        (["data.train_sentences=10"], "type data.max_sentences"),
        (["heads=3"], "heads"),
    ],
)
def test_what_cannot_be_a_classifier_is_refused_in_one_line(here, tiny, tmp_path, typed, message):
    options = (f"model.checkpoint={tiny}", "model.name=tiny", *OPTIONS, f"outputs={tmp_path}")
    done = here(*options, *typed, "data=grammar", small=False, program="classifier")
    assert done.code in (1, 2)
    assert message in done.err
    assert len(done.err.splitlines()) <= 2
    assert not (tmp_path / "classifiers").exists() or not [
        p for p in (tmp_path / "classifiers").iterdir() if p.is_dir()
    ]
