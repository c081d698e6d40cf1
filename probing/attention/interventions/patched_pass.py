"""The pass of one text, and what its readout says when states of another text's pass are put into it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.aligned_texts import AlignedTexts, Weights
from probing.attention.interventions.passes import Substitute, below, budget, forward, hidden, replaced, resumed
from probing.attention.interventions.readouts import Readout
from probing.errors import ConfigError, DataError
from probing.model.batches import Batch, batch_of
from probing.model.block_calls import Call, calls
from probing.model.blocks import Block, blocks
from probing.model.encoder import Encoder
from probing.model.maps import usable
from probing.model.network_pass import hooks

if TYPE_CHECKING:
    import torch

Classes = tuple[int, int]


@dataclass(frozen=True, eq=False)
class PatchedPass:
    """One text's pass up to the layer that is read.

    kept: the calls of the blocks ``found``. heads: their heads' outputs, (1, T, H * d) each. read (1, T, D): what the
    readout reads. difference: log p(a) - log p(b) of the ``classes``, in nats.
    """

    encoder: Encoder
    readout: Readout
    classes: Classes
    batch: Batch
    found: Sequence[Block]
    kept: Sequence[Call]
    heads: "Sequence[torch.Tensor]"
    read: "torch.Tensor"

    @cached_property
    def difference(self) -> float:
        """Of the text as it is."""
        return float(self._differences(self.read, self.batch)[0])

    @property
    def layers(self) -> tuple[int, ...]:
        """The hidden layers that can be patched: those that a block with attention reads, and the readout's own."""
        return (*(block.number - 1 for block in self.found), self.readout.layer)

    def with_states(self, other: "PatchedPass", weights: Weights) -> NDArray[np.float64]:
        """The difference in G passes with states of the other text, (L, G). weights (G, T, S): see ``mixed``."""
        columns = [self._with_states(other, weights[some]) for some in self._in_parts(len(weights))]
        return np.concatenate(columns, axis=1)

    def _with_states(self, other: "PatchedPass", weights: Weights) -> NDArray[np.float64]:
        import torch

        many = self.batch.repeat(len(weights))
        rows = []
        for place, block in enumerate(self.found):
            states = mixed(self.kept[place].states, other.kept[place].states, weights)
            below_it = resumed(self.found[:place], self.kept, len(weights))
            with torch.inference_mode(), below_it, entering(block, states):
                rows.append(self._differences(hidden(self.encoder, many, self.readout.layer), many))
        rows.append(self._differences(mixed(self.read, other.read, weights), many))
        return np.stack(rows)

    def with_heads(self, other: "PatchedPass", weights: Weights) -> NDArray[np.float64]:
        """The difference when one head gives the other text's output, (L, H). weights (T, S): see ``mixed``."""
        import torch

        n_heads = self.found[0].n_heads
        each = torch.eye(n_heads, dtype=torch.bool, device=self.encoder.device)
        values = np.empty((len(self.found), n_heads))
        for place, block in enumerate(self.found):
            new = mixed(self.heads[place], other.heads[place], weights[None])
            new = new.view(*new.shape[:2], n_heads, -1)
            for some in self._in_parts(n_heads):
                many = self.batch.repeat(len(some))
                below_it = resumed(self.found[:place], self.kept, len(some))
                with torch.inference_mode(), below_it, replaced(block, _gives(new), each[some]):
                    values[place, some] = self._differences(hidden(self.encoder, many, self.readout.layer), many)
        return values

    def _in_parts(self, n: int) -> list[NDArray[np.int64]]:
        """Numbers up to n, as many at once as copies of the text fit into a pass."""
        step = max(1, budget(self.encoder) // self.batch.ids.shape[1])
        return [np.arange(at, min(at + step, n)) for at in range(0, n, step)]

    def _differences(self, states: "torch.Tensor", batch: Batch) -> NDArray[np.float64]:
        """log p(a) - log p(b) of each of n copies, (n,)."""
        read = self.readout(states, batch).log_probabilities
        if len(read) != len(batch.ids):
            raise ConfigError(
                f"{self.readout.name}: {len(read)} labels in {len(batch.ids)} texts; expected: one label per text"
            )
        if not all(0 <= each < read.shape[1] for each in self.classes) or self.classes[0] == self.classes[1]:
            raise ConfigError(f"classes={self.classes}: expected two different ones from 0 to {read.shape[1] - 1}")
        a, b = (read[:, each].double() for each in self.classes)
        found: NDArray[np.float64] = (a - b).cpu().numpy()
        return found


def passes(
    encoder: Encoder, texts: AlignedTexts, readout: Readout, classes: Classes
) -> tuple[PatchedPass, PatchedPass]:
    """The passes of the clean and of the corrupted text; raises as ``patch_words`` says."""
    if not usable(encoder, texts.subwords).all():
        raise DataError(
            f"texts of {texts.lengths[0]} and {texts.lengths[1]} subwords: expected are words that fit into one input, "
            f"of {encoder.window} subwords at most; type shorter texts"
        )
    found = below(blocks(encoder.network), readout.layer)

    def passed(text: int) -> PatchedPass:
        import torch

        batch, heads = batch_of(texts.subwords, [text], encoder.pad), []
        keeping = [
            block.output.register_forward_pre_hook(lambda _m, inputs: heads.append(inputs[0])) for block in found
        ]
        with torch.inference_mode(), calls(block.module for block in found) as kept, hooks(*keeping):
            read = forward(encoder, batch).hidden_states[readout.layer]
        made = PatchedPass(encoder, readout, classes, batch, found, kept, heads, read)
        _ = made.difference  # impossible classes are refused before anything is patched
        return made

    return passed(0), passed(1)


def mixed(own: "torch.Tensor", other: "torch.Tensor", weights: Weights) -> "torch.Tensor":
    """(1, T, D) and (1, S, D) -> (G, T, D): what weights (G, T, S) take from the other, else this text's own states."""
    import torch

    taken = torch.from_numpy(weights).to(own.device, own.dtype)
    return torch.where((taken != 0).any(-1, keepdim=True), taken @ other, own)


def _gives(new: "torch.Tensor") -> Substitute:
    return lambda _values: new


@contextmanager
def entering(block: Block, states: "torch.Tensor") -> Iterator[None]:
    """Give ``block`` other hidden states than those that the network computed, in passes inside the ``with``."""

    def put(
        _block: "torch.nn.Module", inputs: tuple[Any, ...], options: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if inputs:
            return (states, *inputs[1:]), options
        return inputs, {**options, "hidden_states": states}

    with hooks(block.module.register_forward_pre_hook(put, with_kwargs=True)):
        yield
