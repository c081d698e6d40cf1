"""An analysis with its section of the page: how alike are the words of a sentence? (Ethayarajh 2019)"""

from dataclasses import dataclass

import numpy as np

from probing.analysis.findings import Findings
from probing.analysis.protocol import Analysis
from probing.analysis.study import Study
from probing.axes import Note, Tally
from probing.report.load import Run
from probing.report.section_parts import Section, Table, by_layer
from probing.result.tally import measure_tallies


@dataclass(frozen=True)
class WordsAlike(Analysis):
    """Cosine of each word's vector with the mean vector of its sentence. shortest: words of a sentence, at least."""

    shortest: int = 2

    def __call__(self, study: Study) -> Findings:
        """Sums and numbers of words per sentence of test, from which rows with intervals are made."""
        sizes = np.array([len(words) for words in study.items.words["test"]])
        used = sizes >= self.shortest
        sums = np.zeros((len(sizes), len(study.layers)))
        for place, layer in enumerate(study.layers):
            words = np.split(study.items.vectors.layer(layer)["test"], np.cumsum(sizes)[:-1])
            for i in np.flatnonzero(used):
                mean = words[i].mean(axis=0)
                lengths = np.linalg.norm(words[i], axis=1) * np.linalg.norm(mean)
                sums[i, place] = (words[i] @ mean / lengths).sum()
        tally = Tally("cosine", "all", "words_alike", "test", study.layers, sums, sizes * used)
        sample = f"{used.sum():,} of the {len(sizes):,} sentences of test, of at least {self.shortest} labelled words"
        rows = measure_tallies([tally], study.options.seed, study.resampling("test"))
        return Findings(tuple(rows), facts={"sample": sample}, notes=(Note("sample", f"words_alike: {sample}"),))


def section(run: Run) -> Section:
    """The part of the page, made from the rows. The page finds it by its name, ``section``."""
    raw, text = by_layer(run.of("words_alike"), {"cosine": "cosine with the sentence's mean"})
    table = Table("words_alike", "Words and their sentence", "Means over words. An association.", raw, text)
    return Section("How alike the words of a sentence are", tables=[table], sample=run.facts("words_alike")["sample"])
