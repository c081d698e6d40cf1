"""What reads texts in place of a probe of a layer, or under another condition: surface, no format, no such source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from probing.analysis.comparisons import words_read
from probing.analysis.study import Study
from probing.axes import SPLITS, Split
from probing.probe.aggregate import Aggregate
from probing.probe.bag_of_words import class_outputs, word_counts
from probing.probe.fit import TASK, Fit, Setting, Target
from probing.probe.text_format import Format, format_of, scaled, without_format
from probing.probe.text_models import LEFT_OUT, TextModel, outputs_of
from probing.probe.text_windows import LayerTexts, Texts

Floats = NDArray[np.float64]
BAG, FORMAT, LENGTH, MAJORITY = "bag of words", "format alone", "length alone", "majority"
NO_FORMAT = "format removed"


@dataclass(frozen=True, eq=False)
class ReadTexts:
    """The texts of a study that have a label and a vector, as they are written, and what reads them."""

    study: Study

    @cached_property
    def target(self) -> Target:
        """Their labels."""
        return self.study.items.targets[TASK]

    @cached_property
    def kept(self) -> Mapping[Split, NDArray[np.int64]]:
        """Their places among the sentences of each split."""
        return {split: np.flatnonzero([len(v) for v in self.target.values[split]]) for split in SPLITS}

    @cached_property
    def words(self) -> Mapping[Split, Sequence[Sequence[str]]]:
        """Their words."""
        of = self.study.corpus.splits
        return {split: [of[split][at].words for at in self.kept[split]] for split in SPLITS}

    @cached_property
    def lengths(self) -> Mapping[Split, NDArray[np.int64]]:
        """Their numbers of subwords."""
        vectors = self.study.items.vectors
        every = np.diff(vectors.pools[0].indptr)
        return {split: every[slice(*vectors.bounds(split))] for split in SPLITS}

    @cached_property
    def form(self) -> Format:
        """The features of their format."""
        return format_of(self.words["train"], self.study.items.vectors.stored_width)

    @cached_property
    def format_features(self) -> Mapping[Split, Floats]:
        """The values of these features, (N, K) per split, in deviations."""
        return scaled({split: self.form.of_texts(self.words[split], self.lengths[split]) for split in SPLITS})

    def log_p(self, fit: Fit) -> Floats:
        """The log-probabilities (N, C) of a trained model for test."""
        return _log_p(fit.outputs["test"])

    def sources(self, split: Split) -> NDArray[np.object_]:
        """The source of each text, (N,)."""
        of = self.study.corpus.splits[split]
        return np.array([of[at].source for at in self.kept[split]], dtype=object)

    def surface(self) -> dict[str, Floats]:
        """Log-probabilities (N, C) for test of what reads no vector, by name; chosen on dev where there is a choice."""
        counts = word_counts(self.target, words_read(self.study).forms)
        length = {split: found[:, :1] for split, found in self.format_features.items()}
        features = {BAG: counts, FORMAT: self.format_features, LENGTH: length}
        found = {name: class_outputs(self.target, x)["test"] for name, x in features.items()}
        shares = np.bincount(self.target.flat("train"), minlength=self.target.n_classes) / len(self.kept["train"])
        return {**found, MAJORITY: np.tile(np.log(shares), (len(self.kept["test"]), 1))}

    def again(self, fits: Sequence[Fit], sources: Sequence[str]) -> dict[tuple[str, str], Floats]:
        """What aggregations give for test, (N, C), if they are trained anew on their layer: with the format taken out,
        and without each of ``sources``; by aggregation and condition.
        """
        found: dict[tuple[str, str], Floats] = {}
        for layer in sorted({fit.layer for fit in fits}):
            texts = self._probe.texts(self.study.items.vectors, layer)
            models = self._models([fit for fit in fits if fit.layer == layer], sources, texts)
            self._probe.train([*models.values()], texts, self._setting)
            outputs = outputs_of([*models.values()], texts, "test")
            found |= {key: _log_p(one) for key, one in zip(models, outputs, strict=True)}
        return found

    def _models(
        self, fits: Sequence[Fit], sources: Sequence[str], texts: LayerTexts
    ) -> dict[tuple[str, str], TextModel]:
        erased = without_format(texts, self.format_features["train"], self.marks)
        made = {}
        for fit in fits:
            made[fit.kind, NO_FORMAT] = self._probe.again(fit, self.target, texts, self._setting, erased)
            for source in sources:
                made[fit.kind, source] = self._probe.again(fit, self._without(source), texts, self._setting)
        return made

    def marks(self, window: Texts) -> Floats:
        """The marks of the word of each subword of a window of train, (S, M)."""
        words = [self.words["train"][place] for place in window.places]
        first = np.cumsum([0, *map(len, words)])[:-1]
        of_words = np.concatenate([self.form.of_words(one) for one in words])
        return of_words[np.repeat(first, window.lengths) + self.study.hidden.index.word[window.rows]]

    def _without(self, source: str) -> Target:
        """The labels with those of one source left out of train and dev."""
        values = {}
        for split in SPLITS:
            flat = np.where(self.sources(split) == source, LEFT_OUT, self.target.flat(split))
            cut = self.target.by_sentence({split: flat})
            values[split] = cut[split]
        return replace(self.target, values=values)

    @property
    def _probe(self) -> Aggregate:
        assert isinstance(self.study.probe, Aggregate)  # which LongTexts.check tells before
        return self.study.probe

    @property
    def _setting(self) -> Setting:
        options = self.study.options
        return Setting(options.seed, options.probe_device, self.study.on_progress)


def _log_p(outputs: NDArray[np.float32]) -> Floats:
    from scipy.special import log_softmax

    found: Floats = log_softmax(outputs.astype(np.float64), axis=1)
    return found
