"""A network whose weights wait elsewhere computes what the whole one does; what does not fit is refused beforehand."""

import json
import re
import shutil

import numpy as np
import pytest

from probing.errors import ModelError, UnavailableError
from probing.model import loading, placement
from probing.model.checkpoint import Model, resolve
from probing.model.encoder import load
from probing.model.maps import maps

SENTENCES = [["the", "dog", "sleeps"], ["she", "left", "New", "York", "and", "the", "moon"], ["fox"]]
SOME = 0.9  # of the memory that a tiny model needs


@pytest.fixture
def spread(folder_of, monkeypatch):
    """Load a family's tiny model with room for a part of it; the rest waits on the disk until it is called."""
    pytest.importorskip("accelerate")

    def spread(family, **options):
        room = int(SOME * 4 * placement.n_weights(folder_of(family)))
        monkeypatch.setattr(placement, "free_memory", lambda _device, _spreads: {"cpu": room})
        monkeypatch.setattr(placement, "require_room", lambda *_: None)
        model = Model(str(folder_of(family)), placement="auto")
        return load(model, resolve(model), **options)

    return spread


def waiting(encoder):
    return [name for name, weight in encoder.network.named_parameters() if weight.device.type == "meta"]


@pytest.mark.parametrize("family", ["bert", "gpt2", "llama", "neox"])
def test_states_and_maps_are_those_of_the_whole_network(spread, load_tiny, family):
    part, whole = spread(family, maps=True), load_tiny(family, maps=True)
    assert waiting(part) and len(waiting(part)) < len([*part.network.parameters()])
    assert any("the disk, which is slow" in note for note in part.notes)
    subwords = whole.tokenize(SENTENCES)
    assert part.facts == whole.facts and part.map_facts == whole.map_facts
    np.testing.assert_allclose(part.hidden(subwords), whole.hidden(subwords), atol=1e-4)
    for one, other in zip(maps(part, subwords), maps(whole, subwords), strict=True):
        for layer, wanted in zip(one.attention, other.attention, strict=True):
            np.testing.assert_allclose(layer.numpy(), wanted.numpy(), atol=1e-4)


def test_a_network_that_reads_weights_of_others_is_refused_in_one_line(spread):
    with pytest.raises(ModelError, match=r"^[^\n]*it needs all weights where it computes: type model.placement=one$"):
        spread("deberta")


def test_an_untrained_twin_is_spread_too(folder_of, load_tiny, monkeypatch):
    pytest.importorskip("accelerate")
    options = {"device_map": "auto", "max_memory": {"cpu": 1_000_000}}
    monkeypatch.setattr(loading, "reading_options", lambda *_: options)
    model = Model(str(folder_of("bert")), placement="auto", untrained_seed=5)
    found = load(model, resolve(model))
    subwords = found.tokenize(SENTENCES)
    np.testing.assert_array_equal(found.hidden(subwords), load_tiny("bert", untrained_seed=5).hidden(subwords))


def shards_of(folder, target):
    """The same checkpoint with its weights in several files and an index."""
    from transformers import AutoModel

    shutil.copytree(folder, target)
    (target / "model.safetensors").unlink()
    AutoModel.from_pretrained(folder).save_pretrained(target, max_shard_size="8KB")
    assert len([*target.glob("model-*.safetensors")]) > 2
    return target


def test_shards_are_counted_read_and_hashed(folder_of, load_tiny, tmp_path, spread):
    folder = shards_of(folder_of("llama"), tmp_path / "shards")
    whole = load_tiny("llama")
    assert placement.n_weights(folder) == placement.n_weights(folder_of("llama"))
    assert placement.n_weights(folder) == sum(weight.numel() for weight in whole.network.parameters())
    checkpoint = resolve(Model(str(folder)))
    assert {path.name for path in checkpoint.sources} >= {path.name for path in folder.glob("model*")}
    subwords = whole.tokenize(SENTENCES)
    np.testing.assert_array_equal(load(Model(str(folder)), checkpoint).hidden(subwords), whole.hidden(subwords))
    index = json.loads((folder / "model.safetensors.index.json").read_text())["weight_map"]
    last = folder / sorted({*index.values()})[-1]
    last.write_bytes(last.read_bytes()[:-1] + b"\x7f")
    assert resolve(Model(str(folder))).revision != checkpoint.revision
    last.unlink()
    with pytest.raises(ModelError, match="fetch the rest"):
        resolve(Model(str(folder)))


