"""Tables of interventions on concepts: effects by layer and method, their reliability, what layers above decode."""

from collections.abc import Mapping

import pandas as pd

from probing.report.load import Run
from probing.report.plain_names import task_in_words
from probing.report.section_parts import Table, pick, with_intervals
from probing.report.usage_words import METHODS, concepts_of, output_of, own_head, used_on
from probing.result.simultaneous import ADJUSTED

NAME, EFFECT = "usage", "effect_nats"
AGAINST_RANDOM = f"_minus_random{ADJUSTED}"
STANDS_IN = "The output is a probe, not a head of the model: this does not show what the model itself uses."
ENDS = ("ci_low", "ci_high")
ABOVE = ["concept", "method", "layer", "above", "value", *ENDS]
SCORES = {name: name for name in ("completeness", "selectivity", "reliability")}
FURTHER = {
    "refitted": "accuracy of a new probe on what is left",
    "moved_to_wanted": "output gives the wanted class",
    "change_size": "vectors move by (standard deviations)",
}
KINDS = {
    "removed": ("mean_projection", "leace", "inlp", "probe_subspace"),
    "moved to another class": ("alter_rep", "mean_swap", "gradient"),
}


def effects(run: Run, concept: str) -> pd.DataFrame:
    """Effects beyond random subspaces of all methods, with simultaneous intervals and whether they call it used."""
    rows = pick(run, NAME, EFFECT, target=concept)
    rows = rows[rows["probe"].str.endswith(AGAINST_RANDOM)]
    methods = rows["probe"].str.removesuffix(AGAINST_RANDOM)
    marks = [int(layer) in used_on(run, concept, str(m)) for layer, m in zip(rows["layer"], methods, strict=True)]
    return rows.assign(method=methods, used=marks).sort_values(["method", "layer"])


def effects_tables(run: Run, concept: str) -> list[Table]:
    """Of the removals of a concept, and of the moves to another class: side by side they are wider than a page."""
    rows, found = effects(run, concept), []
    for (kind, methods), name in zip(KINDS.items(), (f"usage_{concept}", f"usage_{concept}_moved"), strict=True):
        if (of := rows[rows["method"].isin(methods)]).size:
            found.append(_effects_table(run, concept, of, (name, kind)))
    return found


def _effects_table(run: Run, concept: str, rows: pd.DataFrame, called: tuple[str, str]) -> Table:
    """Per layer what can be decoded, and the effect of each method beyond random subspaces."""
    before = pick(run, NAME, "decodable", target=concept).set_index("layer")
    text = pd.DataFrame({"layer": [str(layer) for layer in before.index]})
    text["decodable: accuracy"] = with_intervals(before.reset_index(), "value", "accuracy", *ENDS)
    for method in (name for name in METHODS if (rows["method"] == name).any()):
        cells = rows[rows["method"] == method].set_index("layer").reindex(before.index)
        marks = [" *" if used is True else "" for used in cells["used"].tolist()]
        numbers = with_intervals(cells.reset_index(), "value", EFFECT, *ENDS)
        text[METHODS[method]] = [f"{number}{mark}" for number, mark in zip(numbers, marks, strict=True)]
    note = (
        f"Columns of methods: how many nats of log-probability the right answers of {output_of(run)} lose, minus the "
        "loss for random subspaces of equal rank (for a move to another class: for random moves as long). These are "
        "interventions; their intervals hold for all layers and methods of a concept at once. *: used: this "
        f"difference and that to the control task's subspace are both above 0. {'' if own_head(run) else STANDS_IN}"
    ).strip()
    columns = ["layer", "method", "value", "ci_low", "ci_high", "used", "n_items", "n_sentences"]
    raw = rows[columns].reset_index(drop=True)
    name, kind = called
    title = f"{task_in_words(concept)}, {kind}: decodable and used"
    return Table(name, title[0].upper() + title[1:], note, raw, text)


