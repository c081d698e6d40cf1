"""A pass leaves the network as it was; what fails inside it has a name."""

import architectures
import pytest
import torch

from probing.errors import ModelError
from probing.model.network_facts import hidden_states
from probing.model.network_pass import hooks, quiet, run


@pytest.fixture
def big_bird():
    with quiet():
        return architectures.build("big_bird")


def batch(n):
    ids = torch.arange(10, 10 + n)[None]
    return ids, torch.ones_like(ids)


def test_a_short_input_does_not_change_what_a_long_one_gives(big_bird):
    fresh = hidden_states(big_bird, *batch(58))[-1]
    attention = big_bird.encoder.layer[0].attention.self
    hidden_states(big_bird, *batch(5))  # BigBird exchanges its attention for full attention here
    assert big_bird.encoder.layer[0].attention.self is attention
    assert torch.equal(hidden_states(big_bird, *batch(58))[-1], fresh)
    assert fresh.shape == (1, 58, 16)  # it pads to whole blocks inside


def test_an_error_of_a_hook_of_ours_is_not_taken_for_the_networks(big_bird):
    from probing.model import final_norm

    def fail(*_):
        return final_norm.same_state(None, None)

    handle = big_bird.encoder.layer[0].register_forward_hook(fail)
    with hooks(handle), pytest.raises(AttributeError):
        hidden_states(big_bird, *batch(4))


def test_an_error_of_the_network_names_part_and_lengths(big_bird):
    ids, mask = batch(4)
    inputs = {"input_ids": ids.repeat(2, 1), "attention_mask": torch.stack([mask[0], torch.tensor([1, 1, 0, 0])])}
    big_bird.encoder.layer[1].output.dense.weight = torch.nn.Parameter(torch.zeros(3, 3))
    with pytest.raises(
        ModelError, match=r"^BigBirdModel cannot compute .* of 2 to 4 subwords, in encoder.layer.1.output"
    ):
        run(big_bird, inputs)
