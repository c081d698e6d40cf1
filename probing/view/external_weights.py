"""Attention weights from any library as a view; no model is loaded."""

import operator
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probing.attention.flow.attention_rollout import rollout
from probing.attention.flow.augmented import Rollout
from probing.errors import ModelError, shown
from probing.view.record import Float32, Tokens, View

if TYPE_CHECKING:
    import torch

    Layer = ArrayLike | torch.Tensor
    Weights = Iterable[Layer]

_TOLERANCE = 0.02  # of a sum of weights in half precision
_SPECIAL = re.compile(r"\[[A-Z]+\]|</?[a-z_]+>|<\|.*\|>")  # as BERT, RoBERTa and GPT write them
_MASKS = ("[MASK]", "<mask>")  # replace a word
_OF_TEXT = (*_MASKS, "[UNK]", "<unk>")  # look special, but stand for words of a text
_MARKS = ("Ġ", "▁")  # other tokenizers start a word with these
_NO_MODEL = "only weights were given; give show a text and a model instead"
_NAMES = "the names of the subwords are wanted: tokens=tokenizer.convert_ids_to_tokens(ids)"
_WANTED = "one array (heads, subwords, subwords) per layer is wanted"


def weights_view(attention: "Weights", tokens: Sequence[str], sentence_b_start: int | None = None) -> View:
    """The view of what BertViz takes: ``attention`` per layer (H, S, S) or (1, H, S, S); ``tokens`` (S).

    sentence_b_start: position of the second text's first subword. Rollout is computed as in Abnar and Zuidema (2020).
    Where the weights of a query do not sum to 1, a note says so. Raises: ModelError for shapes that do not fit each
    other, weights that are negative or not finite or sum to more than 1, a query without weight in every head
    (padding), tokens that are not strings.
    """
    import torch

    tokens, sentence_b_start = _names(tokens), _whole(sentence_b_start)
    maps = _stacked(attention)
    if maps.shape[-1] != len(tokens):
        raise ModelError(f"attention is over {maps.shape[-1]} subwords, but there are {len(tokens)} tokens")
    if sentence_b_start is not None and not 0 < sentence_b_start < len(tokens):
        raise ModelError(f"sentence_b_start={sentence_b_start}: a position in {len(tokens)} tokens is wanted")
    if not np.isfinite(maps).all() or maps.min() < 0:
        raise ModelError("attention has weights that are negative or not finite; give it after the softmax")
    _check_queries(maps, tokens)
    notes = _check_sums(maps)
    rolled = rollout([torch.tensor(layer)[None] for layer in maps], np.array([len(tokens)]), Rollout())
    found = read_tokens(tokens, sentence_b_start)
    texts = [" ".join(f for f, b in zip(found.forms, found.form_segment, strict=True) if b == side) for side in (0, 1)]
    return View(
        tokens=found,
        attention=maps,
        rollout=rolled[0].numpy(),
        missing=dict.fromkeys(("norm", "flow", "neurons"), _NO_MODEL),
        notes=notes,
        about={
            "model": "given weights",
            "text": texts[0],
            "text_b": texts[1] or None,
            "causal": len(tokens) > 1 and not np.triu(maps, 1).any(),
        },
    )


def read_tokens(tokens: Sequence[str], sentence_b_start: int | None = None) -> Tokens:
    """Tokens from the names that tokenizers give them: which ones are special, and which pieces form a word.

    A piece that starts with ``##`` continues a word. If any token is marked as the start of a word (Ġ, ▁), a token
    without this mark continues one. A mask or an unknown token stands for a word and is not special; a mask starts a
    word.
    """
    starts_are_marked = any(token.startswith(_MARKS) for token in tokens)
    labels, words, forms, sides = [], [], list[str](), list[int]()
    special = tuple(token not in _OF_TEXT and _SPECIAL.fullmatch(token) is not None for token in tokens)
    start_b = len(tokens) if sentence_b_start is None else sentence_b_start
    for place, token in enumerate(tokens):
        if special[place]:
            labels.append(token)
            words.append(-1)
            continue
        bare = token.removeprefix("##") if token != "##" else token
        bare = bare[1:] if token.startswith(_MARKS) and len(token) > 1 else bare
        inside = starts_are_marked and not token.startswith(_MARKS) or bare != token and token.startswith("##")
        if inside and token not in _MASKS and place and not special[place - 1] and place != start_b:
            forms[-1] += bare
            labels.append(f"##{bare}")
        else:
            forms.append(bare)
            sides.append(int(place >= start_b))
            labels.append(bare)
        words.append(len(forms) - 1)
    segment = (np.arange(len(tokens)) >= start_b).astype(np.int64)
    return Tokens(tuple(labels), special, np.array(words), segment, tuple(forms), np.array(sides, dtype=np.int64))


