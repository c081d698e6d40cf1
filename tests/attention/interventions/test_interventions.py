"""Head ablation, token interventions and gradients, on a model whose one useful head was planted."""

from dataclasses import replace

import numpy as np
import pytest

from probing.attention.interventions.gradients import gradients
from probing.attention.interventions.head_ablation import Ablation, ablated, head_means
from probing.attention.interventions.head_effects import effects, joint, layer_effects, ranking, sum_of_single
from probing.attention.interventions.own_and_others import apart, attended, on_others, places_of
from probing.attention.interventions.passes import each_batch, hidden
from probing.attention.interventions.readouts import ProbeReadout
from probing.attention.interventions.replaced_weights import replaced_weights
from probing.attention.interventions.token_effects import blank_out, special_token, value_zeroing
from probing.errors import ConfigError, ModelError
from probing.model.batches import PADDING, batch_of
from probing.model.blocks import blocks
from probing.model.maps import maps, usable
from probing.model.memory import Memory
from probing.model.network_pass import hooks

WIDTH, HEADS, TOKENS = 32, 2, 4
A, B, START = 1, 2, 3  # ids; 0 pads
GAIN = 20.0


@pytest.fixture(scope="module")
def planted(by_hand):
    """Two BERT blocks that add what attention gives to what they are given, LayerNorm apart.

    Dimensions: 0 and 1 say A or B, 2 to 11 the position, 12 and 13 what the token before said. Head 1 of layer 1
    looks at the position before and copies 0 and 1 to 12 and 13. All other heads write noise to 20 to 27.
    """
    import torch
    from transformers import BertConfig, BertModel

    size = {"hidden_size": WIDTH, "num_attention_heads": HEADS, "intermediate_size": 4, "num_hidden_layers": 2}
    config = BertConfig(vocab_size=TOKENS, max_position_embeddings=10, **size, attn_implementation="eager")
    network = BertModel(config, add_pooling_layer=False)
    noise = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            weight.fill_(1.0 if name.endswith("LayerNorm.weight") else 0.0)
        words, places = network.embeddings.word_embeddings.weight, network.embeddings.position_embeddings.weight
        words[A, 0], words[B, 1] = 3.0, 3.0
        places[:, 2:12] = 3.0 * torch.eye(10)
        d = WIDTH // HEADS
        for block in blocks(network):
            for head in range(HEADS):
                block.value.weight[head * d : head * d + 4] = 0.3 * torch.randn(4, WIDTH, generator=noise)
                for n in range(4):
                    block.output.weight[20 + 4 * head + n, head * d + n] = 1.0
        first = blocks(network)[0]
        first.value.weight[d:] = 0.0
        first.output.weight[:, d:] = 0.0
        for n in range(2):
            first.value.weight[d + n, n] = 1.0
            first.output.weight[12 + n, d + n] = 1.0
        for place in range(10):
            first.attention.query.weight[d + max(place - 1, 0), 2 + place] = 8.0
            first.attention.key.weight[d + place, 2 + place] = 8.0
    return by_hand(network)


@pytest.fixture(scope="module")
def sentences(one_subword_each):
    rng = np.random.default_rng(0)
    rows = [[START, *rng.choice([A, B], n)] for n in (7, 4, 6, 8, 5, 9, 3, 6)]
    return one_subword_each(rows), [np.array([-1, -1, *np.array(row[1:-1]) - A]) for row in rows]


@pytest.fixture(scope="module")
def before_it(sentences):
    """Reads from layer 2 whether the token before was A or B."""
    weights = np.zeros((2, WIDTH + 1))
    weights[0, 12] = weights[1, 13] = GAIN
    return ProbeReadout("probe by hand", 2, weights, np.zeros(WIDTH), np.ones(WIDTH), sentences[1])


def any_probe(encoder, subwords, layer=None, n_classes=3):
    """A random probe of a tiny model, for what holds of any output."""
    rng = np.random.default_rng(1)
    layer = encoder.n_layers - 1 if layer is None else layer
    gold = [rng.integers(-1, n_classes, n) for n in subwords.n_words]
    gold[0][0] = 0
    weights = rng.normal(size=(n_classes, encoder.width + 1))
    return ProbeReadout("any", layer, weights, rng.normal(size=encoder.width), np.full(encoder.width, 2.0), gold)


