"""Faults that are planted into a small model, which was trained here, are named, and their repairs bring the gain."""

import pytest

from pipelines.validating.fault_outcomes import outcomes, parts_of_corpus
from pipelines.validating.planted_faults import FAULTS
from probing.analysis.phenomena import usual_phenomena
from probing.axes import no_progress
from probing.data.grammar import Grammar
from probing.probe.linear import Linear


@pytest.fixture(scope="module", params=[3, pytest.param(10, marks=pytest.mark.slow)])
def seeds(request):
    return request.param


@pytest.fixture(scope="module")
def found(small_encoder, small_corpus, seeds):
    options = Linear("linear", [1e-3, 1e-2, 1e-1])
    return [
        one
        for seed in range(1, seeds + 1)
        for one in outcomes(small_encoder, small_corpus(seed), seed, options, 400, no_progress)
    ]


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_named_in_all_seeds_but_one(found, seeds, fault):
    named = [one.named for one in found if one.fault == fault]
    assert len(named) == seeds
    assert sum(named) >= seeds - 1, [
        (one.seed, one.cause.kind, one.cause.group, one.cause.layer) for one in found if one.fault == fault
    ]


def test_gains_of_repairs_are_as_predicted(found):
    gains = [one.gain for one in found if one.gain is not None]
    assert all((one.gain is None) == (one.fault == "healthy") for one in found if one.named)
    assert sum(gain.sign_is_right for gain in gains) >= 0.9 * len(gains)
    assert sum(gain.covered for gain in gains) >= 0.85 * len(gains)


def test_a_sentence_of_train_has_rare_words_if_no_other_one_has_them():
    splits = Grammar(train=60, dev=20, test=20).load()
    parts, names = parts_of_corpus(splits), [one.name for one in usual_phenomena(splits.splits["train"])]
    rare = {split: part.groups.inside[:, names.index("rare words")] for split, part in parts.items()}
    assert rare["train"].any() and not rare["train"].all() and rare["dev"].any()


def test_gains_of_single_texts_are_as_predicted(found, seeds):
    gains = [text.gain for one in found for text in one.texts if text.gain is not None]
    sure = [gain for gain in gains if gain.is_sure]
    assert len(sure) > 10 * seeds
    assert sum(gain.sign_is_right for gain in sure) >= 0.9 * len(sure)
    assert sum(gain.covered for gain in gains) >= 0.85 * len(gains)


def test_only_errors_have_a_verdict_of_their_own(found):
    for one in found:
        assert len(one.texts) <= 10
        assert all(text.kind != "right" for text in one.texts)
        assert all((text.fits is None) == (one.fault == "healthy") for text in one.texts)
