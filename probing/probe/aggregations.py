"""Ways to read all subwords of a text: from scores of its subwords to the outputs of the text.

Every subword t has scores s_t = W h_t; a text has one output per class c, to which an intercept is added.

    mean        the mean over t of s_tc
    max         the largest s_tc
    last        s_tc of the last subword
    softmax     the sum over t of softmax over t (s_tc) times s_tc (McKenzie et al. 2025)
    attention   the sum over heads h and subwords t of softmax over t (q_ht) times v_htc; q and v are scores of their
                own (Kantamneni et al. 2025 with one head, Shabalin and Belrose 2025 with several)
    multimax    the sum over heads h of the largest v_htc (Kramár et al. 2026, whose scores are those of an MLP)

The papers have two classes and one output; here each class has its own, so that no class is the one to be found.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.probe.layer_models import uniform

if TYPE_CHECKING:
    import torch

SMALL = np.float32(0.1)
MEAN = "mean"
HEADED = ("attention", "multimax")
NAMES = (MEAN, "max", "last", "softmax", *HEADED)


@dataclass(frozen=True)
class Aggregation:
    """One way, by its name in ``NAMES``; ``heads`` is 1 for those that have none."""

    name: str
    heads: int = 1

    def start(self, width: int, outputs: int, rng: np.random.Generator) -> list[NDArray[np.float32]]:
        """The weights before training: W (D, K) and an intercept per class (C,).

        They are small: a maximum would be slow to leave the subwords that larger ones happen to choose.
        """
        queries = self.heads if self.name == "attention" else 0
        scores, _ = uniform(rng, width, queries + self.heads * outputs)
        return [SMALL * scores, np.zeros(outputs, np.float32)]

    def outputs(self, scores: "torch.Tensor", real: "torch.Tensor", intercept: "torch.Tensor") -> "torch.Tensor":
        """The outputs (N, C) of texts. scores (N, T, K), of up to T subwords; real (N, T): which of them there are."""
        return self._combined(scores, real) + intercept

    def _combined(self, scores: "torch.Tensor", real: "torch.Tensor") -> "torch.Tensor":
        import torch

        there = real[..., None]
        if self.name == MEAN:
            return (scores * there).sum(1) / there.sum(1)
        if self.name == "last":
            return scores[torch.arange(len(scores)), real.sum(1) - 1]
        if self.name == "attention":
            queries, values = scores[..., : self.heads], scores[..., self.heads :]
            weights = torch.softmax(queries.masked_fill(~there, -torch.inf), dim=1)
            return torch.einsum("nth,nthc->nc", weights, values.reshape(*values.shape[:2], self.heads, -1))
        hidden = scores.masked_fill(~there, -torch.inf)
        if self.name == "softmax":
            return (torch.softmax(hidden, dim=1) * scores).sum(1)
        return hidden.amax(1).reshape(len(hidden), self.heads, -1).sum(1)