def mean_of(tally):
    return tally.sums.sum(axis=0) / tally.items.sum()


@pytest.mark.parametrize("how", ["zero", "mean", "uniform"])
def test_ablation_finds_the_planted_head_and_no_other(planted, sentences, before_it, how):
    subwords, gold = sentences
    means = head_means(planted, subwords) if how == "mean" else None
    tally = effects(planted, subwords, before_it, Ablation(how, means), "dev")
    assert (tally.metric, tally.probe, tally.target) == ("effect_nats", f"ablation_{how}", "probe by hand")
    assert tally.layers == (1, 2) and tally.sums.shape == (len(gold), 2, HEADS)
    assert ranking(tally)[0] == (1, 1)
    effect = mean_of(tally)
    assert effect[0, 1] > 0.5
    effect[0, 1] = 0
    assert np.abs(effect).max() < 0.02


def test_effects_are_those_of_one_head_and_one_sentence_at_a_time(encoder, subwords):
    output, ablation = any_probe(encoder, subwords), Ablation("uniform")
    tally = effects(encoder, subwords, output, ablation, "dev")
    by_layer = layer_effects(encoder, subwords, output, ablation, "dev")
    for sentence in range(len(subwords)):
        alone = batch_of(subwords, [sentence], encoder.pad)
        intact = output(hidden(encoder, alone, output.layer), alone).scores()
        for heads, found in [
            ({(1, 0)}, tally.sums[sentence, 0, 0]),
            ({(3, 1)}, tally.sums[sentence, 2, 1]),
            ({(2, 0), (2, 1)}, by_layer.sums[sentence, 1]),
        ]:
            with ablated(encoder, alone, heads, ablation):
                without = output(hidden(encoder, alone, output.layer), alone).scores()
            np.testing.assert_allclose(found, (intact - without).item(), atol=2e-5)
    assert np.abs(tally.sums).min() > 0


def test_later_heads_are_not_run(encoder_of):
    encoder = encoder_of("bert")
    subwords = encoder.tokenize([("the", "fox"), ("she", "left", "New", "York")])
    tally = effects(encoder, subwords, any_probe(encoder, subwords, layer=1), Ablation("zero"), "dev")
    assert tally.layers == (1,) and tally.sums.shape == (2, 1, 2)


def test_heads_are_replaced_by_what_was_asked_for(encoder, subwords):
    import torch

    found, batch = blocks(encoder.network), batch_of(subwords, [0, 1, 2, 3], encoder.pad)
    means = head_means(encoder, subwords)
    d, real = found[0].head_width, torch.from_numpy(batch.real)
    intact, values = inputs_of(encoder, batch, found[1])
    np.testing.assert_allclose(means[1].ravel(), intact[real].mean(0), atol=1e-6)
    for how in ("zero", "mean", "uniform"):
        with ablated(encoder, batch, {(2, 1)}, Ablation(how, means)):
            replaced, _ = inputs_of(encoder, batch, found[1], late=True)
        assert torch.equal(replaced[..., :d], intact[..., :d])
        for row, position in zip(*np.nonzero(batch.real), strict=True):
            seen = values[row, : position + 1] if encoder.causal else values[row, real[row]]
            expected = {"zero": np.zeros(d), "mean": means[1, 1], "uniform": seen[:, 1].mean(0)}[how]
            np.testing.assert_allclose(replaced[row, position, d:], expected, atol=1e-6)


def inputs_of(encoder, batch, block, late=False):
    """What the output projection is given, and the value vectors (B, T, H, d)."""
    kept = {}
    before = block.output.register_forward_pre_hook(lambda _m, inputs: kept.update(joined=inputs[0].clone()))
    after = block.value.register_forward_hook(lambda _m, _i, out: kept.update(values=block.values(out).clone()))
    with hooks(before, after):
        hidden(encoder, batch, encoder.n_layers - 1)
    return kept["joined"], kept["values"]


