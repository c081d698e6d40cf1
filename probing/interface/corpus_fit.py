"""Probes that were fitted to the vectors of a corpus, one per layer, and everything that was scored."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from probing.analysis.findings import Findings
from probing.analysis.prediction_tables import probes_to_save
from probing.analysis.probes import Probes
from probing.analysis.study import Study
from probing.analysis.study_options import Options
from probing.errors import ConfigError
from probing.interface.checked_arguments import check_layer
from probing.interface.frames import frame_of
from probing.interface.representations import Representations
from probing.interface.rows_fit import Options as ProbeOptions
from probing.interface.score_beside_control import Score, beside
from probing.interface.task_names import task_of
from probing.probe.saved import Saved
from probing.report.load import best_layer
from probing.result.few_units import few_units
from probing.task.labels import Task


@dataclass(frozen=True, eq=False)
class CorpusFit:
    """saved: the weights per layer. layer: the one asked for, or the best on dev. findings: of ``analysis.Probes``.

    vectors: kept, because the files of the study may be in its temporary folder.
    """

    study: Study
    findings: Findings
    saved: Saved
    layer: int
    vectors: Representations

    @property
    def classes(self) -> NDArray[Any]:
        """The classes (C,); none for numbers."""
        return np.array(self.saved.classes)

    def score(
        self,
        x: ArrayLike | None = None,
        y: ArrayLike | None = None,
        words: Sequence[str] | None = None,
        sentences: Sequence[Hashable] | None = None,
    ) -> Score:
        """The metric that chooses layers, on test, in ``layer``. Raises: ConfigError if arrays are given."""
        if not all(given is None for given in (x, y, words, sentences)):
            raise ConfigError(
                "this probe was fitted to a corpus: probe.score() is on its test split; use probe.predict(X) for other "
                "vectors, or fit and score arrays"
            )
        few = few_units(self.study.resampling("test").units)
        kinds = ("unconverged", "skipped", "truncated")
        notes = [note.text for note in self.findings.notes if note.kind in kinds]
        rows = beside(self.findings.rows, str(self.findings.facts["metric"]), "test", self.layer)
        return Score(rows, [*filter(None, [few]), *notes])

    def to_frame(self) -> pd.DataFrame:
        """All rows, as in rows.csv."""
        return frame_of(self.findings, self.study, "probes")

    def __str__(self) -> str:
        """What it was fitted to, in words."""
        several = len(self.study.layers) > 1
        layer = f"layer {self.layer} (chosen on dev)" if several else f"layer {self.layer}"
        return f"fitted to {self.study.task.name}, {layer} of {self.study.names['model']} on {self.study.corpus.name}"


def fit_corpus(
    options: ProbeOptions, vectors: Representations, task: str | Task | None, layer: int | None
) -> CorpusFit:
    """The probes of one layer, or of all. Raises: ConfigError, DataError, ModelError as ``fit_probe``."""
    chosen, linear = task_of(task), options.linear
    linear.check(chosen.level, chosen.kind)
    check_layer(layer, vectors.model)
    device = vectors.model.encoder.device
    shared = Options(
        seed=options.seed,
        layers=None if layer is None else (layer,),
        controls=options.controls,
        resamples=options.resamples,
        device=device,
        probe_device="cpu" if device == "mps" else device,  # mps has no float64
    )
    study, probes = vectors.study(chosen, probe=linear, options=shared), Probes()
    probes.check(study)
    found = probes(study)
    best = layer if layer is not None else best_layer(frame_of(found, study, "probes"), str(found.facts["metric"]))
    assert best is not None  # every layer has a score
    return CorpusFit(study, found, probes_to_save(study), best, vectors)
