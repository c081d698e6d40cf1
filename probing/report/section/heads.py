"""Statistics of every head over the corpus, as a table, as grids and by layer."""

from pathlib import Path

import pandas as pd

from probing.report.curve_labels import name_heights, wrapped
from probing.report.load import Run, heading
from probing.report.null_bands import band, described, draw_band, nulls_of
from probing.report.section_parts import Figure, Section, Table, drawn, grid, head_names, pick, sample_of, with_interval
from probing.report.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    LAYERS_OF_ATTENTION,
    ROWS,
    columns_for,
    figure,
    interval_band,
    legend_below,
    save,
    titled,
)

NARROW_IN = 2.1  # inches; panels become a quarter narrower than this, so that two fit into a column of a paper
FIRST, SINK = "mass_first", "mass_first_later"  # in causal models the first query adds a weight of 1 to the former
LARGE = 0.3  # where Gu et al. (2025) say that a head has an attention sink
STATISTICS = {
    "entropy_share": "entropy ÷ that of uniform attention",
    "max_weight": "largest weight",
    "distance_subwords": "mean distance (subwords)",
    "mass_sep": "mass on [SEP]",
    FIRST: "mass on the first position",
    SINK: "mass of later queries on the first position",
    "mass_previous": "mass on the previous subword",
    "mass_sink": "mass on the sink",
}

GRID = (
    "each small square is one head. A dark square has much of what the title says: much mass on [SEP], for example, is "
    "often taken as a sign that the head has nothing to do (Clark et al. 2019)."
)
SINKS = (
    "a high point is a head whose later queries look at the first position, whatever stands there. Such attention "
    "sinks are common in decoders, and often taken as a sign that the head has nothing to do (Xiao et al. 2024)."
)
ENTROPY = "low points are heads that look at few tokens, high points are heads that spread their attention."


def section(run: Run) -> Section:
    """All statistics as a table; some of them as grids of heads; entropy by layer."""
    if pick(run, "heads", "entropy_nats").empty:
        return Section("Heads")
    figures = [
        Figure("heads", "Statistics of all heads: a row per layer, a column per head.", write_grid, GRID),
        Figure(
            "entropy",
            "Entropy of the attention of each head, and the mean over the heads of each layer.",
            write_entropy,
            ENTROPY,
        ),
    ]
    if not (sinks := pick(run, "heads", SINK)).empty:
        large = sinks[sinks["head"].notna()]["value"] > LARGE
        caption = (
            "Attention of later queries to the first position: of each head, and the mean over the heads of a layer. "
            f"{large.sum()} of {len(large)} heads give it more than {LARGE:g}."
        )
        figures.append(Figure("first_position", caption, write_first_position, SINKS))
    return Section("Heads", tables=[all_statistics(run)], figures=figures, sample=sample_of(run, "heads"))


def all_statistics(run: Run) -> Table:
    """Every statistic of every head on test, and the quantiles of its weights."""
    table = run.of("heads")
    table = table[table["head"].notna() & (table["split"] == "test") & table["draw"].isna()]
    raw = table.pivot(index=["layer", "head"], columns="metric", values="value").reset_index()
    text = pd.DataFrame({"head": head_names(raw)})
    for metric in raw.columns[2:]:
        lines = table[table["metric"] == metric].set_index(["layer", "head"])
        lines = lines.reindex(pd.MultiIndex.from_frame(raw[["layer", "head"]]))
        text[str(metric).replace("_", " ")] = [with_interval(line, str(metric)) for _, line in lines.iterrows()]
    for place, level in enumerate(run.arrays.get("quantiles/levels", ())):
        raw[f"weight_q{level:g}"] = run.arrays["quantiles/weight"][..., place].ravel()
        text[f"weight q{level:g}"] = [f"{value:.3f}" for value in raw[f"weight_q{level:g}"]]
    note = (
        "Means over queries with 95 % intervals. weight q0.5 is the median of all single weights of the head, weight "
        "q0.9 is larger than 90 % of them, and so on. Compare a weight with them before you call it high."
    )
    return Table("heads", "Heads over the corpus", note, raw, text, folded=True)


