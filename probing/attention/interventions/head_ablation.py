"""Head ablation by hooks: a head's output is replaced by zeros, by its mean, or by that of uniform attention.

Michel et al. (2019) replace a head by zeros. A layer never sees such input in training, which can do harm by itself.
The head's mean over a reference sample, or the mean of its value vectors, is closer to its usual input.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.passes import Substitute, each_batch, forward, replaced
from probing.axes import FloatArray
from probing.errors import ConfigError, one_of
from probing.model.batches import Batch
from probing.model.blocks import Block, blocks
from probing.model.encoder import Encoder
from probing.model.network_pass import hooks
from probing.model.subwords import Subwords

if TYPE_CHECKING:
    import torch

REPLACEMENTS = ("zero", "mean", "uniform")
Head = tuple[int, int]  # layer from 1, head from 0


@dataclass(frozen=True, eq=False)
class Ablation:
    """What replaces the output of a head.

    replacement: zero; mean, over a reference sample (``means`` (L, H, d) from ``head_means``); or uniform, which is
    uniform attention to everything that a query can see. Raises: ConfigError for another one, or mean without means.
    """

    replacement: str = "mean"
    means: FloatArray | None = None

    def __post_init__(self) -> None:
        one_of("replacement", self.replacement, REPLACEMENTS)
        if self.replacement == "mean" and self.means is None:
            raise ConfigError("replacement=mean: the means of the heads are missing; give means=head_means(...)")

    def substitute(self, encoder: Encoder, batch: Batch, place: int) -> Substitute:
        """What replaces the outputs of the heads of the block that stands at ``place`` in ``blocks``, from 0."""
        import torch

        if self.replacement == "uniform":
            real, near = torch.from_numpy(batch.real).to(encoder.device), blocks(encoder.network)[place].reach
            return uniform(real, encoder.causal, near)
        if self.replacement == "zero" or self.means is None:
            return lambda values: values.new_zeros(())
        means = torch.from_numpy(np.asarray(self.means[place], np.float32)).to(encoder.device)
        return lambda _values: means


def uniform(real: "torch.Tensor", causal: bool, reach: int | None = None) -> Substitute:
    """The mean of the value vectors that a query can see: all real ones (B, T); in causal models none after its own,
    and with ``reach`` none that is farther away.
    """
    if reach is not None:
        return _uniform_near(real, causal, reach)
    seen = real[:, :, None, None]

    def mean(values: "torch.Tensor") -> "torch.Tensor":
        there = values * seen
        if causal:
            return there.cumsum(1) / seen.cumsum(1).clamp(min=1)
        return there.sum(1, keepdim=True) / seen.sum(1, keepdim=True)

    return mean


def _uniform_near(real: "torch.Tensor", causal: bool, reach: int) -> Substitute:
    import torch

    place = torch.arange(real.shape[1], device=real.device)
    back = place[:, None] - place  # from query to key
    seen = real[:, None, :] & (back.abs() <= reach) & ((back >= 0) | (not causal))
    weights = seen / seen.sum(-1, keepdim=True).clamp(min=1)
    return lambda values: torch.einsum("bqk,bkhd->bqhd", weights.to(values.dtype), values)


@contextmanager
def ablated(encoder: Encoder, batch: Batch, heads: Collection[Head], ablation: Ablation) -> Iterator[None]:
    """Replace these heads in passes of ``batch`` inside the ``with`` statement; afterwards the network is unchanged.

    Raises: ConfigError for a head that the network does not have, ModelError as ``blocks`` does.
    """
    import torch

    found = blocks(encoder.network)
    n_heads = found[0].n_heads
    numbers = [block.number for block in found]
    for layer, head in heads:
        if not (layer in numbers and 0 <= head < n_heads):
            known = f"layer {', '.join(map(str, numbers))} and head 0 to {n_heads - 1}"
            raise ConfigError(f"head {layer}.{head}: no such head; give layer.head, with {known}")
    with ExitStack() as stack:
        for place, block in enumerate(found):
            chosen = [(block.number, head) in heads for head in range(n_heads)]
            if any(chosen):
                new = ablation.substitute(encoder, batch, place)
                stack.enter_context(replaced(block, new, torch.tensor([chosen], device=encoder.device)))
        yield


def head_means(encoder: Encoder, subwords: Subwords) -> NDArray[np.float64]:
    """The mean output of each head over all subwords, special ones included: (L, H, d) for the L ``blocks``.

    A head's output is its part of the output projection's input. Raises: ModelError as ``blocks`` does.
    """
    found = blocks(encoder.network)
    sums = np.zeros((len(found), found[0].n_heads * found[0].head_width))
    n_subwords = 0
    for batch, of_batch in each_batch(encoder, subwords, lambda batch: _summed(encoder, batch, found)):
        n_subwords += int(batch.real.sum())
        sums += of_batch
    return sums.reshape(len(found), found[0].n_heads, -1) / max(n_subwords, 1)


def _summed(encoder: Encoder, batch: Batch, found: Sequence[Block]) -> NDArray[np.float32]:
    """The output projections' inputs summed over the real subwords of a batch, (L, H * d)."""
    import torch

    real = torch.from_numpy(batch.real).to(encoder.device)
    with _inputs(found) as joined, torch.inference_mode():
        forward(encoder, batch)
    return np.stack([part[real.to(part.device)].sum(0, dtype=torch.float32).cpu().numpy() for part in joined])


@contextmanager
def _inputs(found: Sequence[Block]) -> "Iterator[list[torch.Tensor]]":
    """The inputs of the output projections in the next pass, (B, T, H * d) each."""
    kept: list[torch.Tensor] = []
    with hooks(*(b.output.register_forward_pre_hook(lambda _m, inputs: kept.append(inputs[0])) for b in found)):
        yield kept
