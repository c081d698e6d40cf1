"""Hypotheses about heads: how often each holds, and where the best head does otherwise."""

import pandas as pd

from probing.report.head_tables import head_table
from probing.report.load import Run
from probing.report.section_parts import Section, Table

COUNTER = "counter_examples/"  # and the target: the name of a fact
NOTE = (
    "How often the strongest other word of a query meets the condition on the key. Head (layer.head) and offset were "
    "chosen on dev and scored on test. An association."
)


def section(run: Run) -> Section:
    """The table of hypotheses, and the counter-examples to each."""
    facts = run.facts("hypotheses")
    table = head_table(run, "hypotheses", "Hypotheses about heads", NOTE)
    found = {name: examples for name, examples in facts.items() if name.startswith(COUNTER)}
    counter = [counter_examples(name.removeprefix(COUNTER), pd.DataFrame(of)) for name, of in found.items()]
    tables = ([table] if table else []) + [one for one in counter if len(one.raw)]
    return Section("Hypotheses", tables=tables, sample=str(facts.get("sample", "")))


def counter_examples(target: str, raw: pd.DataFrame) -> Table:
    """Queries whose head attended elsewhere, the heaviest first."""
    name = f"counter_examples_{target.removeprefix('hypothesis ').replace(' ', '_')}"
    text = pd.DataFrame()
    if len(raw):
        text["word"] = [f"{word} ({at + 1})" for word, at in zip(raw["query"], raw["query_at"], strict=True)]
        attended = zip(raw["attended"], raw["attended_at"], strict=True)
        text["attends to"] = [f"{word} ({at + 1})" if at >= 0 else "no other word" for word, at in attended]
        text["weight"] = [f"{weight:.2f}" for weight in raw["weight"]]
        text["right would be"] = [", ".join(words) for words in raw["right"]]
        text["sentence"] = raw["sentence"]
    note = "Words with their positions. The heaviest weights first."
    return Table(name, f"Counter-examples to {target}: {len(raw)}", note, raw, text, folded=True)
