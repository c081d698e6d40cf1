"""Models that read all subwords of texts, any number of them trained together on the same windows of one layer.

All scores of a subword are one product with the weights of all models, so that what is read, and multiplied, once
serves every aggregation, strength and target. The sum of the models' losses is minimised: no model shares a weight with
another, so that each is trained as if alone, with a learning rate and an end of its own (``descent``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from probing.axes import IntArray, Split
from probing.probe.aggregations import Aggregation
from probing.probe.descent import Descent, Trained, gained, one_thread
from probing.probe.erasure.subspaces import Erasure
from probing.probe.fit import Setting
from probing.probe.goals import Goal
from probing.probe.text_windows import LayerTexts
from probing.rng import generator

if TYPE_CHECKING:
    import torch

AT_ONCE = 512  # texts whose scores are in memory at a time, where nothing is trained
LEFT_OUT = -1  # the label of a text on which a model is neither trained nor stopped


@dataclass(frozen=True, eq=False)
class TextModel:
    """One model. labels: class numbers per split, (N,); LEFT_OUT or a class that train does not have have no loss.

    erased: what is taken out of every subword's vector before it is read. weights: W (D, K) and an intercept (C,),
    changed in place by training; how: what training did.
    """

    aggregation: Aggregation
    goal: Goal
    labels: dict[Split, NDArray[np.int64]]
    weight_decay: float
    weights: "list[torch.Tensor]"
    erased: Erasure | None = None
    how: Trained = field(default_factory=Trained)

    def reads(self) -> "torch.Tensor":
        """The weights (D, K) by which vectors give scores; with ``erased`` those that ignore what is taken out."""
        if self.erased is None:
            return self.weights[0]
        import torch

        rows, columns = (torch.from_numpy(one).to(self.weights[0]) for one in (self.erased.reads, self.erased.writes))
        return self.weights[0] - rows.T @ (columns.T @ self.weights[0])

    def loss(self, outputs: "torch.Tensor", labels: NDArray[np.int64]) -> "torch.Tensor":
        """The summed loss of outputs (N, C) in nats; texts without a loss add 0."""
        import torch

        known = np.where(labels < outputs.shape[1], labels, LEFT_OUT)
        of = torch.from_numpy(known).to(outputs.device)
        return torch.nn.functional.cross_entropy(outputs, of, ignore_index=LEFT_OUT, reduction="sum")


def text_model(
    aggregation: Aggregation,
    goal: Goal,
    weight_decay: float,
    width: int,
    setting: Setting,
    erased: Erasure | None = None,
) -> TextModel:
    """A model before training; its weights depend on the seed and the aggregation alone."""
    import torch

    rng = generator(setting.seed, "weights before training", aggregation.name, str(aggregation.heads))
    begin = aggregation.start(width, goal.outputs, rng)
    weights = [torch.tensor(one, device=setting.device, requires_grad=True) for one in begin]
    labels = {split: goal.target.flat(split).astype(np.int64) for split in goal.target.values}
    return TextModel(aggregation, goal, labels, weight_decay, weights, erased)


def train_together(models: Sequence[TextModel], texts: LayerTexts, descent: Descent, setting: Setting) -> None:
    """Train every model on the texts of train, until all have stopped. Raises ModelError for a loss that is not finite.

    The windows come in random order, and the texts of a window too.
    """
    import torch

    rng = generator(setting.seed, "order of texts")
    adam = torch.optim.Adam(
        [{"params": one.weights, "weight_decay": one.weight_decay} for one in models],
        descent.learning_rate,
        fused=True,
    )
    kept = [[weight.detach().clone() for weight in one.weights] for one in models]
    step = f"probes of all subwords, layer {texts.layer}: epochs"
    for epoch in range(descent.epochs):
        active = [one for one in models if not one.how.converged]
        if not active:
            break
        setting.on_progress(step, epoch, descent.epochs)
        with one_thread():
            _one_epoch(active, texts, descent, rng, adam)
            _watch(models, texts, descent, adam, kept)
    setting.on_progress(step, descent.epochs, descent.epochs)
    with torch.no_grad():
        for one, best in zip(models, kept, strict=True):
            for weight, found in zip(one.weights, best, strict=True):
                weight.copy_(found)


def _one_epoch(
    models: Sequence[TextModel], texts: LayerTexts, descent: Descent, rng: np.random.Generator, adam: Any
) -> None:
    import torch

    n = len(models[0].labels["train"])
    for number in rng.permutation(texts.n_windows("train")):
        window = texts.window("train", int(number))
        for chosen in descent.batches(len(window.places), rng, n):
            adam.zero_grad()
            losses = []
            for model, outputs in zip(models, all_outputs(models, *window.some(chosen)), strict=True):
                labels = model.labels["train"][window.places[chosen]]
                losses.append(model.loss(outputs, labels) / max(1, int((labels != LEFT_OUT).sum())))
            torch.stack(losses).sum().backward()  # type: ignore[no-untyped-call]
            adam.step()


def _watch(models: Sequence[TextModel], texts: LayerTexts, descent: Descent, adam: Any, kept: Any) -> None:
    """Note the losses after an epoch: a gain is kept, without one the learning rate is halved, after some it ends."""
    for at, (model, loss) in enumerate(zip(models, _watched(models, texts), strict=True)):
        if model.how.converged:
            continue
        name = f"probe=aggregate, {model.aggregation.name} on layer {texts.layer}"
        if gained(name, loss, model.how, descent.min_gain):
            kept[at] = [weight.detach().clone() for weight in model.weights]
        else:
            adam.param_groups[at]["lr"] *= 0.5
        model.how.converged = model.how.stale >= descent.patience


def _watched(models: Sequence[TextModel], texts: LayerTexts) -> list[float]:
    """The mean loss of each model on the split that decides when it stops; 0 where no text has one."""
    import torch

    sums, counts = np.zeros(len(models)), np.zeros(len(models))
    for split in dict.fromkeys(one.goal.watched for one in models):
        of = [at for at, one in enumerate(models) if one.goal.watched == split]
        for places, outputs in _read(split, [models[at] for at in of], texts):
            with torch.no_grad():
                for at, found in zip(of, outputs, strict=True):
                    labels = models[at].labels[split][places]
                    sums[at] += float(models[at].loss(found, labels))
                    counts[at] += int(((labels != LEFT_OUT) & (labels < found.shape[1])).sum())
    return [float(one) for one in sums / np.maximum(counts, 1)]


def outputs_of(models: Sequence[TextModel], texts: LayerTexts, split: Split) -> list[NDArray[np.float32]]:
    """What each model gives for all texts of a split, (N, C), in the order of the split."""
    n = len(models[0].labels[split])
    found = [np.zeros((n, one.goal.outputs), np.float32) for one in models]
    for places, outputs in _read(split, models, texts):
        for one, of in zip(found, outputs, strict=True):
            one[places] = np.asarray(of.cpu())
    return found


def _read(
    split: Split, models: Sequence[TextModel], texts: LayerTexts
) -> "Iterator[tuple[IntArray, list[torch.Tensor]]]":
    """The places of some texts, and what each model gives for them, without gradients."""
    import torch

    for window in texts.windows(split):
        for chosen in np.array_split(np.arange(len(window.places)), -(-len(window.places) // AT_ONCE)):
            with torch.no_grad():
                yield window.places[chosen], all_outputs(models, *window.some(chosen))


def all_outputs(models: Sequence[TextModel], x: NDArray[np.float32], lengths: IntArray) -> "list[torch.Tensor]":
    """What each model gives for texts, (N, C). x (S, D): their subwords, text after text; lengths (N,)."""
    import torch

    whole = torch.cat([one.reads() for one in models], dim=1)
    scores = torch.from_numpy(x).to(whole.device) @ whole
    longest = int(lengths.max())
    real = torch.arange(longest, device=whole.device) < torch.from_numpy(lengths).to(whole.device)[:, None]
    padded = scores.new_zeros(*real.shape, scores.shape[1]).masked_scatter(real[..., None], scores)
    parts = torch.split(padded, [one.weights[0].shape[1] for one in models], dim=-1)
    return [one.aggregation.outputs(part, real, one.weights[1]) for one, part in zip(models, parts, strict=True)]
