"""Value vectors over a corpus, on a network whose vectors a reader can add up."""

import numpy as np
import pytest

from probing.attention.values.mixing_ratios import mixing_ratios
from probing.attention.values.norms import norms

A, B = 3, 4  # the subwords of the network made by hand


@pytest.fixture(scope="module")
def network():
    """One BERT block over A = (1, -1, 1, -1) and B = (1, 1, -1, -1), attending evenly.

    Both are their own layer normalisation. Each head reads two of the four numbers and writes them to the first two:
    f(A) is (1, -1, 0, 0) from either head, f(B) is (1, 1, 0, 0) from head 0 and its negative from head 1.
    """
    import torch
    import transformers

    config = transformers.BertConfig(
        vocab_size=5,
        hidden_size=4,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=4,
        attn_implementation="eager",
    )
    made = transformers.BertModel(config).requires_grad_(requires_grad=False)
    for table in (made.embeddings.word_embeddings, made.embeddings.position_embeddings):
        table.weight.zero_()
    made.embeddings.token_type_embeddings.weight.zero_()
    made.embeddings.word_embeddings.weight[A] = torch.tensor([1.0, -1, 1, -1])
    made.embeddings.word_embeddings.weight[B] = torch.tensor([1.0, 1, -1, -1])
    attention = made.encoder.layer[0].attention
    for linear in (attention.self.query, attention.self.key):
        linear.weight.zero_()
    attention.self.value.weight.copy_(torch.eye(4))
    attention.output.dense.weight.copy_(torch.tensor([[1.0, 0, 1, 0], [0, 1, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]]))
    attention.output.LayerNorm.weight.fill_(2)
    return made


def close(found, wanted):
    assert np.asarray(found) == pytest.approx(np.array(wanted), abs=1e-5)


def test_vectors_of_two_heads_add_up_or_cancel(by_hand, one_subword_each, network):
    subwords = one_subword_each([[A, B]])
    [(sentence, [layer])] = norms(by_hand(network), subwords, lambda found: found)
    half, root = 2**0.5 / 2, 2**0.5
    assert sentence == 0
    close(layer.heads(), np.full((2, 2, 2), half))
    close(layer.summed, [[root, 0], [root, 0]])  # half of f(A) from both heads; what comes from B cancels
    close(layer.residual, [[10**0.5, 0], [root, 2]])  # A + (1, -1, 0, 0) = (2, -2, 1, -1); nothing + B
    # Divided by the deviation of the whole, (2, -2, 1, -1) and (2, 0, -1, -1), and doubled.
    close(layer.normed, [[2 * 10**0.5 / 2.5**0.5, 0], [2 * root / 1.5**0.5, 2 * 2 / 1.5**0.5]])


def test_mixing_ratios_of_two_sentences(by_hand, one_subword_each, network):
    tallies = mixing_ratios(by_hand(network), one_subword_each([[A, B], [A]]), "dev")
    assert {t.metric for t in tallies} == {"mixing_ratio"}  # there are no special subwords
    found = {t.target: t for t in tallies}
    res = 2**0.5 / (2**0.5 + 2)  # query B: (1, -1, 0, 0) against B; query A gets nothing from B
    wanted = {"attn_w": 1, "attnres_w": 0.5, "attn_n": 1, "attnres_n": res, "attnresln_n": res}
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        tally = found[name]
        assert (tally.probe, tally.split, tally.layers) == ("norm", "dev", (1,))
        close(tally.sums, [[value], [0]])
        close(tally.items, [2, 1])


def test_special_subwords_take_weight_but_not_length(by_hand, one_subword_each, network):
    from dataclasses import replace

    import torch

    subwords = one_subword_each([[A, B, B]])
    subwords = replace(subwords, words=np.array([0, 1, -1], dtype=np.int32))
    attention = network.encoder.layer[0].attention.self
    before = attention.value.weight.clone()
    attention.value.weight.copy_(torch.diag(torch.tensor([1.0, -1, 1, -1])) @ torch.ones(4, 4) / 4)  # of B: nothing
    attention.value.weight[0] += torch.tensor([0.1, 0.1, 0, 0])  # but a little from head 0, of A nothing
    attention.value.bias.copy_(torch.tensor([0.0, 0, 0.3, 0]))  # 0.3 of any subword from head 1
    tallies = mixing_ratios(by_hand(network), subwords, "test")
    attention.value.weight.copy_(before)
    attention.value.bias.zero_()
    found = {t.metric: t for t in tallies if t.metric != "mixing_ratio"}
    assert {(t.metric, t.target, t.probe) for t in found.values()} == {
        ("norm_share_special", "all", "norm"),
        ("attention_share_special", "all", "attention"),
    }
    close(found["attention_share_special"].sums, [[[1, 1]]])  # a third of each query's weight, three queries
    close(found["norm_share_special"].sums, [[[1.5, 1]]])  # head 0: half of what A and both Bs send; head 1: a third


def test_progress_counts_sentences_that_are_done(by_hand, one_subword_each, network):
    seen = []
    subwords = one_subword_each([[A], [B, A], [B]])
    mixing_ratios(by_hand(network), subwords, "dev", [0, 2], lambda *step: seen.append(step))
    assert seen == [("norms", 1, 2), ("norms", 2, 2)]


def test_without_a_usable_sentence_there_is_no_tally(by_hand, one_subword_each, network):
    assert mixing_ratios(by_hand(network), one_subword_each([[A]]), "dev", []) == []


def test_tallies_are_per_sentence_and_layer(encoder, subwords):
    tallies = mixing_ratios(encoder, subwords, "dev")
    lengths = np.diff(subwords.offsets)
    for tally in tallies:
        assert tally.sums.shape == ((4, 3) if tally.metric == "mixing_ratio" else (4, 3, 2))
        assert (tally.items == lengths).all()
        mean = tally.sums.sum(axis=0) / tally.items.sum()
        assert ((mean > 0) & (mean < 1)).all()
