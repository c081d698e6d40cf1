"""The first lines of a run's page: what was found, and its main numbers."""

import pandas as pd

from probing.report.baseline_columns import SURFACE, margins, names_in, said
from probing.report.best_layers import as_good, chosen, listed, verdict_on_layers
from probing.report.code_length import code_finding
from probing.report.load import Run, stand_ins
from probing.report.measured_on import population
from probing.report.metric_format import gap, interval, measure, number, scored
from probing.report.plain_names import probe_in_words, source_in_words, task_in_words
from probing.result.gains import GAINS
from probing.result.score import CODE_LENGTH


def finding(run: Run, table: pd.DataFrame) -> str:
    """Which layers may be the best, and what is decodable from the one chosen on dev, not what the model uses."""
    line, metric = chosen(table), run.metric
    best = verdict_on_layers(table, metric, run.chosen_on, run.split)
    if metric == CODE_LENGTH:
        return f"{best} {code_finding(run, line, margins(table, line, names_in([run])))}".strip()
    score = scored(line["score"], line["ci_low"], line["ci_high"], metric)
    source = source_in_words(run.name("probe"), line["layer"])
    text = (
        f"{best} From {source} of {run.name('model')}, {probe_in_words(run.name('probe'))} predicts "
        f"{task_in_words(run.name('task'))} with {measure(metric).label} {score} "
        f"({population(run)}; corpus: {run.name('data')})"
    )
    over = [said(margin, name, metric) for name, margin in margins(table, line, names_in([run])).items()]
    return (f"{text}: {', '.join(over)}." if over else f"{text}.").strip()


def tiles(run: Run, table: pd.DataFrame) -> dict[str, str]:
    """The main numbers of the run, by name."""
    line, good, names = chosen(table), as_good(table), names_in([run])
    chosen_here = f"layer chosen on {run.chosen_on}, of {len(table)}"
    over = {names[name]: line[GAINS[name]] for name in SURFACE if pd.notna(line[name])}
    of = population(run).removeprefix(f"{n_sentences(run):,}").strip()
    facts = {
        ("best layer" if len(good) == 1 else "may be the best layer"): listed(good),
        chosen_here: str(line["layer"]),
        measure(run.metric).label: number(line["score"], run.metric),
        "95 % interval": interval(line["ci_low"], line["ci_high"], run.metric),
        **{f"over {name}": number(gain, run.metric, signed=True) for name, gain in over.items()},
        gap(run.metric): number(line["selectivity"], run.metric, signed=True),
        "control task": number(line["control"], run.metric) if run.metric == CODE_LENGTH else "",
        of: f"{n_sentences(run):,}",
    }
    return {name: value for name, value in facts.items() if value.strip("–")}


def n_sentences(run: Run) -> int:
    """How many sentences the shown scores were measured on."""
    return int(run.shown_rows["n_sentences"].iloc[0])


def stand_in_warnings(run: Run) -> list[str]:
    """A sentence for each part of the run that is a stand-in."""
    return [
        f"Stand-in: {part}={asked} could not be loaded; all numbers are those of {run.name(part)}."
        for part, asked in stand_ins(run.manifest).items()
    ]
