"""What the analyses of one run look at: a corpus with its labels, one loaded model, its stores and its probes."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from probing.analysis.head_pass import HeadPass, head_pass
from probing.analysis.items import Items, draw_of, pair_up
from probing.analysis.readers import ProbeReader, Reader, head_reader, probe_reader
from probing.analysis.samples import Sample, draw
from probing.attention.flow.augmented import Rollout
from probing.axes import SPLITS, Corpus, Labels, Progress, Split, no_progress
from probing.errors import ModelError
from probing.model.checkpoint import Checkpoint, Model
from probing.model.loading import read_tokenizer
from probing.model.subwords import Subwords
from probing.probe.fit import TASK, Probe, Setting
from probing.result.score import Prediction
from probing.rng import generator
from probing.store.key import Store, key, key_parts, map_parts
from probing.store.layout import StoreFile
from probing.store.stored_maps import ensure_maps
from probing.store.vectors import check_layers
from probing.store.write import ensure
from probing.task.labels import Task

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from probing.model.encoder import Encoder


@dataclass(frozen=True)
class Options:
    """What all analyses of a run share.

    seed: of everything that is drawn, but for samples and resamples. layers: to be probed; None: all. controls: draws
    of the control task. resamples: of the bootstrap over sentences. punctuation: keep or remove it in root accuracy and
    UUAS. untrained: probe the untrained twin too. device, probe_device: where the model and the probes are computed.
    """

    seed: int = 0
    layers: tuple[int, ...] | None = None
    controls: int = 1
    resamples: int = 1000
    punctuation: str = "keep"
    untrained: bool = False
    device: str = "cpu"
    probe_device: str = "cpu"


@dataclass(frozen=True, kw_only=True, eq=False)
class Study:
    """One corpus, task, model and probe. What follows from them is made when it is first asked for, and once.

    with_head: load the model together with its own head. names: what rows call the run and its parts. provenance:
    written into every store file. Close it after use.
    """

    corpus: Corpus
    task: Task
    model: Model
    checkpoint: Checkpoint
    store: Store
    probe: Probe
    rollout: Rollout = field(default_factory=Rollout)
    options: Options = field(default_factory=Options)
    with_head: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    provenance: Mapping[str, object] = field(default_factory=dict)
    on_progress: Progress = no_progress
    _files: ExitStack = field(default_factory=ExitStack, repr=False)

    @cached_property
    def labels(self) -> Labels:
        """What the probe is to predict. Raises: DataError if the corpus has no such annotation."""
        return self.task.labels(self.corpus)

    @cached_property
    def encoder(self) -> "Encoder":
        """The model, loaded once; attention fused until maps are first asked for."""
        from probing.model.encoder import load

        found = load(self.model, self.checkpoint, self.options.device, head=self.with_head)
        if self.options.layers is not None:
            check_layers(self.options.layers, found.n_layers)
        return found

    @cached_property
    def encoder_with_maps(self) -> "Encoder":
        """The same model, computing attention step by step, so that it gives maps."""
        return self.encoder.step_by_step()

    @cached_property
    def all_subwords(self) -> Subwords:
        """The sentences of all splits as the model reads them, train first, tokenised once."""
        return self.encoder.tokenize_corpus(self.corpus)

    @cached_property
    def subwords(self) -> Mapping[Split, Subwords]:
        """The same, split by split."""
        ends = np.cumsum([0, *(len(self.corpus.splits[split]) for split in SPLITS)]).tolist()
        return {split: self.all_subwords.part(ends[i], ends[i + 1]) for i, split in enumerate(SPLITS)}

    @cached_property
    def hidden(self) -> StoreFile:
        """Hidden states of all sentences: read from the store, or computed once and written there."""
        parts = key_parts(self.store, self.model, self.checkpoint, self.corpus)
        path = ensure(
            self.store, self._named(), self._described(parts), self.corpus, self._to_extract, self.on_progress
        )
        found = self._files.enter_context(StoreFile(path))
        if self.options.layers is not None:
            check_layers(self.options.layers, found.n_layers)
        return found

    @cached_property
    def maps(self) -> StoreFile:
        """Attention maps of a sample of test, likewise. Raises: ModelError if the model gives none."""
        parts = map_parts(self.store, key_parts(self.store, self.model, self.checkpoint, self.corpus))
        path = ensure_maps(
            self.store,
            f"{self._named()}-attention",
            self._described(parts),
            self.corpus,
            lambda: (self.encoder_with_maps, self.all_subwords),
            self.on_progress,
        )
        return self._files.enter_context(StoreFile(path))

    @cached_property
    def tokenizer(self) -> "Tokenizer":
        """The checkpoint's tokenizer, for the names of subwords."""
        return read_tokenizer(self.checkpoint.folder).backend

    @cached_property
    def heads_on_dev(self) -> HeadPass:
        """What one pass over the attention maps of dev leaves. Raises: ModelError if the model gives none."""
        return self._head_pass("dev")

    @cached_property
    def heads_on_test(self) -> HeadPass:
        """The same for test, with statistics of every head."""
        return self._head_pass("test")

    @cached_property
    def probe_reader(self) -> ProbeReader | None:
        """The linear probe whose output is measured under interventions; None if no such probe was trained."""
        return probe_reader(self.predictions, self.task, self.labels, str(self.hidden.provenance["cls_position"]))

    @cached_property
    def reader(self) -> Reader | None:
        """The model's own head where the checkpoint has one that fits the task, else the probe."""
        return self._own_head[0] or self.probe_reader

    @property
    def refused_head(self) -> str | None:
        """Why the model's own classifier is not used, where its classes are not those of the corpus by name."""
        return self._own_head[1]

    @cached_property
    def _own_head(self) -> tuple[Reader | None, str | None]:
        try:
            return head_reader(self.encoder, self.labels, self.options.seed), None
        except ModelError as error:
            return None, str(error)

    @cached_property
    def layers(self) -> tuple[int, ...]:
        """The layers to probe, in order."""
        return self.options.layers if self.options.layers is not None else tuple(range(self.hidden.n_layers))

    @cached_property
    def items(self) -> Items:
        """The labelled items that have a vector, with the control tasks."""
        seeds = [(self.options.seed, draw) for draw in range(self.options.controls)]
        return pair_up(self.task, self.corpus, self.labels, self.hidden, seeds)

    @cached_property
    def predictions(self) -> tuple[Prediction, ...]:
        """The probe of every layer, fitted to the task and to its controls, and what it predicts; the task first."""
        setting = Setting(self.options.seed, self.options.probe_device, self.on_progress)
        targets = self.items.targets
        found = []
        for fit in self.probe.fit(self.items.vectors, targets, self.layers, setting):
            draw = draw_of(fit.target)
            name = TASK if draw is None else "control"
            gold = targets[fit.target]
            found.append(Prediction(name, fit.layer, self.options.seed, gold, fit.predicted, fit, draw))
        # the task before its controls, metric by metric: selectivity needs the task's statistics
        return tuple(sorted(found, key=lambda prediction: prediction.target != TASK))

    def rng(self, *purpose: str) -> np.random.Generator:
        """A generator of this study's seed for one purpose."""
        return generator(self.options.seed, *purpose)

    def sample(self, split: Split, n: int, longest: int | None = None) -> Sample:
        """At most ``n`` sentences that the model reads whole, of at most ``longest`` subwords.

        Raises: DataError if there is none.
        """
        limits = [limit for limit in (longest, self.encoder.window) if limit is not None]
        return draw(split, self.subwords[split], n, min(limits, default=None))

    def close(self) -> None:
        """Close the store's files."""
        self._files.close()

    def _head_pass(self, split: Split) -> HeadPass:
        sentences, subwords = self.corpus.splits[split], self.subwords[split]
        return head_pass(self.encoder_with_maps, split, sentences, subwords, self.on_progress)

    def _to_extract(self) -> "tuple[Encoder, Subwords]":
        return self.encoder, self.all_subwords

    def _named(self) -> str:
        return f"{self.checkpoint.name}-{self.corpus.name}"

    def _described(self, parts: Mapping[str, str]) -> dict[str, object]:
        """Key and provenance of a store file."""
        names = {"model": self.checkpoint.name, "data": self.corpus.name}
        return {"key": key(parts), **parts, **names, **self.provenance}
