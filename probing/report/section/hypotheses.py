"""Hypotheses about heads: how often each holds, and counter-examples to it."""

import pandas as pd

from probing.report.emit import file_name
from probing.report.head_tables import FAMILY, head_table, surviving
from probing.report.load import Run
from probing.report.section_parts import Section, Table, sample_of

COUNTER = "counter_examples/"  # followed by the target: the name of a fact
NOTE = (
    "Accuracy: how often the other word that gets the largest weight is one that the hypothesis names. Only words "
    "count that have such a word in their sentence; coverage is their share. The head (layer.head) and the best "
    "fixed offset (such as: always the word to the left) were chosen on dev and scored on test. Random word: the "
    f"expected accuracy of a random other word. This is an association, not an effect. {FAMILY}"
)


def section(run: Run) -> Section:
    """The table of hypotheses, and the counter-examples to each."""
    facts = run.facts("hypotheses")
    table = head_table(run, "hypotheses", "Hypotheses about heads", NOTE)
    found = {name: examples for name, examples in facts.items() if name.startswith(COUNTER)}
    counter = [counter_examples(name.removeprefix(COUNTER), pd.DataFrame(of)) for name, of in found.items()]
    tables = ([table] if table else []) + [one for one in counter if len(one.raw)]
    sentences = surviving(table, "hypotheses") if table else []
    return Section("Hypotheses", sentences, tables, sample=sample_of(run, "hypotheses") if tables else "")


def counter_examples(target: str, raw: pd.DataFrame) -> Table:
    """Queries whose head attended most to a wrong word, the largest weight first."""
    name = f"counter_examples_{file_name(target.removeprefix('hypothesis '))}"
    text = pd.DataFrame()
    if len(raw):
        text["word"] = [f"{word} ({at + 1})" for word, at in zip(raw["query"], raw["query_at"], strict=True)]
        attended = zip(raw["attended"], raw["attended_at"], strict=True)
        text["attends to"] = [f"{word} ({at + 1})" if at >= 0 else "no other word" for word, at in attended]
        text["weight"] = [f"{weight:.2f}" for weight in raw["weight"]]
        text["right words"] = [", ".join(words) for words in raw["right"]]
        text["sentence"] = raw["sentence"]
    note = (
        "Words from which the chosen head attends most to a wrong word. In brackets: the position in the sentence, "
        "from 1. The largest weights come first."
    )
    return Table(name, f"Counter-examples to {target}: {len(raw)}", note, raw, text, folded=True)
