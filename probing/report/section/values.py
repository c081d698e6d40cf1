"""Value vectors: the share of a vector that comes from other subwords."""

import pandas as pd

from probing.report.load import Run
from probing.report.section_parts import Section, Table, by_layer, head_names, pick, sample_of, with_intervals

RATIOS = {
    "attn_w": "weights",
    "attn_n": "value vectors",
    "attnres_w": "weights + residual",
    "attnres_n": "value vectors + residual",
    "attnresln_n": "value vectors + residual + layer norm",
}
NOTE = (
    "Mixing ratio: the share of a vector that comes from other subwords (Kobayashi et al. 2021). It is computed from "
    "attention weights or from the norms of weighted value vectors, then with the residual connection, and then with "
    "layer normalisation too. The smaller it is, the more a vector stays that of its own subword."
)


def section(run: Run) -> Section:
    """Mixing ratios of Kobayashi et al. (2021) by layer."""
    table = pick(run, "values", "mixing_ratio", "norm")
    if table.empty:
        return Section("Value vectors")
    tables = [Table("mixing", "Mixing ratios", NOTE, *by_layer(table, RATIOS, "target")), *special_shares(run)]
    return Section("Value vectors", tables=tables, sample=sample_of(run, "values"))


def special_shares(run: Run) -> list[Table]:
    """What each head takes from special subwords, by weight and by norm; none for models without such subwords."""
    by_weight, by_norm = (pick(run, "values", f"{of}_share_special") for of in ("attention", "norm"))
    if by_norm.empty:
        return []
    raw = by_weight.merge(by_norm, on=["layer", "head"], suffixes=("_weight", "_norm"))
    raw = raw[
        ["layer", "head", *(f"{end}_{of}" for of in ("weight", "norm") for end in ("value", "ci_low", "ci_high"))]
    ]
    text = pd.DataFrame({"head": head_names(raw)})
    for of, label in (("weight", "share of weights"), ("norm", "share of norms")):
        text[label] = with_intervals(raw, f"value_{of}", "share", f"ci_low_{of}", f"ci_high_{of}")
    note = (
        "How much of what a query takes in comes from special subwords: by attention weight, and by norm, which also "
        "counts how long the value vectors are (Kobayashi et al. 2020)."
    )
    return [Table("special_shares", "Special subwords, head by head", note, raw, text, folded=True)]