def test_joint_ablation_of_redundant_heads_exceeds_the_sum_of_single_effects(planted, sentences, before_it):
    """A second head that does the same as the planted one, so that either can be spared."""
    import copy

    import torch

    network = copy.deepcopy(planted.network)
    first, d = blocks(network)[0], WIDTH // HEADS
    with torch.no_grad():
        for layer in (first.attention.query, first.attention.key, first.value):
            layer.weight[:d] = layer.weight[d:]
        first.output.weight[:, :d] = first.output.weight[:, d:]
    twins = type(planted)(planted.checkpoint, network, None, planted.frame, planted.facts, 0, "cpu")
    subwords, _ = sentences
    single = effects(twins, subwords, before_it, Ablation("zero"), "dev")
    ranked = ranking(single)
    assert set(ranked[:2]) == {(1, 0), (1, 1)}
    first = {k: ranked[:k] for k in (1, 2, 4)}
    together = joint(twins, subwords, before_it, Ablation("zero"), first, "dev")
    added = sum_of_single(single, first, before_it)
    assert [t.target for t in together] == ["top 1 together", "top 2 together", "top 4 together"]
    assert [t.target for t in added] == ["top 1 sum of single", "top 2 sum of single", "top 4 sum of single"]
    np.testing.assert_allclose(together[0].sums, added[0].sums, atol=1e-5)
    assert mean_of(together[1]) > mean_of(added[1]) + 0.5


def test_value_zeroing_finds_the_token_before(planted, sentences):
    subwords, _ = sentences
    [(sentence, found)] = value_zeroing(planted, subwords, [3])
    n = int(np.diff(subwords.offsets)[3])
    assert sentence == 3 and found.shape == (2, n, n)
    assert [int(found[0, query].argmax()) for query in range(2, n)] == list(range(1, n - 1))


def test_value_zeroing_is_zeroing_values(encoder, subwords):
    """As a hook on the value projection does it, one token at a time: its last 16 columns are the values."""
    import torch

    found = dict(value_zeroing(encoder, subwords))
    assert sorted(found) == list(range(len(subwords)))
    assert all(scores.max() > 0.01 for scores in found.values())
    for sentence, layer in ((1, 1), (2, 3)):
        batch, block = batch_of(subwords, [sentence], encoder.pad), blocks(encoder.network)[layer - 1]
        intact = block_output(encoder, batch, block)
        for token in range(batch.ids.shape[1]):

            def zero(_module, _inputs, projected, token=token):
                projected = projected.clone()
                projected[:, token, -16:] = 0
                return projected

            with hooks(block.value.register_forward_hook(zero)):
                after = block_output(encoder, batch, block)
            expected = 1 - torch.cosine_similarity(after.double(), intact.double(), dim=-1)[0]
            np.testing.assert_allclose(found[sentence][layer - 1, :, token], expected, atol=1e-6)
            assert not encoder.causal or (expected[:token].abs() < 1e-6).all()


def block_output(encoder, batch, block):
    kept = []
    with hooks(block.module.register_forward_hook(lambda _m, _i, output: kept.append(output))):
        hidden(encoder, batch, 1)
    return kept[0]


def test_blanking_out_the_token_before_costs_most(planted, sentences, one_subword_each, before_it):
    subwords, _ = sentences
    losses = blank_out(planted, subwords, before_it, blank=START)[1]
    n = int(np.diff(subwords.offsets)[1])
    assert np.isnan(losses[0]).all()  # it is the blank already
    assert losses.shape == (n, n - 2)  # the label of word w, read at w, is what word w - 1 says
    assert (losses[range(1, n - 1), range(n - 2)] > 0.5).all()  # log 2: neither A nor B
    losses[range(1, n - 1), range(n - 2)] = 0
    assert np.abs(losses[1:]).max() < 0.05


def test_what_stands_before_has_its_effect_on_others_labels_and_gets_attention_there(planted, sentences, before_it):
    subwords, _ = sentences
    effects, places = (
        blank_out(planted, subwords, before_it, blank=START),
        places_of(planted, subwords, before_it),
    )
    own, others = apart(effects, places, before_it.level, before_it.layer, "dev")
    assert (own.target, others.target) == ("own label", "other words' labels")
    assert np.abs(mean_of(own)).max() < 0.02 < 0.5 < mean_of(others)[0]
    assert others.items.tolist() == [n - 1 for n in np.diff(subwords.offsets)]  # all but the one that is the blank
    [alone] = maps(planted, subwords, [3])
    received = attended(np.stack([layer[0].numpy() for layer in alone.attention])[0, 1][None], places[3])[0]
    cause = on_others(effects[3], places[3])
    assert received[1:-1].min() > 5 * received[-1]  # nothing is read after the last one
    assert cause[1:-1].min() > 5 * abs(cause[-1])


