"""Which head follows which relation: chosen on dev, scored on test, compared with the best fixed offset."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from probing.analysis.examples import examples
from probing.analysis.findings import Findings
from probing.analysis.many_comparisons import adjusted
from probing.analysis.protocol import Analysis
from probing.analysis.study import Study
from probing.attention.heads.head_accuracy import Hits
from probing.attention.heads.head_relations import HeadSyntax, TransposedSyntax
from probing.attention.heads.select_on_dev import Choice, choose
from probing.axes import Note
from probing.errors import positive
from probing.result.resampling import Resampling
from probing.result.rows import Measurement
from probing.result.simultaneous import ADJUSTED
from probing.result.tally import measure_tallies, resampled_tally, tally_difference

GAIN = "gain"  # of the chosen head over the chosen offset

# from the attending word (a dependent, or a head), and from a dependent to the word that attends to it
WAYS: dict[str, type[HeadSyntax] | type[TransposedSyntax]] = {
    "syntax": HeadSyntax,
    "syntax, transposed": TransposedSyntax,
}


@dataclass(frozen=True)
class SyntacticHeads(Analysis):
    """Heads and dependency relations (Clark et al. 2019). least: a relation with fewer cases in test is left out."""

    least: int = 20

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        positive("analysis.syntax.least", self.least)

    def __call__(self, study: Study) -> Findings:
        """Rows per relation: the chosen head, the chosen offset, a random word, and the gain, with an interval by
        itself and one that holds for all relations. Array: one head's map.

        Only a note if dev or test has no trees. Raises: ModelError if the model gives no maps.
        """
        notes: list[Note] = []
        for split in ("dev", "test"):
            sentences = study.corpus.splits[split]
            n_bare = sum(not (s.heads and s.deprel) for s in sentences)
            if n_bare == len(sentences):
                return Findings(notes=(Note("skipped", f"syntax: no sentence of {split} has heads and relations"),))
            if n_bare:
                text = f"syntax: {n_bare:,} of the {len(sentences):,} sentences of {split} have no tree: not counted"
                notes.append(Note("skipped", text))
        sides = {"dev": study.heads_on_dev, "test": study.heads_on_test}
        choices: list[Choice] = []
        found = Findings()
        for name, way in WAYS.items():
            dev, test = (way(study.corpus.splits[split], side.strongest, split) for split, side in sides.items())
            chosen, of_way = scored(study, dev, test, self.least, name)
            choices, found = choices + chosen, found + of_way
        found += Findings(adjusted_gains(choices, found.rows, study.resampling("test")))
        sample = "; ".join(side.description for side in sides.values())
        notes.append(Note("sample", f"syntax: {sample}"))
        arrays = picture(study, choices, found.rows)
        return found + Findings(arrays=arrays, facts={"sample": sample}, notes=tuple(notes))


def scored(study: Study, dev: Hits, test: Hits, least: int, name: str) -> tuple[list[Choice], Findings]:
    """For each target the head and the offset chosen on dev, and their rows on test; notes say what was left out."""
    choices, left_out = choose(dev.tallies(), test.tallies(), least)
    skipped = [Note("skipped", f"{name}: {reason}: {n:,}") for reason, n in {**left_out, **test.skipped}.items()]
    rows = [row for choice in choices for row in choice_rows(choice, study.options.seed, study.resampling("test"))]
    return choices, Findings(rows=tuple(rows), notes=tuple(skipped))


def choice_rows(choice: Choice, seed: int, resampling: Resampling) -> list[Measurement]:
    """Rows of the chosen head, the chosen offset, a random word, and the paired gain of the head over the offset."""
    [head], *others = (
        measure_tallies([tally], seed, resampling)
        for tally in (choice.head_test, choice.offset_test, choice.random_test)
    )
    head = replace(head, layer=choice.layer, head=choice.head)
    beside = [replace(row, layer=None, head=None) for [row] in others]
    [gain] = tally_difference(choice.head_test, choice.offset_test, resampling)
    paired = replace(head, probe=GAIN, value=gain.value, ci_low=gain.ci_low, ci_high=gain.ci_high)
    return [head, *beside, paired]


def adjusted_gains(
    choices: Sequence[Choice], rows: Sequence[Measurement], resampling: Resampling
) -> tuple[Measurement, ...]:
    """The gain of every choice with an interval that is simultaneous over all of them. rows: with those of ``gain``.

    The head of a target was chosen on dev, so that its choice among all heads needs no adjustment on test.
    """
    gains = {row.target: row for row in rows if row.probe == GAIN}
    sides = ((choice.head_test, choice.offset_test) for choice in choices)
    found = [resampled_tally(head, resampling) - resampled_tally(offset, resampling) for head, offset in sides]
    return tuple(adjusted([gains[choice.target] for choice in choices], found))


def picture(study: Study, choices: Sequence[Choice], rows: Sequence[Measurement]) -> dict[str, NDArray[np.generic]]:
    """The map of the head with the clearest gain over its offset, for a relation in the first example sentence."""
    example = examples(study)[0]
    there = set(example.sentence.deprel)
    gains = {row.target: row for row in rows if row.probe == GAIN + ADJUSTED and row.target.split()[0] in there}
    if not gains:
        return {}
    best = max(gains.values(), key=lambda row: row.ci_low)
    chosen = next(choice for choice in choices if choice.target == best.target)
    return {
        "head/map": example.maps[example.layers.index(chosen.layer), chosen.head],
        "head/sentence": np.array(example.sentence.id),
        "head/tokens": np.array(example.tokens),
        "head/text": np.array(" ".join(example.sentence.words)),
        "head/title": np.array(f"head {chosen.layer}.{chosen.head}, chosen on dev for {best.target}"),
    }
