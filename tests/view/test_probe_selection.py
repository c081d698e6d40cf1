"""Which run's probes are shown for a task, and which other ones are named."""

import pytest

from probing.data.grammar import Grammar
from probing.probe.saved import FILE
from probing.view.probe_selection import ORDER, select_probes
from probing.view.record import AUTO
from probing.view.run_probes import corpus_identity

GENERATED = {
    "data": "grammar",
    "source": {"_target_": f"{Grammar.__module__}.{Grammar.__qualname__}", "name": "grammar"},
    "fingerprint": "grammar",
}
SST2 = {
    "data": "sst2",
    "source": {"_target_": "probing.data.labelled.Labelled", "name": "sst2"},
    "fingerprint": "sst2",
}
PART = {**SST2, "data": "sst2-100", "fingerprint": "sst2-100", "n_train": 100}


def selected(folder, shown: dict | None = None, asked: tuple[str, ...] = (AUTO,)):
    corpus = corpus_identity(shown["source"], shown["fingerprint"]) if shown else None
    return select_probes([folder], "sha256-1", "float32", corpus, asked=asked)


def names(found) -> list[str]:
    return [one.outline.run.rpartition("/")[2] for one in found.trained]


def test_on_the_same_data_most_layers_come_first_then_the_best_on_dev_then_the_newest(run, tmp_path):
    run("a", finished="2024-01-01T00:00:00+00:00")
    run("b", finished="2024-03-01T00:00:00+00:00")
    run("c", finished="2024-05-01T00:00:00+00:00", dev=0.09)
    run("d", finished="2024-04-01T00:00:00+00:00", layers=(1,), dev=0.9)
    run("e", ("X", "Y"))  # other labels: another task
    run("f", (), task="depth")
    found = selected(tmp_path)
    assert names(found) == ["f", "b", "e"]
    [note] = found.notes
    others = ", ".join(f"main/m/ewt/pos/linear/{name}" for name in "acd")
    assert note == f"pos: not shown (the same data, but fewer layers, a lower score on dev, or older): {others}"


def test_a_higher_score_on_generated_text_does_not_win_over_a_lower_one_on_natural_text(run, tmp_path, hidden, tokens):
    run("easy", dev=0.99, n_train=9000, finished="2025-01-01T00:00:00+00:00", **GENERATED)
    run("hard", dev=0.88, **SST2)
    found = selected(tmp_path)
    assert names(found) == ["hard"]
    [note] = found.notes
    assert note.startswith(f"pos: not shown (other data: {ORDER};")
    assert note.endswith("): main/m/grammar/pos/linear/easy")
    [shown] = found(hidden, tokens)
    assert (shown.other_data, shown.notes) == (("grammar (9,000 sentences)",), ())


def test_of_natural_corpora_the_one_with_more_training_sentences_comes_first_whatever_the_scores(run, tmp_path):
    run("small", dev=0.99, **PART)
    run("large", dev=0.5, n_train=6920, **SST2)
    assert names(selected(tmp_path)) == ["large"]


def test_of_corpora_of_one_size_the_newer_run_comes_first(run, tmp_path):
    run("older", dev=0.99, finished="2024-01-01T00:00:00+00:00")
    run("newer", dev=0.5, finished="2024-02-01T00:00:00+00:00", **SST2)
    assert names(selected(tmp_path)) == ["newer"]


def test_a_corpus_sentence_is_read_by_probes_of_its_own_corpus(run, tmp_path):
    run("generated", **GENERATED)
    run("natural", n_train=6920, **SST2)
    run("part", **PART)
    for shown, expected in ((GENERATED, "generated"), (SST2, "natural"), (PART, "part")):
        found = selected(tmp_path, shown)
        assert names(found) == [expected]
        assert found.trained[0].same_corpus


def test_a_sentence_of_a_corpus_without_probes_gets_none_however_good_others_are(run, tmp_path, hidden, tokens):
    run("natural", n_train=6920, dev=0.99, **SST2)
    run("generated", dev=0.99, **GENERATED)
    unknown = {"source": {"_target_": "x", "name": "y"}, "fingerprint": "z"}
    found = selected(tmp_path, unknown)
    assert found(hidden, tokens) == []
    assert found.notes == (
        "pos: no probes trained on the corpus of this sentence were found; there are some trained on grammar, sst2: to "
        "see them, type probes=grammar or probes=sst2",
    )
    asked = selected(tmp_path, unknown, ("sst2",))
    assert names(asked) == ["natural"]
    assert not asked.trained[0].same_corpus


@pytest.mark.parametrize("shown", [None, SST2])
def test_the_corpus_that_is_named_is_taken_whatever_the_scores(run, tmp_path, shown):
    run("natural", dev=0.99, n_train=6920, **SST2)
    run("generated", dev=0.2, n_train=10, **GENERATED)
    run("depth", (), task="depth", **SST2)
    found = selected(tmp_path, shown, ("grammar",))
    assert names(found) == ["generated"]
    assert found.trained[0].outline.other_data == ("sst2 (6,920 sentences)",)
    absent, left = found.notes
    assert absent.startswith("depth: no probes trained on grammar were found")
    assert left.startswith("pos: not shown (trained on another corpus than the one that is asked for;")


def test_another_part_of_the_same_source_comes_before_other_corpora(run, tmp_path):
    run("part", **PART)
    run("other", n_train=9000)
    assert names(selected(tmp_path, SST2)) == ["part"]


def test_scores_with_and_without_punctuation_are_not_compared(run, tmp_path):
    run("kept", dev=0.99, finished="2024-01-01T00:00:00+00:00")
    run("removed", dev=0.5, punctuation="remove", finished="2024-02-01T00:00:00+00:00")
    found = selected(tmp_path)
    assert names(found) == ["removed"]
    assert found.trained[0].outline.other_data == ("ewt (1,000 sentences)",)


def test_a_sentence_that_the_probes_may_have_been_trained_or_chosen_on_is_marked(run, tmp_path, hidden, tokens):
    from probing.axes import Sentence
    from probing.view.record import CorpusSentence

    run("a", **SST2)
    for split, shown, marked in (("train", SST2, 1), ("dev", PART, 1), ("test", SST2, 0), ("train", GENERATED, 0)):
        place = CorpusSentence("sst2", split, 0, Sentence("s", ("the", "foxes", "…", "sleep")))
        [found] = selected(tmp_path, shown, ("sst2",))(hidden, tokens, place)
        assert len(found.notes) == marked
        assert all(f"this sentence is in {split} of sst2" in note for note in found.notes)


def test_a_linear_run_without_probes_is_named(run, unsigned, tmp_path, hidden, tokens):
    (unsigned(run("old")) / FILE).unlink()
    (unsigned(run("nonlinear", probe="mdl")) / FILE).unlink()
    (unsigned(run("pairs", (), level="pair")) / FILE).unlink()
    (unsigned(run("of another model", checkpoint="sha256-2")) / FILE).unlink()
    found = selected(tmp_path)
    old, others = found.notes
    assert old.endswith(
        "/runs/old: has no probes.safetensors (made by an earlier version); delete its folder and run again"
    )
    assert others == "not shown: pos (linear), pos (mdl); a run keeps linear probes of words and sentences only"
    assert found(hidden, tokens) == []


def test_runs_of_other_models_and_unfinished_ones_are_not_used(run, tmp_path, hidden, tokens):
    run("a", checkpoint="sha256-2")
    run("b", precision="bfloat16")
    (run("d") / "manifest.json").unlink()
    found = select_probes([tmp_path, tmp_path / "not there"], "sha256-1", "float32")
    assert found(hidden, tokens) == []
    assert found.notes == ()
