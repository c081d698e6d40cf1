"""Integrated gradients (Sundararajan et al. 2017) of a readout's score, along the line from a baseline to a text."""

from typing import TYPE_CHECKING

import numpy as np

from probing.attention.interventions.attribution import Attribution
from probing.attention.interventions.logit_difference import LogitDifference, only_place
from probing.attention.interventions.passes import budget, forward
from probing.attention.interventions.token_effects import special_token
from probing.errors import one_of, positive
from probing.model.batches import Batch
from probing.model.encoder import Encoder
from probing.model.input_limits import embeddings
from probing.model.subwords import Subwords

if TYPE_CHECKING:
    import torch

BASELINES = ("mask", "pad", "mean", "zero")


def integrated_gradients(
    encoder: Encoder, subwords: Subwords, explained: LogitDifference, baseline: str = "mask", steps: int = 64
) -> Attribution:
    """Per subword (S,), in logits: (x - x') · the mean gradient on the line from x' to x. They add up to the score of
    the text minus that of the baseline, but for the error of integration, which ``error`` gives.

    x is a subword's row of the embedding table, as in ``gradients``; x' is the row of the mask (or pad) token, the mean
    of all rows, or zero. Special tokens and positions stay as they are. ``steps``: nodes of Gauss-Legendre integration.
    Networks that divide by the length of the embedding (Llama) jump at zero, so that the error stays large there: take
    mean. Raises: ConfigError for another baseline, no steps, and as ``only_place``; ModelError for a missing token.
    """
    import torch

    one_of("baseline", baseline, BASELINES)
    positive("steps", steps)
    batch = only_place(encoder, subwords, explained)
    table = encoder.network.get_input_embeddings()
    with torch.no_grad():
        text = table(torch.from_numpy(batch.ids).to(encoder.device))  # (1, S, E)
        there = torch.from_numpy(batch.words >= 0).to(text.device)[..., None]
        start = torch.where(there, _blank(encoder, baseline, text), text)
        before, after = (
            float(explained(forward(encoder, batch, at).hidden_states[explained.layer], batch).of_gold())
            for at in (start, text)
        )
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    slope = torch.zeros_like(text, dtype=torch.float64)
    at_once = max(1, budget(encoder) // batch.ids.shape[1])
    for some in np.array_split(np.arange(steps), -(-steps // at_once)):
        share = torch.as_tensor((nodes[some] + 1) / 2, dtype=text.dtype, device=text.device)[:, None, None]
        found = _slopes(encoder, batch.repeat(len(some)), start + share * (text - start), explained)
        slope += torch.einsum("n,nse->se", torch.as_tensor(weights[some] / 2, device=text.device), found.double())
    values = (slope * (text - start).double()).sum(-1)[0].cpu().numpy()
    name = baseline if baseline in ("zero", "mean") else special_token(encoder, (baseline,))[0]
    what = f"the logit difference {after:+.3f} of the text minus {before:+.3f} of the baseline".replace("-", "−")
    setting = f"from the embedding {name}, {steps} steps"
    return Attribution("integrated gradients", values, "logit", 0.0, after - before, what, setting)


def _blank(encoder: Encoder, baseline: str, text: "torch.Tensor") -> "torch.Tensor":
    """The embedding that replaces those of words, in a shape that broadcasts."""
    import torch

    table = encoder.network.get_input_embeddings()
    if baseline in ("zero", "mean"):
        every = torch.arange(embeddings(encoder.network), device=text.device)
        mean: torch.Tensor = table(every).mean(0)  # not of its weights: some tables scale them (Gemma 3)
        return torch.zeros_like(text) if baseline == "zero" else mean
    number = special_token(encoder, (baseline,))[1]
    row: torch.Tensor = table(torch.tensor([number], device=text.device))
    return row


def _slopes(encoder: Encoder, batch: Batch, at: "torch.Tensor", explained: LogitDifference) -> "torch.Tensor":
    """The gradient at every point of the line, (n, S, E)."""
    import torch

    with torch.enable_grad():
        points = at.detach().requires_grad_()
        scores = explained(forward(encoder, batch, points).hidden_states[explained.layer], batch).of_gold()
        (slopes,) = torch.autograd.grad(scores.sum(), points)
    found: torch.Tensor = slopes
    return found
