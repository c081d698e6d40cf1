"""A study: the corpus, labels, loaded model, stores and probes that all analyses of one run share."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.analysis.chosen_vectors import layers_read, layers_stored, pooled_to
from probing.analysis.head_pass import HeadPass, head_pass
from probing.analysis.items import Items, control, control_name, fit_probes, input_size, pair_up
from probing.analysis.readers import ProbeReader, Reader, head_reader, probe_reader
from probing.analysis.samples import Sample, draw, with_labels
from probing.analysis.store_files import StoreFiles
from probing.analysis.study_options import Options
from probing.analysis.train_sample import sampled
from probing.attention.flow.augmented import Rollout
from probing.axes import SPLITS, Corpus, Labels, Progress, Split, no_progress
from probing.model.checkpoint import Checkpoint, Model
from probing.model.pooling import require_cls
from probing.model.saved_tokenizer import read_tokenizer
from probing.model.seen_forms import seen_form
from probing.model.subwords import Subwords
from probing.probe.fit import ChecksSize, Probe, Setting
from probing.result.resampling import Resampling, units_of
from probing.result.score import Prediction
from probing.rng import generator
from probing.store.extraction_plan import Plan
from probing.store.key import NONE, Chosen, Store
from probing.store.layout import StoreFile
from probing.store.vectors import check_layers
from probing.task.labels import Task

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from probing.model.encoder import Encoder


@dataclass(frozen=True, kw_only=True, eq=False)
class Study:
    """One corpus, task, model and probe; everything computed from them is computed once, when it is first needed.

    with_head: load the model with its own head. further_layers: whose vectors analyses read besides those that are
    probed; None: all. names: of the run and its parts, as in rows. provenance: written into
    every store file. Close it after use.
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
    further_layers: tuple[int, ...] | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    provenance: Mapping[str, object] = field(default_factory=dict)
    on_progress: Progress = no_progress
    _opened: ExitStack = field(default_factory=ExitStack, repr=False)

    @cached_property
    def labels(self) -> Labels:
        """The labels that the probe predicts. Raises: DataError if the corpus does not have this annotation."""
        return self.task.labels(self.corpus)

    @cached_property
    def encoder(self) -> "Encoder":
        """The model, loaded once, with fused attention until maps are first needed.

        Raises: ConfigError for a layer, a [CLS] or a rank that it does not have; ModelError if it cannot be loaded.
        """
        from probing.model.encoder import load

        found = load(self.model, self.checkpoint, self.options.device, head=self.with_head)
        self._check_sizes(found.n_layers, found.width)
        require_cls(self.task.vector, found.cls_position)
        return found

    @cached_property
    def encoder_with_maps(self) -> "Encoder":
        """The same model, switched to computing attention step by step, so that it gives maps."""
        return self.encoder.step_by_step()

    @cached_property
    def all_subwords(self) -> Subwords:
        """The subwords of all sentences, train first, tokenised once."""
        return self.encoder.tokenize_corpus(self.corpus)

    @cached_property
    def subwords(self) -> Mapping[Split, Subwords]:
        """The same subwords by split."""
        ends = np.cumsum([0, *(len(self.corpus.splits[split]) for split in SPLITS)]).tolist()
        return {split: self.all_subwords.part(ends[i], ends[i + 1]) for i, split in enumerate(SPLITS)}

    @cached_property
    def chosen(self) -> Chosen:
        """What of the hidden states is stored. Raises: ConfigError for vectors that ``store.pool`` cannot give."""
        read, pool = layers_read(self.probe, self.options.layers, self.further_layers), self.store.pool
        layers = layers_stored(self.store, read)
        return Chosen(layers, None if pool == NONE else pooled_to(pool, self.task, self.probe, self.labels))

    @cached_property
    def hidden(self) -> StoreFile:
        """Hidden states of all sentences: read from the store, or computed once and written there."""
        files = self._files.hidden(lambda: (self.encoder, self.all_subwords), self.chosen)
        found = self._opened.enter_context(files)
        self._check_sizes(found.model_layers, found.width)
        return found

    def planned(self) -> Plan | None:
        """The extraction of hidden states that this study needs; None if the store has them."""
        return self._files.planned(lambda: (self.encoder, self.all_subwords), self.chosen)

    @cached_property
    def maps(self) -> StoreFile:
        """Attention maps of a sample of test, from the same store. Raises: ModelError if the model gives none."""
        return self._opened.enter_context(self._files.maps(lambda: (self.encoder_with_maps, self.all_subwords)))

    @cached_property
    def tokenizer(self) -> "Tokenizer":
        """The checkpoint's tokenizer, for the names of subwords."""
        return read_tokenizer(self.checkpoint.folder).backend

    @cached_property
    def heads_on_dev(self) -> HeadPass:
        """The results of one pass over the attention maps of dev. Raises: ModelError if the model gives none."""
        return self._head_pass("dev")

    @cached_property
    def heads_on_test(self) -> HeadPass:
        """The same for test, with statistics of every head."""
        return self._head_pass("test")

    @cached_property
    def probe_reader(self) -> ProbeReader | None:
        """The linear probe on which interventions are measured; None if no such probe was trained."""
        return probe_reader(self.predictions, self.task, self.labels, self.encoder_with_maps)

    @cached_property
    def reader(self) -> Reader | None:
        """The model's own head if the checkpoint has one for this task, else the probe; None if there is neither."""
        return self._model_head[0] or self.probe_reader

    @property
    def refused_head(self) -> str | None:
        """Why the model's own classifier is not used, if its classes do not match those of the corpus by name."""
        return self._model_head[1]

    @cached_property
    def _model_head(self) -> tuple[Reader | None, str | None]:
        return head_reader(self.encoder, self.labels, self.options.seed)

    @cached_property
    def layers(self) -> tuple[int, ...]:
        """The layers to probe, in order."""
        return self.options.layers if self.options.layers is not None else tuple(range(self.hidden.model_layers))

    @cached_property
    def items(self) -> Items:
        """The items that have a label and a vector, with the control tasks; of train those of the sample."""
        o, form = self.options, seen_form(self.checkpoint.folder)
        controls = {
            control_name(draw): control(self.task, self.corpus, self.labels, (o.seed, draw), form)
            for draw in range(o.controls)
        }
        inside, notes = sampled(self.labels, o.train_sentences, o.train_seed)
        found = pair_up(self.task, self.labels, self.hidden, controls, inside)
        return replace(found, notes=(*notes, *found.notes))

    @cached_property
    def predictions(self) -> tuple[Prediction, ...]:
        """The probe of every layer, fitted to the task and its controls, with its predictions; the task first."""
        setting = Setting(self.options.seed, self.options.probe_device, self.on_progress)
        return fit_probes(self.probe, self.items, self.layers, setting)

    def resampling(self, split: Split, sentences: NDArray[np.integer] | None = None) -> Resampling:
        """How the sentences of a split, or those of them at the places ``sentences``, are resampled."""
        found = Resampling(self.options.resamples, units_of(self.corpus.splits[split], self.options.resampled))
        return found if sentences is None else found.of(sentences)

    def rng(self, *purpose: str) -> np.random.Generator:
        """A generator of this study's seed for one purpose."""
        return generator(self.options.seed, *purpose)

    def sample(self, split: Split, n: int, longest: int | None = None, *, to_read: bool = False) -> Sample:
        """Up to ``n`` sentences that fit into one input, of at most ``longest`` subwords; to_read: of those with a
        label that ``reader`` can know, if it reads labels. Raises: DataError.
        """
        limits = [limit for limit in (longest, self.encoder.window) if limit is not None]
        known = with_labels(self.labels, split) if to_read and self.reader and self.reader.reads_labels else None
        return draw(split, self.subwords[split], n, min(limits, default=None), known)

    def _check_sizes(self, n_layers: int, width: int) -> None:
        """Raise ConfigError for options that ask for layers, or for a rank, that a model of this size does not have."""
        check_layers(self.options.layers or (), n_layers)
        check_layers(self.store.layers if isinstance(self.store.layers, list) else (), n_layers)
        self.rollout.check_layers(n_layers - 1)
        if isinstance(self.probe, ChecksSize):
            inside, _ = sampled(self.labels, self.options.train_sentences, self.options.train_seed)
            layers = self.options.layers or range(n_layers)
            self.probe.check_size(input_size(self.task, self.labels, inside, width, layers))

    def close(self) -> None:
        """Close the store's files."""
        self._opened.close()

    def _head_pass(self, split: Split) -> HeadPass:
        sentences, subwords = self.corpus.splits[split], self.subwords[split]
        return head_pass(self.encoder_with_maps, split, sentences, subwords, self.on_progress)

    @cached_property
    def _files(self) -> StoreFiles:
        return StoreFiles(self.store, self.model, self.checkpoint, self.corpus, self.provenance, self.on_progress)
