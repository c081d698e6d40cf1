"""What a diagnosis says on the terminal."""

import numpy as np

from pipelines.shared.cli import say
from probing.diagnosis.diagnosed_text import DiagnosedText
from probing.report.diagnosed.cause_tables import cause_in_words, left_out
from probing.report.diagnosed.diagnosed_record import Diagnosis, OfSplit
from probing.report.diagnosed.gain_words import gain_in_words, tried_in_words
from probing.report.diagnosed.phenomenon_tables import failing, losses_in_words
from probing.report.diagnosed.toned_table import signed

WORDS = 5  # words that are named
IN_FULL = 3  # texts whose evidence is printed; of more, the verdicts alone


def summary(found: Diagnosis) -> None:
    """Print the verdict on every text, and the cause of a corpus's errors."""
    say(f"classifier: {found.classifier}")
    for line in (*found.stand_ins, *(f"note: {said}" for said in found.caveats)):
        say(line, "yellow")
    if found.of_split is not None:
        of_errors(found.of_split)
    for one in found.texts:
        verdict_on(one, found)
        if len(found.texts) <= IN_FULL:
            evidence_of(one, found.classes)
    for note in found.notes:
        say(f"left out: {note}", "yellow")


def of_errors(split: OfSplit) -> None:
    """Print how much is wrong, and the cause."""
    say(f"{split.n_wrong} of {len(split.answers.numbers):,} {split.items} of {split.split} are wrong")
    fails = "" if split.phenomena is None else failing(split.phenomena)
    lost = losses_in_words(split.lost, split.items)
    for line in (*cause_in_words(split.cause, split.items), fails, lost, left_out(split.cause.too_few, split.items)):
        if line:
            say(line)
    if split.left_out:
        long = "too long" if split.items == "sentences" else "in a sentence that is too long"
        say(f"{split.left_out:,} {split.items} are left out: without a label of train, without a vector, or {long}")


def verdict_on(one: DiagnosedText, of: Diagnosis) -> None:
    """Print a text with its verdict."""
    say(f"\n{one.text}", "bold")
    say(f"{f'{one.word}: ' if one.word else ''}label {of.classes[one.evidence.label]}, answer {one.answer}")
    say(f"verdict: {one.verdict.kind}. {one.verdict.says}", "bold")
    if not one.evidence.is_right:
        say(f"repair to try: {one.verdict.repair}")
        tried = tried_in_words(one.tried, of.classes[one.evidence.label])
        for line in (gain_in_words(one.gain), *([tried] if tried else [])):
            say(line)


def evidence_of(one: DiagnosedText, classes: tuple[str, ...]) -> None:
    """Print the reasons of the verdict, the answers by layer, and the words that count most."""
    found = one.evidence
    for rule in one.verdict.rules:
        for reason in rule.reasons:
            say(f"  {rule.kind}, for: {reason}")
        for reason in rule.against:
            say(f"  {rule.kind}, against: {reason}")
    layers = ", ".join(f"{answer.layer} {classes[answer.predicted]}" for answer in found.answers)
    say(f"probes by layer: {layers}")
    for method in found.methods:
        if method.of.total is not None and method.of.unit == "logit":
            order = np.argsort(-np.abs(np.nan_to_num(method.values)), kind="stable")[:WORDS]
            words = ", ".join(f"{found.sentence.words[n]} {signed(float(method.values[n]))}" for n in order)
            say(f"{method.method} ({found.explained[0]} − {found.explained[1]}): {words}")
