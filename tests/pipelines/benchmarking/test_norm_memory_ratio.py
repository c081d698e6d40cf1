"""The memory of value vectors is counted in full, and it is small."""

from pathlib import Path

import pytest

from pipelines.benchmarking import norm_memory_ratio
from pipelines.benchmarking.norm_memory_ratio import MARKS, norm_peak
from probing.errors import ModelError

LENGTH = 160


@pytest.fixture(scope="module")
def encoder_of():
    """An encoder around a random BERT or GPT-2 of some layers, width 32, 4 heads, 256 positions."""
    import torch
    import transformers

    from probing.model.checkpoint import Checkpoint
    from probing.model.encoder import Encoder
    from probing.model.network_facts import Facts
    from probing.model.subwords import Frame

    def encoder_of(name: str, n_layers: int) -> Encoder:
        sizes = {"hidden_size": 32, "num_attention_heads": 4, "intermediate_size": 64, "max_position_embeddings": 256}
        sizes |= {"num_hidden_layers": n_layers, "vocab_size": 20, "bos_token_id": 1, "eos_token_id": 1}
        config = getattr(transformers, f"{name}Config")(**sizes, use_cache=False)
        network = transformers.AutoModel.from_config(config, attn_implementation="eager").eval()
        network(torch.ones(1, 2, dtype=torch.long), output_attentions=True)  # from here on transformers collects maps
        facts = Facts(n_layers + 1, 32, name == "GPT2", final_norm=False)
        frozen = network.requires_grad_(requires_grad=False)
        return Encoder(Checkpoint("random", Path(), "", ()), frozen, None, Frame((), ()), facts, 0, "cpu")

    return encoder_of


@pytest.mark.parametrize("name", ["Bert", "GPT2"])
def test_value_vectors_take_less_than_four_maps_however_many_layers(encoder_of, name):
    few, many = (norm_peak(encoder_of(name, n), LENGTH) for n in (1, 5))
    assert 1 < few < 4
    assert 1 < many < 4
    assert many - few < 0.5  # the layers' maps do not pile up


def test_the_meter_sees_what_is_held_on_top(encoder_of):
    encoder = encoder_of("Bert", 2)
    plain = norm_peak(encoder, LENGTH, lambda _found: None)
    wasteful = norm_peak(encoder, LENGTH, lambda found: [found.heads() for _ in range(5)])
    kept = norm_peak(encoder, LENGTH, lambda found: found.heads().expand(3, -1, -1, -1).clone().sum())
    assert wasteful > plain + 5  # five maps of every layer are kept
    assert kept > plain + 2


def test_a_profile_that_lost_calls_is_made_again(encoder_of, monkeypatch):
    encoder, [first, last] = encoder_of("Bert", 1), MARKS
    profiles = iter([[72], [first, -first, 9_000_000], [first, -first, 5_000_000, last, -last]])
    monkeypatch.setattr(norm_memory_ratio, "_allocator_calls", lambda _work: next(profiles))
    assert norm_peak(encoder, LENGTH) == pytest.approx(5_000_000 / (4 * LENGTH**2 * 4), rel=1e-2)
    monkeypatch.setattr(norm_memory_ratio, "_allocator_calls", lambda _work: [72])
    with pytest.raises(ModelError, match="lost calls of the allocator 5 times"):
        norm_peak(encoder, LENGTH)