@pytest.mark.parametrize(
    ("options", "rooms", "said"),
    [
        (
            {},
            {"cpu": 40_000},
            "need .* in float32, and the processor has 0.0 MB free .* type model.precision=bfloat16$",
        ),
        ({"precision": "bfloat16"}, {0: 100}, "in bfloat16, and cuda:0 has 0.0 MB .* type model.placement=auto$"),
        ({"precision": "bfloat16"}, {"cpu": 100}, "in int8.*; take a smaller model, or a machine with more memory$"),
        ({}, {0: 40_000}, "type model.precision=bfloat16 or model.placement=auto$"),
    ],
)
def test_weights_that_do_not_fit_are_refused_before_they_are_read(folder_of, monkeypatch, options, rooms, said):
    monkeypatch.setattr(placement, "free_memory", lambda _device, _spreads: rooms)
    monkeypatch.setattr(loading, "read_with", lambda *_, **__: pytest.fail("weights were read"))
    model = Model(str(folder_of("bert")), **options)
    with pytest.raises(ModelError, match=said) as caught:
        load(model, resolve(model))
    n = placement.n_weights(folder_of("bert"))
    assert f"{n:,} weights need" in str(caught.value) and "\n" not in str(caught.value)


def test_all_gpus_and_the_processor_count_where_a_network_is_spread(folder_of, monkeypatch):
    n_bytes = placement.n_weights(folder_of("bert")) * 4
    monkeypatch.setattr(placement, "need", lambda _name: None)
    model = Model(str(folder_of("bert")), placement="auto")

    def options(**rooms):
        monkeypatch.setattr(placement, "free_memory", lambda _device, _spreads: dict(rooms))
        return placement.reading_options(model, folder_of("bert"), "cuda")

    assert options(first=2 * n_bytes, second=n_bytes) == {}  # one device is enough
    found = options(first=n_bytes, second=n_bytes)
    assert found == {"device_map": "auto", "max_memory": dict.fromkeys(("first", "second"), int(0.9 * n_bytes))}
    with pytest.raises(ModelError, match="smaller model|model.precision"):
        options(first=n_bytes // 2, second=n_bytes // 2)  # nothing would be left for hidden states


def test_memory_of_the_processor_is_what_the_system_says():
    [free] = placement.free_memory("cpu", spreads=True).values()
    assert 1 << 24 < free < 1 << 50


@pytest.mark.parametrize(("options", "package"), [({"placement": "auto"}, "spread"), ({"precision": "int8"}, "spread")])
def test_a_missing_package_is_named(folder_of, monkeypatch, options, package):
    from probing import distribution

    monkeypatch.setattr(distribution, "find_spec", lambda _name: None)
    model = Model(str(folder_of("bert")), **options)
    with pytest.raises(UnavailableError, match=re.escape(f"pip install 'layer-probing[{package}]'")):
        load(model, resolve(model))


@pytest.mark.parametrize("precision", ["float16", "bfloat16", "int8"])
@pytest.mark.parametrize("family", ["bert", "llama"])
def test_fewer_bits_give_nearly_the_same_vectors(load_tiny, family, precision):
    if precision == "int8":
        pytest.importorskip("bitsandbytes")
    exact, coarse = load_tiny(family, maps=True), load_tiny(family, maps=True, precision=precision)
    subwords = exact.tokenize(SENTENCES)
    wanted, found = exact.hidden(subwords), coarse.hidden(subwords)
    moved = (np.linalg.norm(found - wanted, axis=-1) / np.linalg.norm(wanted, axis=-1)).max()
    assert 0 < moved < {"float16": 0.01, "bfloat16": 0.08, "int8": 0.2}[precision]
    assert coarse.facts == exact.facts and coarse.map_facts == exact.map_facts
    np.testing.assert_allclose(coarse.hidden(subwords, 1), found, atol=0.05 * np.abs(found).max())


def test_weights_of_eight_bits_can_be_multiplied_with(load_tiny):
    pytest.importorskip("bitsandbytes")
    from probing.model.blocks import blocks

    exact, coarse = (load_tiny("llama", maps=True, **options) for options in ({}, {"precision": "int8"}))
    for one, other in zip(blocks(coarse.network), blocks(exact.network), strict=True):
        assert one.output.weight.dtype.itemsize == 1
        wanted = other.weight()
        assert float((one.weight().float() - wanted).abs().max()) < 0.02 * float(wanted.abs().max())
