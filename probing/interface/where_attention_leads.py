"""Where attention leads, layer by layer: rollout and flow of a sentence, rollout over a corpus."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict, Unpack, overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probing.analysis.rollout import RolloutOfWords
from probing.attention.flow import attention_rollout
from probing.attention.flow.augmented import Rollout, augmented
from probing.attention.flow.maximum_flow import as_distributions, flow_by_layer
from probing.axes import Corpus, Split
from probing.data.word_list import words_of
from probing.errors import ModelError, one_of
from probing.interface.checked_arguments import check_model, check_sentences
from probing.interface.frames import frame_of
from probing.interface.loaded_model import LoadedModel
from probing.interface.one_split import as_test, named_after
from probing.interface.representations import study_of
from probing.model.align import UNMATCHABLE
from probing.model.maps import Maps, maps
from probing.store.key import Cached, Store


class RolloutOptions(TypedDict, total=False):
    """Options of ``rollout`` and ``flow``; ``probing.attention.flow.augmented.Rollout`` says what each means."""

    residual_weight: float
    fusion: str
    discard: float
    first_layer: int
    receptive_field: bool


@dataclass(frozen=True, eq=False)
class TokenWeights:
    """What each token of a sentence has of each input token, layer by layer.

    values (L, S, S): rows are tokens in a layer, columns tokens of the input; a row sums to 1 (less where a model has
    an attention sink). tokens (S,): as the tokenizer names them. words (S,): which word each belongs to, from 0; -1:
    none. layers (L,): their numbers, from 1.
    """

    values: NDArray[np.floating]
    tokens: tuple[str, ...]
    words: NDArray[np.int64]
    layers: tuple[int, ...]

    def to_frame(self, layer: int | None = None) -> pd.DataFrame:
        """One layer (None: the last) as a table, rows and columns named by tokens. Raises: ConfigError."""
        chosen = self.layers[-1] if layer is None else layer
        one_of("layer", chosen, self.layers)
        return pd.DataFrame(self.values[self.layers.index(chosen)], index=self.tokens, columns=self.tokens)

    def __repr__(self) -> str:
        """What it holds, in one line."""
        return f"{len(self.layers)} layers, {len(self.tokens)} tokens: {' '.join(self.tokens)}"


@overload
def rollout(model: LoadedModel, words: Sequence[str], **options: Unpack[RolloutOptions]) -> TokenWeights: ...


@overload
def rollout(
    model: LoadedModel,
    words: Corpus,
    *,
    split: Split = ...,
    sentences: int | str = ...,
    **options: Unpack[RolloutOptions],
) -> pd.DataFrame: ...


def rollout(
    model: LoadedModel,
    words: Sequence[str] | Corpus,
    *,
    split: Split = "test",
    sentences: int | str = 200,
    **options: Unpack[RolloutOptions],
) -> TokenWeights | pd.DataFrame:
    """Attention rollout (Abnar and Zuidema 2020): from which input tokens each token may get its information.

    Args:
        model: from ``load_model``.
        words: one sentence as a list of words; or a corpus from ``load_corpus``.
        split: of a corpus: ``train``, ``dev``, ``test``, or ``all`` sentences.
        sentences: of a corpus: at most this many, drawn at random, the same ones every time; or ``all``.
        options: residual_weight (0.5; 0 is raw attention), fusion of the heads (``mean``, ``max``, ``min``), discard
            (the share of the smallest weights that is left out), first_layer (1), receptive_field (False).

    Returns:
        For one sentence the weights (L, S, S) with the names of the tokens. For a corpus a table, one line per number:
        on which words rollout ends, layer by layer, how much of it is on a word's syntactic head, each with its
        interval; ``.attrs["notes"]`` states the sample.

    Raises:
        DataError: a text where a list of words is expected.
        ModelError: the model gives no attention maps, or the sentence is longer than one input.
        ConfigError: an option has an impossible value.
        TypeError: there is no such option.

    Examples:
        >>> import probing
        >>> found = probing.rollout(probing.load_model("minilm"), ["Cats", "sleep"])
        >>> found
        6 layers, 4 tokens: [CLS] cats sleep [SEP]
        >>> found.values.shape
        (6, 4, 4)
    """
    chosen = _options("rollout", options)
    check_model(model)
    if isinstance(words, Corpus):
        check_sentences(sentences)
        with tempfile.TemporaryDirectory(prefix="probing-") as folder:
            study = study_of(model, as_test(words, split), Store(folder, attention=Cached(sentences)), rollout=chosen)
            return named_after(frame_of(RolloutOfWords()(study), study, "rollout"), split)
    found = _maps_of(model, words)
    values = attention_rollout.rollout(found.attention, found.lengths, chosen, facts=found.of)[0].cpu().numpy()
    return _of_tokens(model, found, values)


def flow(model: LoadedModel, words: Sequence[str], **options: Unpack[RolloutOptions]) -> TokenWeights:
    """Attention flow (Abnar and Zuidema 2020): the maximum flow from each token to each input token.

    Seconds for 30 tokens, minutes from 128 on.

    Args:
        model: from ``load_model``.
        words: one sentence as a list of words.
        options: as for ``rollout``.

    Returns:
        Weights (L, S, S), each row divided by its sum, with the names of the tokens.

    Raises:
        DataError: a text where a list of words is expected.
        ModelError: the model gives no attention maps, or the sentence is longer than one input.
        ConfigError: an option has an impossible value.
        TypeError: there is no such option.

    Examples:
        >>> import probing
        >>> found = probing.flow(probing.load_model("minilm"), ["Cats", "sleep"])
        >>> found.to_frame(layer=6).sum(axis="columns").round(6).tolist()
        [1.0, 1.0, 1.0, 1.0]
    """
    check_model(model)
    chosen = _options("flow", options)
    found = _maps_of(model, words)
    capacities = augmented(found.attention, found.lengths, chosen, facts=found.of)[0].cpu().numpy()
    layers = found.of.layers[-len(capacities) :]  # those below first_layer mix nothing
    return _of_tokens(model, found, as_distributions(flow_by_layer(capacities)), layers)


def _options(function: str, options: RolloutOptions) -> Rollout:
    for name in options:
        if name not in RolloutOptions.__annotations__:
            raise TypeError(f"{function}() got an unexpected keyword argument {name!r}")
    return Rollout(**options)


def _maps_of(model: LoadedModel, words: Sequence[str]) -> Maps:
    """The attention maps of one sentence."""
    encoder = model.encoder.step_by_step()
    subwords = encoder.tokenize([words_of(words)])
    found = next(maps(encoder, subwords), None)
    if found is None:
        raise ModelError(
            f"the sentence has {len(subwords.ids)} tokens, and {model.name} reads at most {encoder.window} at once; "
            "shorten it"
        )
    return found


def _of_tokens(
    model: LoadedModel, found: Maps, values: NDArray[np.floating], layers: tuple[int, ...] | None = None
) -> TokenWeights:
    name = model.encoder.tokenizer.id_to_token
    tokens = ((name(number) or str(number)).removeprefix(UNMATCHABLE) for number in found.ids[0].tolist())
    return TokenWeights(values, tuple(tokens), found.units[0], layers or found.of.layers)