def test_blank_out_is_the_change_of_the_score(encoder, subwords):
    output, (name, blank) = any_probe(encoder, subwords), special_token(encoder)
    losses = blank_out(encoder, subwords, output, blank)
    assert encoder.tokenizer.token_to_id(name) == blank
    for sentence, loss in enumerate(losses):
        alone = batch_of(subwords, [sentence], encoder.pad)
        assert loss.shape == (alone.ids.shape[1], len(output(hidden(encoder, alone, 3), alone).gold))
        if not loss.shape[1]:
            continue
        np.testing.assert_array_equal(np.isnan(loss).all(axis=1), alone.words[0] < 0)
        place = int(np.flatnonzero(alone.words[0] >= 0)[-1])
        intact = output(hidden(encoder, alone, 3), alone).scores()
        alone.ids[0, place] = blank
        after = output(hidden(encoder, alone, 3), alone).scores()
        np.testing.assert_allclose(loss[place].mean(), (intact - after).item(), atol=1e-5)


@pytest.mark.parametrize("level", ["word", "sentence"])
def test_gradients_agree_with_finite_differences(encoder, subwords, level):
    """Of the labels of other words, which are read elsewhere; of a sentence's label, which is no word's own."""
    import torch

    output = any_probe(encoder, subwords)
    if level == "sentence":
        output = replace(output, level=level, gold=[gold[:1] for gold in output.gold])
    found = {norm: gradients(encoder, subwords, output, norm) for norm in ("l1", "l2", "input")}
    published = gradients(encoder, subwords, output, "sum", "last_logit")
    alone = batch_of(subwords, [0], encoder.pad)
    table = encoder.network.get_input_embeddings().weight
    position, step = 2, 1e-2
    own = output.places(alone).own[:, position]
    assert own.any() == (level == "word")
    slopes, of_last_logit = np.zeros((2, table.shape[1]))
    for place in range(table.shape[1]):
        scores, last_logits = [], []
        for sign in (1, -1):

            def shift(_module, _inputs, embedded, place=place, sign=sign):
                moved = embedded.clone()
                moved[0, position, place] += sign * step
                return moved

            with hooks(encoder.network.get_input_embeddings().register_forward_hook(shift)):
                reading = output(hidden(encoder, alone, output.layer), alone)
                scores.append(reading.of_gold()[~own].mean().item())
                last_logits.append(reading.logits[~own, -1].mean().item())
        slopes[place] = (scores[0] - scores[1]) / (2 * step)
        of_last_logit[place] = (last_logits[0] - last_logits[1]) / (2 * step)
    own = table[alone.ids[0, position]].double().numpy()
    np.testing.assert_allclose(found["l1"][0][position], np.abs(slopes).sum(), rtol=0.03)
    np.testing.assert_allclose(found["l2"][0][position], np.linalg.norm(slopes), rtol=0.03)
    np.testing.assert_allclose(found["input"][0][position], slopes @ own, rtol=0.05, atol=0.01)
    np.testing.assert_allclose(published[0][position], abs(of_last_logit.sum()), rtol=0.05, atol=0.01)
    assert not any(weight.requires_grad for weight in encoder.network.parameters())
    assert all(weight.grad is None for weight in encoder.network.parameters())
    assert torch.is_grad_enabled()


def test_the_network_is_as_it_was_also_after_an_error(encoder, subwords):
    """Hooks and stand-ins are gone, and the same input gives the same output to the bit."""
    batch = batch_of(subwords, [0, 1], encoder.pad)
    before, was = hidden(encoder, batch, 3), state(encoder.network)

    def fail(*_arguments):
        raise RuntimeError("in the middle")

    output = any_probe(encoder, subwords)
    effects(encoder, subwords, output, Ablation("uniform"), "dev")
    list(value_zeroing(encoder, subwords))
    gradients(encoder, subwords, output)
    assert state(encoder.network) == was
    with pytest.raises(RuntimeError, match="in the middle"), ablated(encoder, batch, {(1, 0)}, Ablation("zero")):
        fail()
    failing = type("Failing", (), {"name": "x", "layer": 3, "__call__": lambda *_: fail()})()
    for call in (effects, layer_effects):
        with pytest.raises(RuntimeError, match="in the middle"):
            call(encoder, subwords, failing, Ablation("zero"), "dev")
    assert state(encoder.network) == was
    assert np.array_equal(before, hidden(encoder, batch, 3))


