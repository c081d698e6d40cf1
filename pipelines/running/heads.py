"""What heads attend to: statistics over the whole of dev and test while maps stream by, syntax, redundancy."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import OmegaConf

from pipelines.running.attended import Attended, score
from pipelines.running.config import Experiment
from pipelines.shared.options import CONF
from probing.attention.heads.head_hypothesis import HeadHypothesis
from probing.attention.heads.head_relations import HeadSyntax
from probing.attention.heads.head_similarity import Divergence, LinearCKA, clusters, head_map, tree
from probing.attention.heads.head_statistics import QUANTILES, HeadStatistics
from probing.attention.heads.hypothesis import Hypothesis, check, stated
from probing.attention.heads.select_on_dev import Choice, choose
from probing.attention.heads.strongest_word import Hits
from probing.axes import Corpus, Progress, Sentence, Split
from probing.errors import ConfigError, DataError
from probing.model.maps import maps, usable
from probing.result.rows import Measurement
from probing.result.tally import tally_difference
from probing.rng import generator
from probing.store.layout import StoreFile
from probing.store.stored_maps import read_maps
from probing.store.vectors import Vectors

CKA_WORDS = 4000  # enough for three digits, and the vectors of all layers fit into memory
EXAMPLES = 20  # counter-examples to a hypothesis


def hypotheses(experiment: Experiment, corpus: Corpus) -> list[Hypothesis]:
    """What ``attention.hypotheses`` names, each an option of conf/hypothesis or a file, held against the columns."""
    found = []
    for name in experiment.attention.hypotheses:
        path = CONF / "hypothesis" / f"{name}.yaml"
        path = path if path.is_file() else Path(name)
        if not path.is_file():
            known = ", ".join(sorted(p.stem for p in (CONF / "hypothesis").glob("*.yaml")))
            raise ConfigError(f"attention.hypotheses={name}: no such file; the options are {known}, or give a path")
        values: Any = OmegaConf.to_container(OmegaConf.load(path))
        found.append(stated({k: v for k, v in values.items() if k != "_target_"}, str(path)))
        for split in ("dev", "test"):
            check(found[-1], corpus.splits[split])
            HeadHypothesis(found[-1], corpus.splits[split], 1, 1, split)  # which refuses one that matches nothing
    return found


def whole_corpus(experiment: Experiment, corpus: Corpus, encoder: Any, found: Attended, on_progress: Progress) -> None:
    """One pass over dev, which chooses heads, and one over test, which scores them; no map is kept."""
    asked = hypotheses(experiment, corpus)
    n_layers, n_heads = encoder.n_layers - 1, int(encoder.network.config.num_attention_heads)
    hits: dict[Split, list[Hits]] = {}
    for split in ("dev", "test"):
        sentences = corpus.splits[split]
        hits[split] = [HeadHypothesis(h, sentences, n_layers, n_heads, split) for h in asked]
        try:
            hits[split].append(HeadSyntax(sentences, n_layers, n_heads, split))
        except DataError as error:
            found.notes.append(("skipped", f"heads and syntax: {error}"))
        statistics = [of_heads(encoder, sentences, n_layers, n_heads)] if split == "test" else []
        stream(encoder, sentences, [*hits[split], *statistics], f"heads on {split}", on_progress)
        for of_split in statistics:
            found.rows += score(of_split.finish(), experiment)
            found.arrays["quantiles/levels"] = np.array(QUANTILES)
            found.arrays |= {f"quantiles/{name}": values for name, values in of_split.quantiles().items()}
    for dev, test in zip(hits["dev"], hits["test"], strict=True):
        chosen, left_out = choose(dev.tallies(), test.tallies(), experiment.attention.least)
        found.notes += [("skipped", f"heads: {reason}: {n:,}") for reason, n in {**left_out, **test.skipped}.items()]
        for choice in chosen:
            found.rows += choice_rows(choice, experiment)
            if isinstance(test, HeadHypothesis):
                counter = [asdict(e) for e in test.counter_examples(choice.layer, choice.head, EXAMPLES)]
                found.facts.setdefault("counter_examples", {})[choice.target] = counter
                found.rows += score([test.coverage()], experiment)


def stream(
    encoder: Any, sentences: Sequence[Sentence], takers: Iterable[Any], step: str, on_progress: Progress
) -> None:
    """Give the maps of all sentences to everyone who wants them."""
    subwords = encoder.tokenize([s.words for s in sentences])
    done, total = 0, int(usable(encoder, subwords).sum())
    for batch in maps(encoder, subwords):
        on_progress(step, done, total)
        done += len(batch.sentences)
        for taker in takers:
            taker.add(batch)
    on_progress(step, total, total)


def of_heads(encoder: Any, sentences: Sequence[Sentence], n_layers: int, n_heads: int) -> HeadStatistics:
    """Head statistics with what this tokenizer puts before and after a sentence."""
    special = {"cls": set(encoder.frame.prefix), "sep": set(encoder.frame.suffix)}
    marked = all(s.upos for s in sentences)
    punctuation = [np.array([tag == "PUNCT" for tag in s.upos], dtype=bool) for s in sentences] if marked else None
    named = {name: ids for name, ids in special.items() if ids}
    return HeadStatistics(len(sentences), n_layers, n_heads, "test", named, punctuation, encoder.causal)


def choice_rows(choice: Choice, experiment: Experiment) -> list[Measurement]:
    """Rows of the chosen head, the chosen offset, and the gain of one over the other."""
    place: dict[str, Any] = {"layer": choice.layer, "head": choice.head}
    baseline: dict[str, Any] = {"layer": None, "head": None}
    head, offset, chance = (
        [replace(row, **where) for row in score([tally], experiment)]
        for tally, where in ((choice.head_test, place), (choice.offset_test, baseline), (choice.random_test, baseline))
    )
    [gain] = tally_difference(choice.head_test, choice.offset_test, experiment.settings.resamples)
    return [*head, *offset, *chance, replace(head[0], probe="gain", **vars(gain))]


def redundancy(experiment: Experiment, maps_file: StoreFile, vectors: Vectors, found: Attended) -> None:
    """Heads that attend alike, on the cached sample; layers whose vectors are alike, on words of test."""
    divergence = Divergence()
    for batch in read_maps(maps_file):
        divergence.add(batch)
    matrix = divergence.finish()
    linkage = tree(matrix)
    n_clusters = min(experiment.attention.clusters, len(matrix))
    places, stress = head_map(matrix, generator(experiment.settings.seed, "head map"))
    n_heads = len(matrix) // maps_file.n_layers
    found.arrays |= {
        "redundancy/js_nats": matrix,
        "redundancy/map": places,
        "redundancy/cluster": clusters(linkage, n_clusters),
        "redundancy/heads": np.array(n_heads),
    }
    found.facts["map_stress"] = stress
    cka = LinearCKA()
    cka.add({layer: vectors.layer(layer)["test"][:CKA_WORDS] for layer in range(vectors.n_layers)})
    found.arrays["redundancy/cka"] = cka.finish()


def best_example(found: Attended) -> None:
    """The map of the head that beats its offset most over the corpus, on a relation that the first example has."""
    if "example0/maps" not in found.arrays:
        return
    there = set(found.arrays["example0/deprel"].tolist())
    gains = [
        (row.value, row.layer, row.head, row.target)
        for row in found.rows
        if row.probe == "gain" and row.layer is not None and row.head is not None and row.target.split()[0] in there
    ]
    if not gains:
        return
    _, layer, head, target = max(gains, key=lambda gain: gain[0])
    found.arrays |= {
        "head/map": found.arrays["example0/maps"][layer - 1, head],
        "head/tokens": found.arrays["example0/tokens"],
        "head/title": np.array(f"head {layer}.{head}, chosen on dev for {target}; one test sentence"),
    }
