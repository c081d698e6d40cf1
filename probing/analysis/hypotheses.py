"""Do heads do what you suspect? Hypotheses stated in YAML, tested like relations: chosen on dev, scored on test."""

from dataclasses import asdict, dataclass, field
from typing import Any

from probing.analysis.findings import Findings, combined
from probing.analysis.protocol import Analysis
from probing.analysis.study import Study
from probing.analysis.syntax import scored
from probing.attention.heads.head_hypothesis import HeadHypothesis, matched
from probing.attention.heads.hypothesis import Hypothesis, check, hypothesis_from
from probing.axes import Note
from probing.errors import positive
from probing.result.tally import measure_tallies

EXAMPLES = 20  # counter-examples to a hypothesis
SPLITS = ("dev", "test")


@dataclass(frozen=True)
class HeadHypotheses(Analysis):
    """tested: what each hypothesis says, as its YAML file does. least: cases in test below which one is not scored."""

    tested: list[dict[str, Any]] = field(default_factory=list)
    least: int = 20

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        positive("analysis.hypotheses.least", self.least)
        self.hypotheses()

    def hypotheses(self) -> list[Hypothesis]:
        """The hypotheses. Raises: ConfigError for what has no meaning."""
        return [hypothesis_from(values, str(values.get("name", "hypothesis"))) for values in self.tested]

    def check(self, study: Study) -> None:
        """Raise ConfigError for a hypothesis that asks for what the corpus does not have, or that matches nothing."""
        for hypothesis in self.hypotheses():
            for split in SPLITS:
                check(hypothesis, study.corpus.splits[split])
                matched(hypothesis, study.corpus.splits[split], split)

    def __call__(self, study: Study) -> Findings:
        """Rows as for relations, and how many queries have a right answer. Facts: counter-examples, heaviest first.

        Raises: ModelError if the model gives no maps.
        """
        if not self.tested:
            return Findings()
        found = [self._test(study, hypothesis) for hypothesis in self.hypotheses()]
        sample = f"{study.heads_on_dev.stated}; {study.heads_on_test.stated}"
        return combined(found) + Findings(facts={"sample": sample}, notes=(Note("sample", f"hypotheses: {sample}"),))

    def _test(self, study: Study, hypothesis: Hypothesis) -> Findings:
        sides = {"dev": study.heads_on_dev, "test": study.heads_on_test}
        dev, test = (
            HeadHypothesis(hypothesis, study.corpus.splits[split], found.strongest, split)
            for split, found in sides.items()
        )
        choices, found = scored(study, dev, test, self.least, str(hypothesis))
        for choice in choices:
            examples = [asdict(e) for e in test.counter_examples(choice.layer, choice.head, EXAMPLES)]
            coverage = measure_tallies([test.coverage()], study.options.seed, study.options.resamples)
            found += Findings(tuple(coverage), facts={f"counter_examples/{choice.target}": examples})
        return found