def write_grid(run: Run, stem: Path) -> list[Path]:
    """STATISTICS of all heads, a grid each: layers downwards, heads across."""
    found = {name: grid(pick(run, "heads", name)) for name in STATISTICS}
    found = {name: matrix for name, matrix in found.items() if matrix.size}
    if SINK in found:
        found.pop(FIRST, None)
    panel_in = max(2.2, 1.3 + 0.1 * next(iter(found.values())).shape[1])
    columns = columns_for(len(found), min(panel_in, NARROW_IN), most=3)
    lines = -(-len(found) // columns)
    layers = next(iter(found.values())).index.astype(int)
    n_layers = len(layers)
    step = 1 + n_layers // 13
    with figure(0.4 + columns * panel_in, 0.8 + lines * (0.9 + 0.13 * n_layers), lower=ROWS) as made:
        panels = made.subplots(lines, columns, squeeze=False)
        for axes in panels.flat[len(found) :]:
            axes.set_visible(False)
        for place, (axes, (name, matrix)) in enumerate(zip(panels.flat, found.items(), strict=False)):
            image = axes.imshow(matrix, cmap="Blues", vmin=0, aspect="auto")
            axes.set_title(wrapped(STATISTICS[name], 24), fontsize=8, color=INK)
            axes.set_yticks(range(0, n_layers, step), layers[::step])
            lowest, leftmost = place + columns >= len(found), place % columns == 0
            axes.set(xlabel="head" if lowest else "", ylabel="layer" if leftmost else "")
            made.colorbar(image, ax=axes)
        titled(made, heading(run), f"means over all queries (rows of attention) of {counted(run)}")
        tables = [pick(run, "heads", name) for name in found]
        return save(made, stem, drawn(pd.concat([table[table["head"].notna()] for table in tables])))


def write_entropy(run: Run, stem: Path) -> list[Path]:
    """Entropy of every head, and the mean over the heads of each layer with the interval of that mean."""
    return _write_by_layer(run, stem, "entropy_nats", "entropy of attention (nats)")


def write_first_position(run: Run, stem: Path) -> list[Path]:
    """What later queries give to the first position: every head, and the mean over heads with its interval."""
    return _write_by_layer(run, stem, SINK, "mass of later queries on the first position")


def _write_by_layer(run: Run, stem: Path, metric: str, label: str) -> list[Path]:
    table = pick(run, "heads", metric)
    heads, mean = table[table["head"].notna()], table[table["head"].isna()].sort_values("layer")
    layers = mean["layer"].to_list()
    with figure(5.6, 3.4) as made:
        axes = made.subplots()
        axes.plot(heads["layer"], heads["value"], "o", color=GREY, markersize=3, alpha=0.6, label="one head")
        interval_band(axes, layers, (mean["ci_low"], mean["ci_high"]), BLUE)
        twins = band(nulls_of(run.nulls, "heads", "attention", metric))
        draw_band(axes, twins, GREEN)
        axes.plot(layers, mean["value"], "o-", color=BLUE, markersize=4.5, linewidth=1.6, label="mean over heads")
        axes.set(xlabel=LAYERS_OF_ATTENTION, xticks=layers)
        name_heights(axes, label)
        axes.set_ylim(bottom=0)
        legend_below(made)
        beside = "" if len(twins) == 0 else f"; green, dashed: {described(int(twins['n'].max()))}"
        subtitle = f"means over all queries (rows of attention) of {counted(run)}; band: 95 % interval{beside}"
        titled(made, heading(run), subtitle)
        return save(made, stem, drawn(table))


def counted(run: Run) -> str:
    """The sentences that head statistics are means over."""
    row = pick(run, "heads", "entropy_nats").iloc[0]
    return f"{row['n_sentences']:,} test sentences"
