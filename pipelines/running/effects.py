"""What changes when something is taken away: heads, tokens, weights; and whether attention would have told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.running.attended import Attended, score
from pipelines.running.config import Experiment
from pipelines.running.stages import Items
from probing.attention.flow.augmented import augmented
from probing.attention.flow.maximum_flow import as_distributions, flow_by_layer
from probing.attention.flow.rollout import rollout
from probing.attention.interventions.gradients import gradients
from probing.attention.interventions.head_ablation import Ablation, head_means
from probing.attention.interventions.head_effects import effects, joint, layer_effects, ranking, sum_of_single
from probing.attention.interventions.model_head import own_output
from probing.attention.interventions.rank_correlation import correlations, received, words_allow
from probing.attention.interventions.readouts import LinearProbe, Output
from probing.attention.interventions.replaced_weights import imposed
from probing.attention.interventions.token_effects import blank_out, special_token, value_zeroing
from probing.attention.values.mixing_ratios import mixing_ratios
from probing.attention.values.norms import norms
from probing.axes import Corpus, Labels, Progress, Split
from probing.errors import ConfigError
from probing.model.maps import maps
from probing.model.subwords import reorder
from probing.probe.fit import TASK, scale
from probing.result.score import Prediction
from probing.rng import generator

LONGEST = 32  # subwords of a sentence whose flow and blank-outs are computed: both grow with the square or worse


@dataclass(frozen=True)
class Sample:
    """Sentences as an output wants them, and the output."""

    subwords: Any
    output: Output


def read_by_probe(
    experiment: Experiment, items: Items, labels: Labels, found: Sequence[Prediction], encoder: Any
) -> Any:
    """How a sample's output is made: by the probe of the layer that is best on dev; None if there is no such one."""
    fits = [p.fit for p in found if p.target == TASK and p.fit is not None and p.fit.weights is not None]
    if not fits or labels.kind != "class":
        return None
    best = max(fits, key=lambda fit: fit.dev_score)
    mean, deviation = scale(items.vectors.layer(best.layer)["train"], getattr(experiment.probe, "standardise", True))
    name = f"the linear probe of {experiment.task.name} on layer {best.layer}"

    def output(split: Split, chosen: NDArray[np.int64], subwords: Any) -> tuple[Any, Output]:
        gold = [np.asarray(labels.values[split][i]) for i in chosen]
        level = labels.level
        weights = best.weights
        assert weights is not None
        probe = LinearProbe(
            name, best.layer, weights, mean, deviation, gold, level, experiment.task.vector, encoder.cls_position
        )
        return subwords, probe

    return output


def read_by_own_head(experiment: Experiment, labels: Labels, encoder: Any) -> Any:
    """The same by the model's own head, or None if the checkpoint has none."""
    head = encoder.head
    if head is None or (head.kind == "class" and (labels.level, labels.kind) != ("sentence", "class")):
        return None

    def output(split: Split, chosen: NDArray[np.int64], subwords: Any) -> tuple[Any, Output]:
        gold = [int(labels.values[split][i][0]) for i in chosen] if head.kind == "class" else None
        rng = generator(experiment.settings.seed, "masked words", split)
        return own_output(encoder, subwords, rng, gold, labels.classes)

    return output


def draw(experiment: Experiment, corpus: Corpus, split: Split, encoder: Any, n: int, longest: int | None = None) -> Any:
    """``n`` sentences of a split, drawn once and for all, in corpus order."""
    sentences = corpus.splits[split]
    subwords = encoder.tokenize([s.words for s in sentences])
    lengths = np.diff(subwords.offsets)
    fitting = np.flatnonzero((lengths > 2) & (lengths <= (longest or encoder.window or np.inf)))
    if not len(fitting):
        raise ConfigError(f"no sentence of {split} is short enough for interventions; type attention=rollout")
    order = generator(0, "interventions", split).permutation(fitting)
    chosen = np.sort(order[:n])
    return chosen, reorder(subwords, chosen)


