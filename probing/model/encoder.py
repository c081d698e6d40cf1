"""A frozen encoder: sentences in, the hidden states of every layer out, one row per subword."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.axes import SPLITS, Corpus, Sentence
from probing.data.word_list import words_of
from probing.errors import ModelError
from probing.model.align import as_plain_text
from probing.model.attention_kind import STEP_BY_STEP, computing, set_attention
from probing.model.batches import LIKE, Units, as_units, plan
from probing.model.chat_template import reading
from probing.model.checkpoint import Checkpoint, Model
from probing.model.early_exit import Reads, reads, states_until
from probing.model.finite import require_finite
from probing.model.input_limits import embeddings, longest_input
from probing.model.loading import named, read_network
from probing.model.map_facts import MapFacts, measure_maps
from probing.model.memory import Memory
from probing.model.network_facts import SHARING, Facts, example_batch, hidden_states, measure, padding
from probing.model.network_pass import Network
from probing.model.saved_head import ModelHead
from probing.model.saved_tokenizer import ClsPosition, cls_place, read_tokenizer, special_subwords
from probing.model.subwords import Frame, Subwords, tokenize
from probing.model.text_start import beginning_with, missing_bos

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# Padded subwords per forward pass: small batches stay in a processor's cache, large ones keep an accelerator busy.
CPU_BUDGET, ACCELERATOR_BUDGET = 2048, 16384


@dataclass
class Encoder:
    """A checkpoint ready to run; ``load`` makes one.

    special: the tokenizer's special tokens by role ("mask", "unk", "pad", "cls", "sep", "bos", "eos"), each as it is
    spelled and its number. head: the checkpoint's own; None if it was not asked for, or if the checkpoint has none.
    attention: what ``hidden`` computes with, whatever the network is set to (None: what it is set to). cls_position: of
    the subword that stands for its sentence, in a causal model the last. bos: the token that ``tokenizer`` puts first
    although its own template leaves it out. notes: for readers of the scores. memory: what the device can hold.
    exits: how a pass ends early, by the layers that are wanted.
    """

    checkpoint: Checkpoint
    network: Network
    tokenizer: "Tokenizer"
    frame: Frame
    facts: Facts
    pad: int
    device: str
    special: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    head: ModelHead | None = None
    attention: str | None = None
    cls_position: ClsPosition = "first"
    bos: str | None = None
    notes: tuple[str, ...] = ()
    memory: Memory = field(default_factory=Memory, init=False)
    exits: dict[tuple[int, ...], Reads | None] = field(default_factory=dict, init=False)

    @property
    def n_layers(self) -> int:
        """Hidden states per subword: the embedding output and one for each block."""
        return self.facts.n_layers

    @property
    def width(self) -> int:
        """Numbers per vector."""
        return self.facts.width

    @property
    def causal(self) -> bool:
        """Whether no vector depends on later subwords."""
        return self.facts.causal

    @property
    def final_norm(self) -> bool:
        """Whether the last hidden state alone has passed a final normalisation."""
        return self.facts.final_norm

    @property
    def window(self) -> int | None:
        """Longest input in subwords, special ones included; None: no limit."""
        return self.frame.window

    def plan(self, lengths: NDArray[np.int64], budget: int) -> list[NDArray[np.int64]]:
        """Batches for a pass each (``batches.plan``), within ``budget``: of one length, or one input, if need be."""
        like, most = (LIKE if self.facts.batching == "padded" else 1.0), min(budget, self.memory.ceiling)
        return plan(lengths, 1 if self.facts.batching == "alone" else most, like)

    @cached_property
    def map_facts(self) -> MapFacts:
        """What the attention maps are of. Raises: ModelError if there are none that are distributions."""
        with computing(self.network, self.attention):
            states = hidden_states(self.network, *example_batch(self.network, self.pad, self.device))
        with computing(self.network, STEP_BY_STEP):
            return measure_maps(self.network, self.pad, self.device, states)

    def step_by_step(self) -> "Encoder":
        """This encoder, its network from now on computing attention step by step, so that it gives maps.

        ``hidden`` goes on with the attention that the network was loaded with (fused where the architecture has it), so
        that stored vectors do not depend on what else an encoder is used for.
        """
        set_attention(self.network, STEP_BY_STEP)
        with suppress(ModelError):  # whoever asks for maps is told; measured now, before anyone watches passes
            _ = self.map_facts
        return self

    def tokenize(self, sentences: Sequence[Sequence[str]]) -> Subwords:
        """Tokenise lists of words; raises DataError for a text, ModelError for a subword without an embedding."""
        # a sentence without words has no subwords, and keeps its place
        return self.tokenize_sentences([Sentence("", words_of(words, may_be_empty=True)) for words in sentences])

    def tokenize_corpus(self, corpus: Corpus) -> Subwords:
        """Tokenise the sentences of all splits: those of train first, then dev, then test. Raises: as ``tokenize``."""
        return self.tokenize_sentences([s for split in SPLITS for s in corpus.splits[split]])

    def tokenize_sentences(self, sentences: Sequence[Sentence]) -> Subwords:
        """Tokenise corpus sentences: their text as written if the corpus was read so. Raises: as ``tokenize``."""
        subwords = tokenize(*reading(sentences, self.tokenizer, self.frame, self.checkpoint.folder))
        rows = embeddings(self.network)
        if subwords.ids.max(initial=0) >= rows:
            worst = int(subwords.ids.max())
            raise ModelError(
                f"{self.checkpoint.folder}: the tokenizer yields {self.tokenizer.id_to_token(worst)!r}, number "
                f"{worst}, but the network has {rows} embeddings; give a tokenizer and weights saved together"
            )
        return subwords

    def hidden(
        self, batch: Subwords, budget: int | None = None, layers: tuple[int, ...] | None = None
    ) -> NDArray[np.float32]:
        """Vectors of all layers for every subword of ``batch``, in its order: (L, S, D), without padding.

        ``budget`` bounds the padded subwords per pass (None: what suits the device); when memory runs out it is halved
        (``Memory.halving``). ``layers``: only these, ascending; no block above them is computed.
        Raises: ModelError if one unit alone does not fit, or on a vector that is not finite.
        """
        wanted = tuple(range(self.n_layers)) if layers is None else layers
        if budget is None:
            budget = CPU_BUDGET if self.device == "cpu" else ACCELERATOR_BUDGET
        units = as_units(batch, self.frame, self.causal)
        vectors = np.empty((len(wanted), len(batch.ids), self.width), dtype=np.float32)
        lengths = np.diff(units.offsets)

        def fill(some: NDArray[np.int64]) -> None:
            for place, (rows, found) in enumerate(self._passed(units, some, wanted)):
                of = f"{self.checkpoint.name}: layer {wanted[place]}"
                require_finite(found, rows, batch, lambda ids: str(self.tokenizer.decode(ids)), of)
                vectors[place][rows] = found

        with computing(self.network, self.attention):
            for some in self.plan(lengths, budget):
                for _ in self.memory.halving(some, lengths[some], fill):
                    pass
        return vectors

    def _passed(
        self, units: Units, some: NDArray[np.int64], layers: tuple[int, ...]
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Per layer the rows of ``units`` that a pass over some of them computes, and their vectors (rows, D)."""
        import torch

        if max(layers) < self.n_layers - 1 and layers not in self.exits:
            self.exits[layers] = reads(self.network, *example_batch(self.network, self.pad, self.device), layers)
        ids, real, rows = units.padded(some, self.pad)
        places = np.flatnonzero(rows >= 0)  # of the vectors to take, in the padded batch
        inputs = [torch.from_numpy(array).to(self.device) for array in (ids, real.astype(np.int64), places)]
        for states in states_until(self.network, inputs[0], inputs[1], layers, self.exits.get(layers)):
            yield rows.ravel()[places], states.flatten(0, 1).index_select(0, inputs[2]).float().cpu().numpy()


