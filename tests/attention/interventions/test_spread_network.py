"""On a network whose blocks are on two devices, or wait elsewhere, every method finds what it finds on a whole one."""

import copy
import runpy
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from probing.attention.interventions.activation_patching import patch_heads, patch_layers
from probing.attention.interventions.aligned_texts import AlignedTexts
from probing.attention.interventions.changed_layer import layer_pass
from probing.attention.interventions.feed_forward_effects import feed_forward_effects
from probing.attention.interventions.gradients import gradients
from probing.attention.interventions.head_ablation import Ablation, ablated, head_means
from probing.attention.interventions.head_effects import effects
from probing.attention.interventions.head_importance import importance
from probing.attention.interventions.integrated_gradients import integrated_gradients
from probing.attention.interventions.logit_difference import LogitDifference
from probing.attention.interventions.passes import hidden
from probing.attention.interventions.readouts import ProbeReadout
from probing.attention.interventions.replaced_weights import replaced_weights
from probing.attention.interventions.token_effects import blank_out, value_zeroing
from probing.attention.values.decomposition import decomposition
from probing.attention.values.norms import norm_blocks, norms
from probing.model.batches import batch_of
from probing.model.blocks import blocks
from probing.model.maps import maps
from probing.model.queries import neurons
from probing.view.forward import forward as view

CLEAN, SWAPPED = [5, 9, 7, 12, 6], [5, 9, 3, 12, 6]
TWO = runpy.run_path(str(Path(__file__).parents[2] / "two_devices.py"))
NAMES = ("Bert", "GPT2", "Llama")


def divided(network):
    TWO["divided"](network, 1)
    return network


def waiting(network):
    accelerate = pytest.importorskip("accelerate")
    return accelerate.cpu_offload(network, execution_device="cpu")


def every_method(encoder, one_subword_each):
    """What each method finds for two texts, as arrays."""
    subwords = one_subword_each([CLEAN, SWAPPED])
    texts, one, batch = AlignedTexts(subwords, np.arange(5)), subwords.part(0, 1), batch_of(subwords, [0, 1], 0)
    rng = np.random.default_rng(1)
    weights, zero, one_each = rng.normal(size=(3, 17)), np.zeros(16), np.ones(16)
    probe = ProbeReadout("any", 3, weights, zero, one_each, [np.array([0])] * 2, "sentence")
    contrast = LogitDifference(probe, 2, 0)
    mean = Ablation("mean", head_means(encoder, subwords))

    def without(ablation):
        with ablated(encoder, batch, {(2, 0), (3, 1)}, ablation):
            return hidden(encoder, batch, 3).numpy()

    shown = view(encoder, SimpleNamespace(ids=np.array(CLEAN), types=np.zeros(5)), norm_blocks(encoder))
    layers = layer_pass(encoder, batch)
    noise = torch.from_numpy(rng.normal(size=(2, 5, 16)).astype(np.float32))
    patched = [patch(encoder, texts, probe, (2, 0)) for patch in (patch_layers, patch_heads)]
    of_norms = [
        kept
        for _, found in norms(
            encoder, subwords, lambda of: (of.heads().cpu(), of.residual.cpu(), of.mixing["attnres_n"].cpu())
        )
        for layer in found
        for kept in layer
    ]
    found = {
        "states": encoder.hidden(subwords),
        "maps": np.stack([layer.numpy() for of in maps(encoder, subwords) for layer in of.attention]),
        "norms": np.concatenate([part.numpy().ravel() for part in of_norms]),
        "matrix": np.stack([block.weight().cpu().numpy() for block in blocks(encoder.network)]),
        "means": mean.means,
        "mean": without(mean),
        "uniform": without(Ablation("uniform")),
        "changed": np.stack([at.numpy() for at in layers.above(1, layers.states[1] + noise).values()]),
        "layers": np.stack([patched[0].denoised, patched[0].noised]),
        "heads": np.stack([patched[1].denoised, patched[1].noised]),
        "effects": effects(encoder, subwords, probe, mean, "test").sums,
        "importance": importance(encoder, subwords, probe, mean),
        "replaced": [of.sums for of in replaced_weights(encoder, subwords, probe, np.random.default_rng(0), "test", 2)],
        "neurons": feed_forward_effects(encoder, subwords, probe, None, "test").sums,
        "zeroed": [found for _, found in value_zeroing(encoder, subwords)],
        "blank": blank_out(encoder, subwords, probe, 3),
        "gradients": gradients(encoder, subwords, probe),
        "integrated": integrated_gradients(encoder, one, contrast, "mean", 4).values,
        "shown": np.concatenate([layer.numpy() for layer in shown.attention]),
        "shown norms": shown.norms(),
        "queries": neurons(shown.calls, (3, 4, 5)).queries,
        "parts": decomposition(encoder, one, contrast).values,
    }
    return {name: np.asarray(values) for name, values in found.items()}


@pytest.fixture(scope="module")
def whole(tiny_network, by_hand, one_subword_each):
    found = {}

    def whole(name):
        if name not in found:
            encoder = by_hand(copy.deepcopy(tiny_network(name)), causal=name != "Bert")
            found[name] = every_method(encoder, one_subword_each)
        return found[name]

    return whole


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("spread", [divided, waiting])
def test_every_method_finds_what_it_finds_on_a_whole_network(
    tiny_network, by_hand, one_subword_each, whole, name, spread
):
    network = spread(copy.deepcopy(tiny_network(name)))
    with TWO["TwoDevices"]() if spread is divided else nullcontext():
        found = every_method(by_hand(network, causal=name != "Bert"), one_subword_each)
        assert any(w.device.type in ("cuda", "meta") for w in network.parameters())
    wanted = whole(name)
    for method, values in wanted.items():
        np.testing.assert_allclose(found[method], values, atol=1e-4, err_msg=method)
        assert np.nanmax(np.abs(values)) > 1e-4, method


def test_tensors_of_two_devices_are_refused_where_they_mix():
    there = torch.ones(2).as_subclass(TWO["Elsewhere"])
    with TWO["TwoDevices"]():
        assert there.device == torch.device("cuda", 1) and (there + 1).device == there.device
        with pytest.raises(RuntimeError, match="all tensors on one device"):
            there + torch.ones(2)
        with pytest.raises(TypeError, match="numpy"):
            there.numpy()
        assert (there.cpu() + torch.ones(2)).tolist() == [2, 2]