def _names(tokens: object) -> list[str]:
    if isinstance(tokens, str) or not isinstance(tokens, Iterable):
        raise ModelError(f"tokens is a {type(tokens).__name__}, not a list; {_NAMES}")
    try:
        names = list(tokens)
    except TypeError as error:  # an array without axes
        raise ModelError(f"tokens cannot be listed ({error}); {_NAMES}") from error
    for place, name in enumerate(names):
        if not isinstance(name, str):
            raise ModelError(f"tokens[{place}] is {shown(repr(name))}, not a string; {_NAMES}")
    return names


def _whole(sentence_b_start: SupportsIndex | None) -> int | None:
    try:
        return None if sentence_b_start is None else operator.index(sentence_b_start)
    except TypeError as error:
        raise ModelError(
            f"sentence_b_start={shown(repr(sentence_b_start))}: not a whole number; give a position"
        ) from error


def _check_queries(maps: Float32, tokens: Sequence[str]) -> None:
    """Refuse queries without any weight: what reaches them is not known, and a page must not suggest that it is."""
    empty = np.argwhere(~maps.any(axis=(1, 3)))
    if len(empty):
        layer, query = empty[0]
        raise ModelError(
            f"attention of layer {layer + 1}: query tokens[{query}] ({tokens[query]}) has no weight in any head; if it "
            "is padding, cut it off: for the n other subwords give "
            "attention=[layer[..., :n, :n] for layer in attention] and tokens[:n]"
        )


def _check_sums(maps: Float32) -> tuple[str, ...]:
    """A note if weights of a query are missing. Raises: ModelError if they sum to more than 1: these are no weights."""
    sums = maps.sum(axis=-1)
    if sums.max() > 1 + _TOLERANCE:
        raise ModelError(
            f"attention: the weights of a query sum to {sums.max():.3g}, more than 1; give them after the softmax, "
            "from a model in evaluation mode (model.eval()), where no dropout changes them"
        )
    if sums.min() >= 1 - _TOLERANCE:
        return ()
    return (
        f"the given weights of a query sum to as little as {sums.min():.2f}; the rest goes to nothing that is shown, "
        "and rollout is computed as if they summed to 1",
    )


def _stacked(attention: "Weights") -> Float32:
    """Layers as one array: (L, H, S, S)."""
    try:
        given = list(attention)
    except TypeError as error:
        raise ModelError(f"attention is a {type(attention).__name__}; {_WANTED}") from error
    layers = [_array(layer, number) for number, layer in enumerate(given, start=1)]
    if not layers:
        raise ModelError(f"attention has no layer; {_WANTED}")
    shapes = {layer.shape for layer in layers}
    if len(shapes) != 1 or next(iter(shapes))[-2] != next(iter(shapes))[-1]:
        raise ModelError(f"attention's layers have shapes {', '.join(map(str, sorted(shapes)))}; {_WANTED}")
    return np.stack(layers)


def _array(layer: "Layer | None", number: int) -> NDArray[np.float32]:
    """One layer as an array (H, S, S)."""
    if layer is None:
        raise ModelError(f"attention of layer {number} is None; load the model with attn_implementation='eager'")
    try:
        if hasattr(layer, "detach"):  # a tensor, perhaps on a GPU, sparse, in half precision or with a gradient
            layer = layer.detach().to_dense().cpu()
            layer = layer.float().numpy() if layer.is_floating_point() else layer.numpy()
        given = np.asanyarray(layer)
    except Exception as error:  # what is given may come from any library
        raise ModelError(
            f"attention of layer {number} is not an array of numbers ({shown(error)}); {_WANTED}"
        ) from error
    if given.dtype.kind not in "biuf" or isinstance(given, np.ma.MaskedArray):
        seen = f"a {type(given).__name__} of {given.dtype}"
        raise ModelError(f"attention of layer {number} is not an array of numbers ({seen}); {_WANTED}")
    with np.errstate(over="ignore"):  # infinity is refused later
        found = np.asarray(given, dtype=np.float32)
    if found.ndim == 4 and len(found) == 1:
        found = found[0]
    if found.ndim != 3 or not found.size:
        raise ModelError(f"attention of layer {number} has shape {found.shape}; {_WANTED}, a batch of one at most")
    return found
