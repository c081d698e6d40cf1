"""What a layer tells about the labels beyond something else: probes on both together, and on the other alone.

Conditional V-information (Hewitt et al. 2021): I_V(layer → Y | given) = H_V(Y | given) − H_V(Y | given, layer). Both
are cross-entropies on test of linear probes that were trained alike: on the features of ``given`` alone (in the paper
with zeros in the place of the layer, which is the same for a linear probe), and on these and the vectors of the layer
side by side. Every feature is standardised on train.
"""

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from probing.analysis.comparisons import words_read
from probing.analysis.study import Study
from probing.axes import SPLITS, Note, Split, Tally
from probing.probe.fit import TASK, Fit, Scale, Setting, apply, scale
from probing.probe.linear import Linear
from probing.probe.logistic import log_probabilities
from probing.probe.word_identity import type_features
from probing.result.information import gold_bits
from probing.result.statistics import Floats

LAYER0, WORD = "layer0", "word"
GIVEN = {LAYER0: "layer 0", WORD: "the word type"}  # option: as rows and pages call it
Features = Mapping[Split, NDArray[np.float32]]


def conditional(study: Study, name: str, folds: int) -> tuple[list[Tally], list[Note]]:
    """Bits of test that each layer adds to what ``name`` (of GIVEN) tells, and the cross-entropy of the latter alone.

    Also a note on probes that stopped before convergence. Layer 0 adds nothing to itself and is left out there.
    """
    layers = tuple(layer for layer in study.layers if (name, layer) != (LAYER0, 0))
    stored_bits = study.items.vectors.bits
    given = _standardised(_layer(study, 0) if name == LAYER0 else _word_features(study, folds), stored_bits)
    alone, converged = bits_on_test(study, 0, given)
    sums, counted = np.zeros((len(alone), len(layers))), _counted(study)
    stopped = [] if converged else ["alone"]
    for place, layer in enumerate(layers):
        study.on_progress(f"probes of layers and {GIVEN[name]}", place, len(layers))
        both = _beside(given, _standardised(_layer(study, layer), stored_bits))
        bits, converged = bits_on_test(study, layer, both)
        sums[:, place] = alone - bits
        stopped += [] if converged else [f"with layer {layer}"]
    study.on_progress(f"probes of layers and {GIVEN[name]}", len(layers), len(layers))
    where = (study.probe.name, "test")
    tallies = [Tally("cross_entropy_bits", f"{GIVEN[name]} alone", *where, (0,), alone[:, None], counted)]
    if layers:
        tallies.append(Tally("conditional_v_information_bits", f"given {GIVEN[name]}", *where, layers, sums, counted))
    text = f"information: probe of {GIVEN[name]} {', '.join(stopped)}: stopped before convergence"
    return tallies, [Note("unconverged", text)] if stopped else []


def bits_on_test(study: Study, layer: int, features: Features) -> tuple[Floats, bool]:
    """Sum of −log2 p(gold) in each sentence of test, under a linear probe of ``features``; whether it converged."""
    given, target = cast(Linear, study.probe), study.items.targets[TASK]
    probe = Linear("linear", given.l2, given.standardise, given.tolerance, given.max_iterations)
    setting = Setting(study.options.seed, study.options.probe_device, study.on_progress)
    [fit] = probe.fit_layer(layer, features, {TASK: target}, setting)
    bits = gold_bits(probabilities(fit, features["test"]), target.flat("test"))
    return by_sentence(np.nan_to_num(bits), study), fit.converged


def probabilities(fit: Fit, x: NDArray[np.float32], by: Scale | None = None) -> Floats:
    """Log-probabilities (N, C) in nats of a fitted probe for vectors (N, D), standardised ``by`` it if given."""
    import torch

    standardised = apply({"test": x}, *by)["test"] if by is not None else x
    weights = torch.from_numpy(cast(NDArray[np.float32], fit.weights))
    return np.asarray(log_probabilities(torch.from_numpy(standardised), weights).double().numpy())


def by_sentence(values: Floats, study: Study) -> Floats:
    """Values of the items of test summed by sentence: (N, …) -> (n_sentences, …)."""
    lengths = [np.size(v) for v in study.items.targets[TASK].values["test"]]
    sums = np.zeros((len(lengths), *values.shape[1:]))
    np.add.at(sums, np.repeat(np.arange(len(lengths)), lengths), values)
    return sums


def words_of(study: Study) -> dict[Split, list[list[str]]]:
    """The words that the task labels, as the model reads them, per split and sentence."""
    read = words_read(study)
    return {
        split: [[words[i] for i in at] for words, at in zip(read.forms[split], read.items[split], strict=True)]
        for split in SPLITS
    }


def _counted(study: Study) -> Floats:
    """Items of each sentence of test whose class train has, (n_sentences,)."""
    target = study.items.targets[TASK]
    return by_sentence((target.flat("test") < target.n_classes).astype(np.float64), study)


def _layer(study: Study, layer: int) -> Features:
    return study.items.vectors.layer(layer)


def _word_features(study: Study, folds: int) -> Features:
    return type_features(words_of(study), study.items.targets[TASK], folds, study.rng("word identity"))


def _standardised(features: Features, bits: int) -> Features:
    return apply(features, *scale(features["train"], True, bits))


def _beside(one: Features, other: Features) -> Features:
    return {split: np.hstack([one[split], other[split]]) for split in SPLITS}


def stated(given: Sequence[str], folds: int) -> list[str]:
    """What each of ``given`` is, in words."""
    texts = {
        LAYER0: "layer 0: its vectors (the embedding output)",
        WORD: "the word type, as the model reads it: log p(class | type), one feature per class, counted on train, "
        "smoothed by the label frequencies of train with the weight of one item "
        f"(for items of train on the other {folds - 1} of {folds} folds)",
    }
    return [texts[name] for name in given]
