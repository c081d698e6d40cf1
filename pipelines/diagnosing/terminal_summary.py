"""What a diagnosis says on the terminal."""

from collections.abc import Sequence

from pipelines.diagnosing.chosen_texts import Chosen
from pipelines.diagnosing.trained_subject import Trained
from pipelines.shared.cli import say
from probing.diagnosis.cause import Cause
from probing.diagnosis.edited_texts import as_text
from probing.diagnosis.one_text import TextEvidence
from probing.diagnosis.text_verdict import Verdict, name_of

SHOWN = 5  # words that are named


def summary(trained: Trained, chosen: Chosen, found: Sequence[tuple[TextEvidence, Verdict]]) -> None:
    """Print the verdict on every text, and the cause of a corpus's errors."""
    subject = trained.subject
    what = "the model's own head" if subject.has_own_head else f"the probe on layer {subject.layer}"
    say(f"classifier: {what} of {subject.study.checkpoint.name}")
    if chosen.split is not None and chosen.cause is not None:
        answers = chosen.split.answers
        n_wrong = int((answers.model != answers.gold).sum())
        say(f"{n_wrong} of {len(answers.gold):,} sentences are wrong")
        for line in cause_lines(chosen.cause):
            say(line)
    for evidence, told in found:
        of_text(evidence, told, subject.classes)


def cause_lines(cause: Cause) -> list[str]:
    """The cause in words, with the gain that its repair should bring."""
    where = f" in {cause.group}"
    said = {
        "healthy": "healthy: no group is much harder than the rest, and no probe or shorter text is better",
        "as trained": f"as trained{where}: the classifier gives the labels that train has there, and they contradict",
        "outweighed": f"outweighed{where}: without this word the classifier is right more often",
        "unused": f"unused{where}: the information is in the layer that is read, and the head does not use it",
        "lost": f"lost{where} from layer {cause.layer} on: layer {cause.instead} still has it",
        "undecided": f"undecided{where}: no rule explains why; stronger probes would settle it",
    }
    lines = [said[cause.kind]]
    if cause.gain is not None:
        gain = cause.gain
        lines.append(
            f"its repair should add {gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}] on {gain.n} sentences"
        )
    if cause.too_few:
        lines.append(f"too few sentences to say: {', '.join(cause.too_few)}")
    return lines


def of_text(found: TextEvidence, told: Verdict, classes: Sequence[str]) -> None:
    """The verdict on one text, the answers by layer, and the words that count most."""
    say(f"\n{as_text(found.sentence)}", "bold")
    say(f"label {classes[found.label]}, answer {name_of(classes, found.predicted)}")
    layers = ", ".join(f"{answer.layer} {classes[answer.predicted]}" for answer in found.answers)
    say(f"probes by layer: {layers}")
    for method in found.methods:
        if method.of.total is not None and method.of.unit != "share":
            order = sorted(range(len(method.values)), key=lambda n: -abs(method.values[n]))[:SHOWN]
            words = ", ".join(f"{found.sentence.words[n]} {method.values[n]:+.2f}" for n in order)
            say(f"{method.method} ({found.explained[0]} − {found.explained[1]}): {words}")
    say(f"verdict: {told.kind}. {told.says}", "bold")
    for rule in told.rules:
        for reason in rule.reasons:
            say(f"  {rule.kind}, for: {reason}")
        for reason in rule.against:
            say(f"  {rule.kind}, against: {reason}")
    say(f"repair to try: {told.repair}")
