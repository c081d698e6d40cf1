"""The population: many sentences of the bundled generator, and what fixed probes and heads get right in each of them.

The probes are trained once, on the generator's train. A test set is then a draw from the population with replacement,
so the value that an interval has to cover is known exactly: it is the value over the whole population.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.shared.machine import device_of, probe_device
from pipelines.shared.options import Parts
from probing.analysis.head_pass import head_pass
from probing.analysis.study import Study
from probing.analysis.study_options import Options
from probing.attention.heads.head_relations import HeadSyntax
from probing.attention.heads.select_on_dev import Choice, choose
from probing.axes import Corpus, Progress, Sentence, Split, Tally
from probing.errors import DataError
from probing.model.checkpoint import Checkpoint
from probing.probe.fit import TASK, Probe
from probing.probe.linear import Linear
from probing.probe.structural import Structural
from probing.result.score import CONTROL, measure
from probing.result.statistics import Statistics
from probing.rng import generator
from probing.task.labels import Task
from probing.task.trees import Depth, Distance
from probing.task.words import WordTask

POOL: Split = "test"
STRENGTH = 1e-3  # of the linear probes: how good a probe is does not matter to how sure one can be of its score
RELATION = "nsubj dep→head"
SENTENCES_PER_CASE = 10  # a relation is frequent if it occurs at least once in so many sentences
LENGTHS = (5, 25)  # sentences in a document


@dataclass(frozen=True, eq=False)
class Population:
    """Statistics of every sentence, by metric: ``layers`` of accuracy, ``controls`` of one layer, one of ``others``.

    heads, offsets: per relation the tally of the head that is best on dev, and of the best fixed offset, (N, 1) each.
    documents (N,): to which document each sentence belongs, in a second population of the same sentences. layer: of
    all that is about one layer.
    """

    layers: tuple[Statistics, ...]
    controls: tuple[Statistics, ...]
    others: tuple[Statistics, ...]
    heads: tuple[Tally, ...]
    offsets: tuple[Tally, ...]
    documents: NDArray[np.int64]
    layer: int

    @property
    def n(self) -> int:
        """How many sentences there are."""
        return len(self.documents)


@dataclass(frozen=True)
class Source:
    """What makes the population: a model, a corpus whose test is the population, the layer, draws of the control."""

    parts: Parts
    checkpoint: Checkpoint
    corpus: Corpus
    layer: int
    controls: int
    on_progress: Progress

    def study(self, task: Task, probe: Probe, layers: tuple[int, ...] | None = None, controls: int = 0) -> Study:
        """A study of one task on this corpus; all of them share one extraction."""
        device = self.parts.settings.device
        options = Options(layers=layers, controls=controls, device=device_of(device), probe_device=probe_device(device))
        return Study(
            corpus=self.corpus,
            task=task,
            model=self.parts.model,
            checkpoint=self.checkpoint,
            store=self.parts.store,
            probe=probe,
            options=options,
            on_progress=self.on_progress,
        )


def population(source: Source) -> Population:
    """Extract, fit and measure everything once. Raises ProbingError."""
    pos, linear = WordTask("pos", column="upos"), Linear(name="linear", l2=[STRENGTH])
    one = (source.layer,)
    structural = Structural(name="structural", rank=32, epochs=10)
    [distance] = _measured(source.study(Distance("distance"), structural, one), ("uuas", "dspr"), TASK)
    depth = _measured(source.study(Depth("depth"), linear, one), ("nspr", "r2", "root_accuracy"), TASK)
    choices = _choices(source.study(pos, linear))
    return Population(
        layers=tuple(s for [s] in _measured(source.study(pos, linear), ("accuracy",), TASK)),
        controls=tuple(s for [s] in _measured(source.study(pos, linear, one, source.controls), ("accuracy",), CONTROL)),
        others=(*depth[0], *distance),
        heads=tuple(choice.head_test for choice in choices),
        offsets=tuple(choice.offset_test for choice in choices),
        documents=documents_by_topic(source.corpus.splits[POOL]),
        layer=source.layer,
    )


def _measured(study: Study, metrics: Sequence[str], target: str) -> list[list[Statistics]]:
    """Every metric of every predictor of ``target``, on the population."""
    try:
        found = [p for p in study.predictions if p.target == target]
        return [[measure(metric, p.gold, POOL, p.predicted[POOL], None) for metric in metrics] for p in found]
    finally:
        study.close()


def _choices(study: Study) -> list[Choice]:
    """The head that is best on dev for each frequent relation. Raises DataError if RELATION is not among them."""
    try:
        encoder, sides = study.encoder_with_maps, []
        for split, name in (("dev", "dev"), (POOL, "population")):
            sentences = study.corpus.splits[split]
            found = head_pass(encoder, name, sentences, study.subwords[split], study.on_progress)
            sides.append(HeadSyntax(sentences, found.strongest, name).tallies())
        choices, _ = choose(sides[0], sides[1], len(study.corpus.splits[POOL]) // SENTENCES_PER_CASE)
    finally:
        study.close()
    if RELATION not in [choice.target for choice in choices]:
        raise DataError(f"the population has too few cases of {RELATION}: type a larger pool=…")
    return choices


def documents_by_topic(sentences: Sequence[Sentence]) -> NDArray[np.int64]:
    """The document of each sentence, (N,): 5 to 25 sentences whose main word is the same.

    The generator has no documents. In these, sentences share a topic, on which much of what probes and heads get right
    depends. A topic's last document may have fewer sentences.
    """
    topics = np.unique([s.words[s.heads.index(0)].lower() for s in sentences], return_inverse=True)[1]
    rng = generator(0, "coverage", "documents")
    found, last = np.zeros(len(sentences), dtype=np.int64), 0
    for topic in range(topics.max() + 1):
        of_topic = rng.permutation(np.flatnonzero(topics == topic))
        ends = np.cumsum(rng.integers(*LENGTHS, endpoint=True, size=len(of_topic)))
        number = np.searchsorted(ends, np.arange(len(of_topic)), side="right")
        found[of_topic] = last + number
        last += int(number.max()) + 1
    return found
