"""Value vectors: how much of a vector comes from other subwords."""

from probing.report.load import Run
from probing.report.section_parts import Section, Table, by_layer, pick


def section(run: Run) -> Section:
    """Mixing ratios of Kobayashi et al. (2021) by layer."""
    table = pick(run, "values", "mixing_ratio", "norm")
    if table.empty:
        return Section("Value vectors")
    raw, text = by_layer(table, {str(target): str(target) for target in table["target"].unique()}, "target")
    note = (
        "The share of a vector that comes from other subwords. w: by weights; n: by norms of weighted value vectors; "
        "res: with the residual connection; ln: with layer normalisation."
    )
    tables = [Table("mixing", "Mixing ratios", note, raw, text)]
    return Section("Value vectors", tables=tables, sample=str(run.facts("values")["sample"]))
