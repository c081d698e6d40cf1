"""Your own hypotheses about heads, written in YAML: the best head is chosen on dev and scored on test."""

from dataclasses import asdict, dataclass, field
from typing import Any

from probing.analysis.findings import Findings, combined
from probing.analysis.protocol import Analysis
from probing.analysis.study import Study
from probing.analysis.syntax import adjusted_gains, scored
from probing.attention.heads.head_hypothesis import HeadHypothesis, matched
from probing.attention.heads.hypothesis import Hypothesis, check, hypothesis_from
from probing.attention.heads.select_on_dev import Choice
from probing.axes import Note
from probing.errors import ConfigError, positive
from probing.result.tally import measure_tallies

EXAMPLES = 20  # counter-examples per hypothesis
USED = ("dev", "test")


@dataclass(frozen=True)
class HeadHypotheses(Analysis):
    """A study in; findings out: the accuracy of the best head for each hypothesis, and counter-examples.

    tested: the content of each hypothesis's YAML file. least: one with fewer cases in test is not scored.
    """

    tested: list[dict[str, Any]] = field(default_factory=list)
    least: int = 20

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        positive("analysis.hypotheses.least", self.least)
        names = [hypothesis.name for hypothesis in self.hypotheses()]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ConfigError(
                f"analysis.hypotheses.tested: two hypotheses have the name {twice[0]}; give each its own name"
            )

    def hypotheses(self) -> list[Hypothesis]:
        """The hypotheses. Raises: ConfigError for missing or impossible values."""
        return [hypothesis_from(values, "analysis.hypotheses.tested") for values in self.tested]

    def check(self, study: Study) -> None:
        """Raise ConfigError for a hypothesis whose annotation is not in the corpus, or that matches nothing."""
        for hypothesis in self.hypotheses():
            for split in USED:
                check(hypothesis, study.corpus.splits[split])
                matched(hypothesis, study.corpus.splits[split], split)

    def __call__(self, study: Study) -> Findings:
        """Rows as for relations, where all hypotheses are one family, and the share of queries with a right answer.

        Facts: counter-examples, heaviest first.
        Raises: ModelError if the model gives no maps.
        """
        if not self.tested:
            return Findings()
        choices, found = zip(*(self._test(study, hypothesis) for hypothesis in self.hypotheses()), strict=True)
        rows = [row for one in found for row in one.rows]
        gains = adjusted_gains([choice for some in choices for choice in some], rows, study.resampling("test"))
        sample = f"{study.heads_on_dev.description}; {study.heads_on_test.description}"
        return combined(found) + Findings(
            gains, facts={"sample": sample}, notes=(Note("sample", f"hypotheses: {sample}"),)
        )

    def _test(self, study: Study, hypothesis: Hypothesis) -> tuple[list[Choice], Findings]:
        sides = {"dev": study.heads_on_dev, "test": study.heads_on_test}
        dev, test = (
            HeadHypothesis(hypothesis, study.corpus.splits[split], found.strongest, split)
            for split, found in sides.items()
        )
        choices, found = scored(study, dev, test, self.least, str(hypothesis))
        for choice in choices:
            examples = [asdict(e) for e in test.counter_examples(choice.layer, choice.head, EXAMPLES)]
            coverage = measure_tallies([test.coverage()], study.options.seed, study.resampling("test"))
            found += Findings(tuple(coverage), facts={f"counter_examples/{choice.target}": examples})
        return choices, found
