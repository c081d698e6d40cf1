"""Calls of blocks, made again; what happens in other threads is neither seen nor changed."""

import threading

import pytest
import torch

from probing.model.block_calls import calls, watched

IDS = torch.tensor([[5, 9, 7, 12]])


@pytest.mark.parametrize("name", ["Bert", "GPT2", "Gemma3Text", "T5", "Bloom"])
def test_a_call_made_again_gives_what_it_gave(tiny_network, name):
    network = tiny_network(name)
    modules = {"Bert": "encoder.layer", "GPT2": "h", "Gemma3Text": "layers", "T5": "block", "Bloom": "h"}[name]
    with torch.no_grad(), calls(network.get_submodule(modules)) as kept:
        output = network(input_ids=IDS, output_hidden_states=True)
    assert len(kept) == 3
    for place, call in enumerate(kept):
        assert torch.equal(call.states, output.hidden_states[place])
        with torch.no_grad():
            again = call.again(call.states)
            if place < 2:  # the last state has passed the final norm
                torch.testing.assert_close(again, output.hidden_states[place + 1])
            assert not torch.allclose(call.again(call.states.flip(1)), again)


def test_what_a_module_returned_is_kept_apart_from_what_the_block_does_to_it(tiny_network):
    network = tiny_network("Falcon")  # adds attention's output to that of the other part, in place
    with torch.no_grad(), calls(network.h) as kept:
        network(input_ids=IDS)
        seen = watched(kept[1], kept[1].states, lambda _module, _output: None)
    block = kept[1].block
    torch.testing.assert_close(seen.output[block.mlp], block.mlp(seen.given[block.mlp]))


def test_another_thread_is_not_disturbed(tiny_network):
    network = tiny_network("Bert")
    with torch.no_grad(), calls(network.encoder.layer) as kept:
        before = network(input_ids=IDS).last_hidden_state
    found = []

    def other():
        with torch.no_grad():
            found.append(network(input_ids=IDS).last_hidden_state)

    def change(_module, output):
        if not found:
            thread = threading.Thread(target=other)
            thread.start()
            thread.join()
        return torch.zeros_like(output) if isinstance(output, torch.Tensor) else None

    with torch.no_grad():
        changed = watched(kept[0], kept[0].states, change)
    assert torch.equal(found[0], before)
    assert not changed.result[0].any()