def scores_of(run: Run, metrics: Mapping[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Some metrics of every method, by concept and layer: unrounded, and as shown under the names given."""
    concepts, index = concepts_of(run), ["target", "probe", "layer"]
    parts = []
    for metric in metrics:
        rows = pick(run, NAME, metric)
        rows = rows[rows["target"].isin(concepts) & rows["probe"].isin([*METHODS])]
        parts.append(rows.assign(cell=with_intervals(rows, "value", metric, *ENDS)))
    rows = pd.concat(parts)
    cells = rows.pivot(index=index, columns="metric", values="cell").fillna("–").reset_index()
    text = pd.DataFrame({"concept": [task_in_words(str(name)) for name in cells["target"]]})
    text["method"] = [METHODS[str(name)] for name in cells["probe"]]
    text["layer"] = cells["layer"].astype(str)
    for metric, label in metrics.items():
        if metric in cells:
            text[label] = cells[metric]
    return rows[[*index, "metric", "value", *ENDS]].reset_index(drop=True), text


def reliability_table(run: Run) -> Table:
    """Completeness, selectivity and reliability of every method, by concept and layer."""
    raw, text = scores_of(run, SCORES)
    properties = {name: run.facts(NAME)["properties"].get(name, []) for name in concepts_of(run)}
    others = "; ".join(f"for {task_in_words(one)}: {', '.join(of) or 'none'}" for one, of in properties.items())
    note = (
        "After Canby et al. 2024, read by linear probes that were trained on other sentences and on unchanged vectors. "
        "Completeness: 1 if a removal leaves all classes equally probable, or if a move gives the wanted class "
        "probability 1. Selectivity: 1 if other properties are read as before (not the selectivity of a probe); "
        f"{others}. Reliability: the harmonic mean of both."
    )
    return Table("usage_reliability", "How reliable the interventions are", note, raw, text, folded=True)


def further_table(run: Run) -> Table:
    """What a new probe finds after a removal, where a move leads, and how far both go, by concept and layer."""
    raw, text = scores_of(run, FURTHER)
    note = (
        "After a removal that is linear and whole, such as LEACE, a new linear probe is right as often as the most "
        "frequent class is. Random subspaces of equal rank move vectors less than a removal does if the concept varies "
        "more than other directions do; random moves are as long."
    )
    return Table("usage_further", "What the interventions leave", note, raw, text, folded=True)


def above_table(run: Run) -> Table | None:
    """How often the concept is decoded before and after a change, on the layer, on the next one and on the highest."""
    rows = pick(run, NAME, "decodable_above")
    if rows.empty:
        return None
    split = rows["target"].str.extract(r"^(?P<concept>.*) on layer (?P<above>\d+)$")
    raw = rows.assign(concept=split["concept"], above=split["above"].astype(int), method=rows["probe"])
    raw["cell"] = with_intervals(raw, "value", "accuracy", *ENDS)
    raw = raw.sort_values(["concept", "method", "layer", "above"])
    grouped = raw.groupby(["concept", "method", "layer"])
    first, last = grouped.first().reset_index(), grouped.last().reset_index()
    text = pd.DataFrame({"concept": [task_in_words(str(name)) for name in first["concept"]]})
    text["method"] = [METHODS[str(name)] for name in first["method"]]
    text["layer"] = first["layer"].astype(str)
    for label, metric, keys in (
        ("before", "decodable", ["target", "layer"]),
        ("after", "decodable_after", ["target", "layer", "probe"]),
    ):
        found = pick(run, NAME, metric)
        here = found.assign(cell=with_intervals(found, "value", "accuracy", *ENDS)).set_index(keys)["cell"]
        wanted = zip(*(first[{"target": "concept", "probe": "method"}.get(key, key)] for key in keys), strict=True)
        text[label] = [here[key] for key in wanted]
    for label, ends in (("next layer", first), ("highest layer", last)):
        text[label] = [f"layer {layer}: {cell}" for layer, cell in zip(ends["above"], ends["cell"], strict=True)]
    note = (
        "Accuracy of probes of unchanged vectors: on the changed layer before and after the change, and on layers "
        "above it. Where it rises again, layers above decode the concept from what is left, such as other words."
    )
    return Table(
        "usage_above", "Do layers above decode it again?", note, raw[ABOVE].reset_index(drop=True), text, folded=True
    )
