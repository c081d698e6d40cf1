"""What a page shows lies as near to what was computed as it says, and what is no view is refused."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from probing.errors import ConfigError, ModelError
from probing.rng import generator
from probing.view.pack import LONGEST_EXACT, Packed, pack, precision, unpack
from probing.view.record import Predicted, Tokens, View

L, H, D = 2, 3, 4


def view_of(n: int, **changed: object) -> View:
    """Random attention over n subwords, the last one special; vectors of either sign."""
    rng = generator(0, "view", str(n))
    maps = rng.dirichlet(np.full(n, 0.3), size=(L, H, n)).astype(np.float32)
    words = np.array([*range(n - 1), -1])
    forms = tuple(f"w{i}" for i in range(n - 1))
    segment = np.zeros(n, dtype=np.int64)
    tokens = Tokens((*forms, "[SEP]"), (*[False] * (n - 1), True), words, segment, forms, segment[1:])
    vectors = rng.normal(size=(2, L, H, n, D)).astype(np.float32)
    view = View(
        tokens=tokens,
        attention=maps,
        rollout=maps.mean(axis=1),
        norm=7 * maps,
        flow=maps[:, 0],
        queries=vectors[0],
        keys=vectors[1],
        scale=0.5,
        about={"model": "toy", "checkpoint": "abc", "causal": np.bool_(False), "text": "a </script> b"},
    )
    return replace(view, **changed)


@pytest.mark.parametrize("bits", [8, 16])
def test_every_number_comes_back_within_what_the_page_says(bits):
    view = view_of(9)
    packed = pack(view, bits)
    top = 2**bits - 1
    for name in ("attention", "norm", "rollout", "flow"):
        for layer in range(L):
            wanted = getattr(view, name)[layer]
            found = unpack(packed.header, packed.arrays, f"{name}/{layer + 1}")
            scale = 7 * view.attention[layer].max() if name == "norm" else 1.0
            # half a level of the square root, and what single precision leaves
            error = scale * (np.sqrt(wanted / scale) / top + 0.25 / top**2) + 1e-6
            assert (np.abs(found - wanted) <= error).all(), name
    for name in ("queries", "keys"):
        wanted = getattr(view, name)[0]
        found = unpack(packed.header, packed.arrays, f"{name}/1")
        assert np.abs(found - wanted).max() <= np.abs(wanted).max() / (top - 1) + 1e-6


def test_what_is_said_of_the_error_is_true_and_rounded_up():
    for bits, most, small in ((16, "0.00002", "0.000002"), (8, "0.004", "0.0004")):
        said = precision(bits)
        assert said.startswith(f"rounding changes a weight by at most {most}, a weight of 0.01 by at most {small};")
        assert f"({bits} bits for each number)" in said


def test_zero_and_one_and_signs_are_exact():
    maps = np.zeros((1, 1, 2, 2), dtype=np.float32)
    maps[..., 0] = 1
    vectors = np.array([[[[-3.0], [0.0]]]], dtype=np.float32)
    packed = pack(
        view_of(2, attention=maps, rollout=maps[:, 0], norm=0 * maps, flow=None, queries=vectors, keys=vectors)
    )
    assert unpack(packed.header, packed.arrays, "attention/1").tolist() == maps[0].tolist()
    assert unpack(packed.header, packed.arrays, "norm/1").tolist() == [[[0, 0], [0, 0]]]
    assert unpack(packed.header, packed.arrays, "queries/1").tolist() == vectors[0].tolist()
    assert packed.header["arrays"]["attention/1"] == {"shape": [1, 2, 2], "bits": 16, "law": "sqrt", "scale": 1.0}
    assert packed.header["arrays"]["queries/1"]["law"] == "linear"
    assert packed.header["arrays"]["queries/1"]["scale"] == 3
    assert "flow/1" not in packed.header["arrays"]


def bits_of(packed: Packed) -> set[int]:
    return {array["bits"] for array in packed.header["arrays"].values()}


def test_long_inputs_take_fewer_bits_unless_told_otherwise():
    short, long = view_of(LONGEST_EXACT), view_of(LONGEST_EXACT + 1)
    assert (bits_of(pack(short)), bits_of(pack(long)), bits_of(pack(long, 16))) == ({16}, {8}, {16})
    with pytest.raises(ConfigError, match="bits=12: .* choose one of auto, 8, 16"):
        pack(short, 12)


def test_the_same_view_gives_the_same_bytes_and_says_how_many():
    first, again = pack(view_of(6)), pack(view_of(6))
    assert first == again
    assert first.header["bytes"] == sum(map(len, first.arrays.values()))


def test_the_header_is_json_without_what_json_lacks():
    probe = Predicted(
        "depth", "word", "scalar", (0,), [[1.5, math.nan]], None, [1.0, None], "run", "ewt", "dspr", *[(0.5,)] * 4
    )
    view = view_of(3, probes=[probe], gold={"heads": (0, 1)}, timings_ms={"forward": np.float64(2)})
    header = json.loads(json.dumps(pack(view).header, allow_nan=False))
    assert header["probes"][0]["predicted"] == [[1.5, None]]
    assert header["probes"][0]["layers"] == [0]
    assert (header["word"], header["special"], header["tokens"][-1]) == ([0, 1, -1], [False, False, True], "[SEP]")
    assert (header["layers"], header["n_heads"], header["causal"], header["corpus"]) == ([1, 2, 3][:L], H, False, None)
    assert (header["gold"], header["timings_ms"]) == ({"heads": [0, 1]}, {"forward": 2})
    assert set(header) >= {"version", "model", "checkpoint", "text", "text_b", "forms", "form_segment", "segment"}


def test_the_corpus_is_named_where_there_is_one():
    about = {"corpus": "ewt", "split": "dev", "id": "x-1", "model": "m"}
    assert pack(view_of(3, about=about)).header["corpus"] == {"name": "ewt", "split": "dev", "id": "x-1"}


def spoilt(value: float) -> np.ndarray:
    maps = view_of(4).attention.copy()
    maps[1, 2, 3, 0] = value
    return maps


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"attention": spoilt(np.nan)}, "attention/2 is not finite"),
        ({"attention": spoilt(np.inf)}, "attention/2 is not finite"),
        ({"norm": spoilt(-0.25)}, r"norm/2 has a negative weight \(-0.25\)"),
        ({"rollout": np.ones((L, 4, 3))}, r"rollout has shape \(2, 4, 3\); \(2, 4, 4\) is expected"),
        ({"attention": np.ones((L, 4, 4))}, r"attention has shape \(2, 4, 4\)"),
        ({"norm": view_of(5).norm}, r"norm has shape \(2, 3, 5, 5\); \(2, 3, 4, 4\) is expected: 4 subwords"),
        ({"keys": np.full((L, H, 4, D), np.nan)}, "keys/1 is not finite"),
    ],
)
def test_what_cannot_be_shown_is_named(changed, message):
    with pytest.raises(ModelError, match=message):
        pack(view_of(4, **changed))


def test_weights_that_are_no_shares_keep_their_size():
    packed = pack(view_of(4, attention=5 * view_of(4).attention))
    assert packed.header["arrays"]["attention/1"]["scale"] > 1
    assert unpack(packed.header, packed.arrays, "attention/1").sum(axis=-1) == pytest.approx(5, abs=1e-3)