def state(network):
    """Hooks and overridden methods of every module."""
    return [
        (name, len(module._forward_hooks), len(module._forward_pre_hooks), "forward" in vars(module))
        for name, module in network.named_modules()
    ]


def test_batches_hold_every_usable_sentence_once(encoder, subwords):
    seen = [int(i) for batch, _ in each_batch(encoder, subwords, lambda _: None, copies=100) for i in batch.sentences]
    assert sorted(seen) == np.flatnonzero(usable(encoder, subwords)).tolist()
    whole = batch_of(subwords, [0, 1], encoder.pad)
    twice = whole.repeat(2)
    assert np.array_equal(twice.ids[2:], whole.ids) and np.array_equal(twice.sentences, [0, 1, 0, 1])
    assert (whole.real == (whole.words != PADDING)).all() and not whole.real.all()


def every_intervention(encoder, subwords):
    """A function for each of them, which gives what it finds; of random permutations only which sentences count."""
    output, first = any_probe(encoder, subwords), {1: [(1, 0)], 3: [(1, 0), (2, 1), (3, 0)]}

    def replaced():
        permuted, uniform = replaced_weights(encoder, subwords, output, np.random.default_rng(0), "dev", draws=1)
        return [uniform.sums, permuted.items]

    return [
        lambda: [found for _, found in sorted(value_zeroing(encoder, subwords))],
        lambda: blank_out(encoder, subwords, output, 1),
        lambda: gradients(encoder, subwords, output),
        lambda: [head_means(encoder, subwords)],
        lambda: [effects(encoder, subwords, output, Ablation("uniform"), "dev").sums],
        lambda: [layer_effects(encoder, subwords, output, Ablation("zero"), "dev").sums],
        lambda: [tally.sums for tally in joint(encoder, subwords, output, Ablation("zero"), first, "dev")],
        replaced,
        lambda: [found for _, found in sorted(maps_of(encoder, subwords).items())],
    ]


def joined(arrays):
    return np.concatenate([np.ravel(one) for one in arrays])


def maps_of(encoder, subwords):
    return {number: found for batch in maps(encoder, subwords) for number, found, _, _ in batch.each()}


def test_memory_that_runs_out_changes_no_effect(encoder, monkeypatch):
    """A network that can only hold two of the six sentences at once."""
    import torch

    subwords = encoder.tokenize([("the", "fox", "saw", "New", "York"), ("she", "left", "the", "lazy", "dog")] * 3)
    monkeypatch.setattr(encoder, "memory", Memory())
    found_by = every_intervention(encoder, subwords)
    wanted = [joined(find()) for find in found_by]
    assert encoder.memory == Memory()
    room = 2 * int(np.diff(subwords.offsets).max())

    def refuse(_module, inputs):
        if inputs[0].shape[:-1].numel() > room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    with hooks(*(block.output.register_forward_pre_hook(refuse) for block in blocks(encoder.network))):
        for find, expected in zip(found_by, wanted, strict=True):
            monkeypatch.setattr(encoder, "memory", Memory())  # so that each loop meets it
            np.testing.assert_allclose(joined(find()), expected, atol=2e-5)
            assert encoder.memory.halvings
        room = 3
        with pytest.raises(ModelError, match="memory ran out on a single input"):
            effects(encoder, subwords, any_probe(encoder, subwords), Ablation("zero"), "dev")


def test_impossible_ablations_are_refused(encoder_of):
    encoder = encoder_of("bert")
    batch = batch_of(encoder.tokenize([("the", "fox")]), [0], encoder.pad)
    with pytest.raises(ConfigError, match="zero, mean, uniform"):
        Ablation("prune")
    with pytest.raises(ConfigError, match="head_means"):
        Ablation("mean")
    message = r"head 4\.0: no such head; give layer\.head, with layer 1, 2, 3 and head 0 to 1"
    with pytest.raises(ConfigError, match=message), ablated(encoder, batch, {(4, 0)}, Ablation("zero")):
        pass
