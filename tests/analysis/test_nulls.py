"""Rows of untrained twins: marked, numbered, averaged with an interval over twins and sentences."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from probing.analysis.nulls import counted_notes, marked, null_rows, over_all
from probing.analysis.probes import Probes
from probing.analysis.rollout import RolloutOfWords
from probing.analysis.untrained import MOST, of_twins, twin_of
from probing.axes import Note
from probing.result.bootstrap import mean_over_draws, resample_counts, resampled, scores
from probing.result.rows import Measurement
from probing.result.statistics import Statistics
from probing.rng import generator
from probing.store.temporary import temporary


def row(value=0.5, width=0.1, **changes) -> Measurement:
    found = Measurement("test", "task", 1, None, 0, "accuracy", value, value - width, value + width, 10, 5)
    return replace(found, **changes)


def test_rows_are_marked_by_target_or_by_method_and_numbered():
    assert marked(row(), 3) == row(target="untrained", draw=3)
    assert marked(row(target="all", probe="rollout"), None) == row(target="all", probe="untrained rollout")
    assert marked(row(target="task", probe="rollout"), 0).target == "task"


def test_every_twin_has_its_row_and_the_mean_has_one():
    twins = [[row(0.1)], [row(0.2)], [row(0.6)]]
    found = null_rows([row(0.9)], twins)
    assert [(one.draw, one.value) for one in found.rows[:3]] == [(0, 0.1), (1, 0.2), (2, 0.6)]
    assert found.rows[3].draw is None
    assert found.rows[3].value == pytest.approx(0.3)
    assert found.notes == ()


def test_what_reads_no_model_is_left_out():
    offset = row(0.4, probe="offset+1", target="det")
    found = null_rows([row(0.9), offset], [[row(0.1), offset], [row(0.2), offset]])
    assert {one.target for one in found.rows} == {"untrained"}


def test_a_chosen_head_stays_and_the_heads_of_a_grid_do_not():
    heads = [row(0.1 * head, head=head, probe="attention", target="all", metric="entropy") for head in range(3)]
    best = [row(0.3 + 0.1 * k, layer=k, head=k, probe="attention", target="det") for k in range(2)]
    found = null_rows([*heads, row(0.9, layer=4, head=5, probe="attention", target="det")], [[*heads, b] for b in best])
    assert [(one.target, one.layer, one.head) for one in found.rows] == [
        ("det", 0, 0),
        ("det", 1, 1),
        ("det", None, None),
    ]
    assert found.rows[2].value == pytest.approx(0.35)
    assert [note.text.split()[0] for note in found.notes] == ["6"]


def test_the_interval_of_one_twin_is_its_own():
    assert over_all([row(0.5, 0.1)]).ci_low == pytest.approx(0.4)
    uneven = row(0.5, ci_low=0.2, ci_high=0.55)
    found = over_all([uneven])
    assert (found.ci_low, found.ci_high) == (pytest.approx(0.2), pytest.approx(0.55))


def test_the_interval_of_the_mean_adds_the_squares_of_sentences_and_of_twins_on_each_side():
    found = over_all([row(value, ci_low=value - 0.2, ci_high=value + 0.1) for value in (0.1, 0.2, 0.6)])
    of_twins = stats.t.ppf(0.975, 2) * np.std([0.1, 0.2, 0.6], ddof=1) / np.sqrt(3)
    assert found.value - found.ci_low == pytest.approx(np.hypot(0.2, of_twins))
    assert found.ci_high - found.value == pytest.approx(np.hypot(0.1, of_twins))


def test_the_interval_of_the_mean_is_close_to_that_of_resampled_sentences_and_twins():
    rng = generator(1, "twins")
    counts = resample_counts(400, 2000, generator(0, "test"))
    difficulty = rng.normal(0, 1, 400)  # of the sentences, the same for every twin
    draws, rows = [], []
    for level in rng.normal(0, 0.25, 8):
        correct = (rng.random(400) < 1 / (1 + np.exp(-difficulty - level))).astype(float)
        zeros = np.zeros(400)
        draws.append(resampled(Statistics("accuracy", np.column_stack([correct, zeros + 1, zeros, zeros])), counts))
        [score] = scores(draws[-1])
        rows.append(row(score.value, ci_low=score.ci_low, ci_high=score.ci_high))
    [joint] = scores(mean_over_draws(draws))
    found = over_all(rows)
    assert found.value == pytest.approx(joint.value)
    ratio = (found.ci_high - found.ci_low) / (joint.ci_high - joint.ci_low)
    assert 1.0 <= ratio < 1.8  # sentences that vary together in part: too wide, never too narrow


def test_notes_of_twins_are_counted_and_those_of_the_model_are_not_repeated():
    known, new = Note("skipped", "no tree"), Note("unconverged", "task, layer 1")
    found = counted_notes([known], [[known, new], [new, new], [Note("sample", "30 of 30")]])
    assert found == (Note("unconverged", "2 of 3 untrained twins: task, layer 1"),)


def test_twins_differ_from_each_other_and_from_those_of_another_seed(study):
    seeded = [twin_of(study, number, study.store).model.untrained_seed for number in (0, 1)]
    assert seeded == [0, 1]
    other = replace(study, options=replace(study.options, seed=1))
    assert twin_of(other, 0, study.store).model.untrained_seed == MOST


def test_a_twin_is_analysed_in_a_store_of_its_own(study):
    with temporary(study.store) as store:
        twin = twin_of(study, 0, store)
        probes, rolled = of_twins(Probes())(twin), of_twins(RolloutOfWords())(twin)
        assert not twin.with_head and twin.options.controls == 0
        twin.close()
    assert {one.target for one in probes.rows} == {"task"}
    assert {one.layer for one in probes.rows} == {0, 2}
    assert {one.metric for one in rolled.rows} >= {"mass_on_gold_head"}