def load(model: Model, checkpoint: Checkpoint, device: str = "cpu", maps: bool = False, head: bool = False) -> Encoder:
    """Load ``checkpoint`` from its folder, and nothing from elsewhere, onto ``device``.

    ``maps``: as ``step_by_step`` makes it. ``head``: with the head that the checkpoint was saved with, read together
    with the encoder; hidden states are the same.
    Raises: ModelError if the tokenizer is not a fast one, the weights are not safetensors, the architecture is unknown
    or gives no hidden states, or there is no BOS token for ``model.bos=on``; ConfigError if no window has room.
    """
    saved = read_tokenizer(checkpoint.folder)
    network, own_head, notes = read_network(model, checkpoint, device, head)
    pad = padding(network)
    limits = (saved.longest, longest_input(network), model.max_subwords)
    window = min((limit for limit in limits if limit is not None), default=None)
    with named(checkpoint.folder):
        facts = measure(network, pad, device)
        bos = missing_bos(model.bos, saved, facts.causal)
        tokenizer = beginning_with(as_plain_text(saved.backend), bos)
        frame = Frame(*special_subwords(tokenizer), window, model.long == "truncate")
    place, unclear = ("last", None) if facts.causal else cls_place(saved.special, frame.prefix, frame.suffix)
    said = (*saved.notes, *notes, *filter(None, [unclear, SHARING[facts.batching]]))
    computed = (checkpoint, network, tokenizer, frame, facts, pad, device, saved.special, own_head)
    encoder = Encoder(*computed, network.config._attn_implementation, place, bos, said)
    return encoder.step_by_step() if maps else encoder