def interventions(
    experiment: Experiment, corpus: Corpus, encoder: Any, read: Any, task: Any, found: Attended, on_progress: Progress
) -> None:
    """Heads ranked on dev; their effects one by one, together and by layer on test."""
    n = experiment.attention.interventions
    drawn = {split: draw(experiment, corpus, split, encoder, n) for split in ("dev", "test")}
    dev, test = (Sample(*read(split, chosen, subwords)) for split, (chosen, subwords) in drawn.items())
    means = head_means(encoder, dev.subwords) if experiment.attention.ablation == "mean" else None
    ablation = Ablation(experiment.attention.ablation, means)
    ranked = ranking(effects(encoder, dev.subwords, dev.output, ablation, "dev", on_progress))
    single = effects(encoder, test.subwords, test.output, ablation, "test", on_progress)
    together = joint(encoder, test.subwords, test.output, ablation, ranked, "test")
    found.rows += score([single, *together, *sum_of_single(single, ranked, test.output)], experiment)
    plain, by_task = task("test", *drawn["test"])  # without the masks that the model's own head may ask for
    found.rows += score([layer_effects(encoder, plain, by_task, ablation, "test")], experiment)
    found.facts |= {"output": test.output.name, "layer_output": by_task.name, "ranked": ranked[:20]}


def explanation(
    experiment: Experiment, corpus: Corpus, encoder: Any, read: Any, found: Attended, on_progress: Progress
) -> None:
    """Attention scores against blank-out and gradients; and how far the output moves under other weights."""
    chosen, plain = draw(experiment, corpus, "test", encoder, -(-experiment.attention.interventions // 2), LONGEST)
    subwords, output = read("test", chosen, plain)
    query = query_of(experiment.attention.query, encoder.causal)
    kept: dict[int, dict[str, NDArray[Any]]] = {}
    options = experiment.attention.rollout()
    for batch in maps(encoder, subwords):
        rolled = rollout(batch.attention, batch.lengths, options, batch.sentences).float().cpu().numpy()
        mixed = augmented(batch.attention, batch.lengths, options, batch.sentences).float().cpu().numpy()
        for row, (number, layers, _, _) in enumerate(batch.each()):
            on_progress("flow", len(kept), len(chosen))
            n = layers.shape[-1]
            kept[number] = {
                "raw": received(layers, query),
                "rollout": received(rolled[row, :, :n, :n], query),
                "flow": received(as_distributions(flow_by_layer(mixed[row, :, :n, :n])).astype(np.float32), query),
            }
    on_progress("flow", len(chosen), len(chosen))
    scores = {name: [kept[number][name] for number in sorted(kept)] for name in ("raw", "rollout", "flow")}
    of_norms = norms(encoder, subwords, lambda layer: layer.summed.cpu().numpy(), sorted(kept))
    scores["norm"] = [received(np.stack(layers), query) for _, layers in of_norms]
    zeroed = value_zeroing(encoder, subwords, sorted(kept))
    scores["value zeroing"] = [received(found_of, query) for _, found_of in zeroed]
    token, blank = special_token(encoder)
    references = {
        "blank-out": blank_out(encoder, subwords, output, blank),
        "gradient": gradients(encoder, subwords, output),
        "gradient × input": gradients(encoder, subwords, output, "input"),
    }
    references = {name: [values[number] for number in sorted(kept)] for name, values in references.items()}
    ranks = score(correlations(scores, references, range(1, encoder.n_layers), "test"), experiment)
    moved = imposed(encoder, subwords, output, generator(experiment.settings.seed, "permuted"), "test", draws=3)
    tvd = score(moved, experiment)
    found.rows += ranks + tvd
    found.facts |= {"blank": token, "explained": output.name, "query": str(query)}
    found.facts["said"] = said(output.name, output.layer or 1, ranks, tvd)


def query_of(name: str, causal: bool) -> int | str:
    """Whose attention is held against interventions: a position, or the mean or maximum over all of them."""
    if name == "auto":  # in causal models only the last position sees all
        return -1 if causal else "mean"
    return {"first": 0, "last": -1}.get(name, name)


def said(output: str, layer: int, ranks: Sequence[Mapping[str, Any]], tvd: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the figures of the layer that the output reads allow to be said."""

    def ends(row: Mapping[str, Any]) -> tuple[float, float, float]:
        return row["value"], row["ci_low"], row["ci_high"]

    of_layer = {r["target"]: ends(r) for r in ranks if r["layer"] == layer and r["metric"] == "spearman"}
    uniform = [ends(r) for r in tvd if r["layer"] == layer and r["target"] == "uniform"]
    return words_allow(output, layer, of_layer, uniform[0] if uniform else (np.nan, np.nan, np.nan))


def value_vectors(experiment: Experiment, corpus: Corpus, encoder: Any, found: Attended, on_progress: Progress) -> None:
    """How much a weight carries, on the sample of test."""
    _, subwords = draw(experiment, corpus, "test", encoder, experiment.attention.interventions)
    found.rows += score(mixing_ratios(encoder, subwords, "test", on_progress=on_progress), experiment)
