import numpy as np
import pytest

from probing.analysis.items import control, control_name, draw_of
from probing.axes import Labels


def test_no_two_draws_of_controls_are_equal_whatever_seed_and_draw(study):
    drawn = [control(study.task, study.corpus, study.labels, (seed, draw)) for seed in range(3) for draw in range(3)]
    flat = [np.concatenate(labels.values["train"]) for labels in drawn]
    equal = [(i, j) for i in range(9) for j in range(i) if np.array_equal(flat[i], flat[j])]
    assert equal == []


def test_the_same_seed_and_draw_give_the_same_control(study):
    one, other = (control(study.task, study.corpus, study.labels, (1, 2)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one.values["dev"], other.values["dev"], strict=True))


def test_names_of_draws_are_read_back():
    assert [draw_of(control_name(draw)) for draw in (0, 11)] == [0, 11]
    assert draw_of("task") is None


def test_items_have_vectors_and_labels_and_what_has_none_is_counted(make, corpus):
    class Half:
        """POS of every second word."""

        def __init__(self, task):
            self.task = task

        def __getattr__(self, name):
            return getattr(self.task, name)

        def labels(self, corpus) -> Labels:
            found = self.task.labels(corpus)
            cut = {
                split: [np.where(np.arange(len(v)) % 2, v, -1) for v in rows] for split, rows in found.values.items()
            }
            return Labels(found.level, found.kind, cut, found.classes)

    whole = make()
    study = make(task=Half(whole.task))
    n_words = sum(len(s.words) for sentences in corpus.splits.values() for s in sentences)
    n_kept = sum(len(words) for rows in study.items.words.values() for words in rows)
    assert study.items.vectors.layer(0)["test"].shape[0] == sum(map(len, study.items.words["test"]))
    [skipped] = [note.text for note in study.items.notes if note.kind == "skipped"]
    assert skipped == f"{n_words - n_kept:,} words have no label and are left out"
    assert [note for note in whole.items.notes if note.kind == "skipped"] == []


@pytest.mark.parametrize("controls", [0, 2])
def test_there_are_as_many_controls_as_asked_for(make, study, controls):
    from dataclasses import replace

    found = make(options=replace(study.options, controls=controls))
    assert set(found.items.targets) == {"task", *map(control_name, range(controls))}
