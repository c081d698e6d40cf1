"""Ways to read all subwords of a text, compared with each other, and with what else could explain their scores."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from probing.analysis.findings import Findings
from probing.analysis.protocol import Analysis
from probing.analysis.study import Study
from probing.analysis.text_comparisons import Compared, Line
from probing.analysis.text_readings import ReadTexts
from probing.analysis.text_verdict import verdict
from probing.axes import Note
from probing.errors import ConfigError, positive
from probing.probe.aggregate import Aggregate
from probing.probe.fit import TASK, Fit
from probing.probe.text_format import NUMBERS
from probing.result.bootstrap import scores
from probing.result.rows import Measurement
from probing.result.text_scores import ScoredTexts, measured


@dataclass(frozen=True)
class LongTexts(Analysis):
    """Scores of every aggregation of ``probe=aggregate`` on test, and their confounds.

    bins: of equal width, of the calibration error. least: a source with fewer texts in test is not left out. sources:
    at most so many are, those with most texts in test.
    """

    bins: int = 15
    least: int = 20
    sources: int = 10

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        for option in ("bins", "least", "sources"):
            positive(f"analysis.long_texts.{option}", getattr(self, option))

    def check(self, study: Study) -> None:
        """Raise ConfigError for another probe."""
        if not isinstance(study.probe, Aggregate):
            raise ConfigError(
                f"analysis=long_texts is about probe=aggregate, and this run has probe={study.probe.name}; type "
                "task=sentiment probe=aggregate, or leave it out"
            )

    def __call__(self, study: Study) -> Findings:
        """Rows on test: of every aggregation and layer, of what reads no vector, of vectors without the format, of
        sources that train did not have, and paired differences; a note if the score comes from the format.
        """
        texts = ReadTexts(study)
        counts = study.resampling("test").counts("bootstrap", "test")
        of = ScoredTexts(texts.target.flat("test"), texts.kept["test"], counts, self.bins)
        kinds = [p.fit.kinds for p in study.predictions if p.target == TASK and p.fit is not None]
        every = [fit for of_layer in kinds for fit in of_layer.values()]
        chosen = {name: _best([one[name] for one in kinds]) for name in kinds[0]}
        sources, notes = self._sources(texts)
        found = Compared(
            chosen=chosen,
            every={(fit.kind, fit.layer): measured(texts.log_p(fit), of) for fit in every},
            surface={name: measured(log_p, of) for name, log_p in texts.surface().items()},
            again=texts.again([*chosen.values()], sources),
            outputs={name: texts.log_p(fit) for name, fit in chosen.items()},
            of=of,
            sources={source: texts.sources("test") == source for source in sources},
        )
        facts, told = verdict(found)
        facts |= self._facts(study, texts, found)
        notes += [Note("caveat", text) for text in told] + [Note("sample", f"long texts: {facts['sample']}")]
        return Findings(tuple(_row(study, line) for line in found.lines()), facts=facts, notes=tuple(notes))

    def _facts(self, study: Study, texts: ReadTexts, found: Compared) -> dict[str, object]:
        layers = {name: {"layer": fit.layer, **fit.chosen} for name, fit in found.chosen.items()}
        facts: dict[str, object] = {
            "sample": f"{len(found.of.gold):,} texts of test",
            "chosen": layers,
            "best": found.best,
            "metric": found.metric,
            "bins": self.bins,
            "sources": list(found.sources),
            "format": [*NUMBERS, *(f"{place}: {word}" for place, word in texts.form.marks)],
            "subwords": [int(n) for n in np.percentile(texts.lengths["test"], (0, 50, 100))],
        }
        if texts.target.n_classes == 2:
            facts["positive"] = study.labels.classes[1]
        return facts

    def _sources(self, texts: ReadTexts) -> tuple[list[str], list[Note]]:
        """The sources to leave out, and notes on others: too few texts in test, or a single class without it."""
        test, train = texts.sources("test"), texts.sources("train")
        often = Counter(source for source in test if source is not None)
        gold, target = {split: texts.target.flat(split) for split in ("train", "test")}, texts.target
        usable, few = [], 0
        for source, n in often.most_common():
            some = gold["train"][train != source], gold["test"][test == source]
            both = all(len(np.unique(one)) > 1 for one in some)
            dev = (texts.sources("dev") != source) & (target.flat("dev") < target.n_classes)
            if n >= self.least and both and dev.any():
                usable.append(str(source))
            else:
                few += 1
        notes = []
        if few:
            why = f"fewer than {self.least} texts in test, or a single class in them or in the rest of train"
            text = f"{few} sources are not left out: {why}"
            notes.append(Note("skipped", text))
        if len(usable) > self.sources:
            text = f"of {len(usable)} sources the {self.sources} with most texts in test are left out in turn"
            notes.append(Note("sample", text))
        return usable[: self.sources], notes


def _best(fits: Sequence[Fit]) -> Fit:
    """The layer with the highest score on dev; of equal ones that with the lower loss."""
    return max(fits, key=lambda fit: (fit.dev_score, -fit.chosen["dev_nats"]))


def _row(study: Study, line: Line) -> Measurement:
    target, probe, layer, metric, found = line
    [score] = scores(found)
    return Measurement("test", target, layer, None, study.options.seed, metric, **vars(score), probe=probe)
