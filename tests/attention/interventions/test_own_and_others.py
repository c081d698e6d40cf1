"""Where outputs read, whose attention that is, and effects on a word's own label and on the others."""

import numpy as np
import pytest

from probing.attention.interventions.model_head import head_readout
from probing.attention.interventions.own_and_others import apart, attended, on_others, places_of
from probing.attention.interventions.places import Places
from probing.attention.interventions.rank_correlation import received
from probing.attention.interventions.readouts import HeadReadout, ProbeReadout
from probing.model.batches import batch_of


def probe(encoder, gold, **options):
    return ProbeReadout("p", 2, np.zeros((2, 17)), np.zeros(16), np.ones(16), gold, **options)


@pytest.mark.parametrize("vector", ["mean", "first", "last"])
def test_a_words_own_are_all_of_its_subwords_wherever_it_is_read(encoder, subwords, vector):
    gold = [np.zeros(n, dtype=int) for n in subwords.n_words]
    gold[1][3] = -1
    batch = batch_of(subwords, [1, 2], encoder.pad)
    places = probe(encoder, gold, vector=vector).places(batch)
    labelled = [(row, word) for row in (0, 1) for word in range(len(gold[row + 1])) if gold[row + 1][word] >= 0]
    assert places.rows.tolist() == [row for row, _ in labelled]
    for place, (row, word) in enumerate(labelled):
        own = batch.words[row] == word
        np.testing.assert_array_equal(places.own[place], own)
        at = {"mean": own / own.sum(), "first": own.cumsum() * own == 1, "last": own[::-1].cumsum()[::-1] * own == 1}
        np.testing.assert_allclose(places.reads[place], at[vector], atol=1e-6)


@pytest.mark.parametrize(
    ("vector", "position"), [("cls", "first"), ("cls", "last"), ("mean", "first"), ("last", "first")]
)
def test_a_sentences_label_is_read_at_its_position_and_is_no_words_own(encoder, subwords, vector, position):
    readout = probe(encoder, [np.array([0])] * 4, level="sentence", vector=vector, cls_position=position)
    for sentence, places in enumerate(places_of(encoder, subwords, readout)):
        words = subwords.words[subwords.offsets[sentence] : subwords.offsets[sentence + 1]]
        in_words = words >= 0
        expected = {"mean": in_words / in_words.sum(), "last": np.arange(len(words)) == np.flatnonzero(in_words)[-1]}
        expected["cls"] = np.arange(len(words)) == (0 if position == "first" else len(words) - 1)
        np.testing.assert_allclose(places.reads, expected[vector][None], atol=1e-6)
        assert not places.own.any()


def test_a_head_reads_where_it_predicts(encoder, subwords):
    gold = [np.full(n, -1) for n in np.diff(subwords.offsets)]
    gold[1][[2, 4]] = 7
    for level in ("word", "sentence"):
        readout = HeadReadout("h", 3, lambda states: states, gold, level=level)
        places = places_of(encoder, subwords, readout)[1]
        assert [row.nonzero()[0].tolist() for row in places.reads] == [[2], [4]]
        assert places.own.any() == (level == "word")
        assert level == "sentence" or np.array_equal(places.own, places.reads == 1)


def test_attention_is_that_of_other_words_places():
    # three tokens; word 0 is token 0, word 1 is tokens 1 and 2 and read as their mean
    places = Places(np.zeros(2, dtype=int), np.array([[1, 0, 0], [0, 0.5, 0.5]]), np.array([[1, 0, 0], [0, 1, 1]]) == 1)
    maps = np.array([[[0.1, 0.2, 0.7], [0.3, 0.3, 0.4], [0.5, 0.1, 0.4]]])
    np.testing.assert_allclose(attended(maps, places), [[(0.3 + 0.5) / 2, 0.2, 0.7]])
    np.testing.assert_allclose(received(maps, places), attended(np.stack([maps, maps], axis=1), places))
    nothing_else = Places(np.zeros(1, dtype=int), np.array([[1.0, 0, 0]]), np.array([[True, False, False]]))
    found = attended(maps, nothing_else)[0]
    assert np.isnan(found[0])
    np.testing.assert_allclose(found[1:], [0.2, 0.7])


def test_effects_by_hand():
    own = np.array([[True, False, False], [False, True, False]])  # token 2 has no label
    places = Places(np.zeros(2, dtype=int), own.astype(np.float32), own)
    effects = np.array([[3.0, 0.5], [0.25, 2.0], [1.0, -1.0]])  # tokens by places
    np.testing.assert_allclose(on_others(effects, places), [0.5, 0.25, 0.0])
    mine, others = apart([effects], [places], "word", 4, "test")
    assert (mine.target, mine.sums.item(), mine.items.item()) == ("own label", 5.0, 2)
    assert (others.target, others.sums.item(), others.items.item()) == ("other words' labels", 0.75, 3)
    assert mine.layers == (4,)
    assert np.isnan(on_others(np.zeros((3, 0)), places)).all()  # a sentence that did not fit
    special = np.vstack([np.full((1, 2), np.nan), effects[1:]])
    assert np.isnan(on_others(special, places)[0])
    mine, others = apart([special, np.zeros((3, 0))], [places, places], "word", 4, "test")
    assert (mine.sums[0, 0], mine.items.tolist()) == (2.0, [1, 0])
    assert (others.sums[0, 0], others.items.tolist()) == (0.25, [2, 0])


def test_of_a_sentences_label_all_is_one_effect():
    places = Places(np.zeros(1, dtype=int), np.ones((1, 2), dtype=np.float32) / 2, np.zeros((1, 2), dtype=bool))
    [whole] = apart([np.array([[0.5], [0.25]])], [places], "sentence", 3, "test")
    assert (whole.target, whole.sums.item(), whole.items.item()) == ("the sentence's label", 0.75, 2)


def test_masked_words_are_the_blank_already(build, tmp_path):
    import transformers

    from probing.attention.interventions.token_effects import blank_out, special_token
    from probing.model.checkpoint import Model, resolve
    from probing.model.encoder import load

    folder = build("bert", tmp_path)
    transformers.BertForMaskedLM(transformers.AutoConfig.from_pretrained(folder)).save_pretrained(folder)
    model = Model(checkpoint=str(folder))
    encoder = load(model, resolve(model), maps=True, head=True)
    plain = encoder.tokenize([("the", "quick", "brown", "fox", "jumps"), ("she", "left", "New", "York")])
    masked, output = head_readout(encoder, plain, np.random.default_rng(0))
    assert "masked" in output.predicts and "15 %" in output.predicts
    places, blank = places_of(encoder, masked, output), special_token(encoder)[1]
    for sentence, effects in enumerate(blank_out(encoder, masked, output, blank)):
        part = slice(*masked.offsets[sentence : sentence + 2])
        left_out = (masked.ids[part] == blank) | (masked.words[part] < 0)
        np.testing.assert_array_equal(np.isnan(effects).all(axis=1), left_out)
        own, _ = apart([effects], [places[sentence]], output.level, output.layer, "test")
        assert own.items.tolist() == [0]  # of a masked word there is no own effect
