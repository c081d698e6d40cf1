"""One diagnosis from its options to its pages and its summary on the terminal."""

from pipelines.diagnosing.chosen_texts import chosen_texts
from pipelines.diagnosing.settings import Settings
from pipelines.diagnosing.terminal_summary import summary
from pipelines.diagnosing.trained_subject import trained_subject
from probing.analysis.text_parts import reference
from probing.diagnosis.one_text import text_evidence
from probing.diagnosis.text_verdict import verdict

REFERENCE = 100  # sentences of dev whose mean replaces what a head adds


def diagnosed(settings: Settings) -> None:
    """Diagnose the texts that were asked for. Raises ProbingError."""
    with trained_subject(settings) as trained:
        chosen = chosen_texts(trained, settings)
        trained.bars.stage("texts")
        means = reference(trained.subject.encoder, trained.subject.study.sample("dev", REFERENCE).subwords)
        found = []
        for number, one in enumerate(chosen.texts):
            trained.bars("texts", number, len(chosen.texts))
            evidence = text_evidence(trained.subject, one.sentence, one.label, means)
            found.append((evidence, verdict(evidence, trained.subject.classes, trained.subject.has_own_head)))
        summary(trained, chosen, found)
