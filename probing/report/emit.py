"""One table, three files: CSV with unrounded numbers; Markdown and LaTeX (booktabs) with rounded text."""

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

TEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "−": "$-$",
    "ρ": r"$\rho$",
    "²": r"\textsuperscript{2}",
    "ℓ": r"$\ell$",
    "·": r"\textperiodcentered{}",
    "≈": r"$\approx$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "Σ": r"$\Sigma$",
    "Δ": r"$\Delta$",
    "∅": r"$\emptyset$",
    "\u00a0": "~",
}
MARKDOWN = {"\\": "\\\\", "|": "\\|", "<": "&lt;", "*": "\\*", "_": "\\_", "`": "\\`", "\n": " "}


def file_name(text: str) -> str:
    """``text`` as a file name: letters, digits, dots, hyphens and underscores; anything else becomes a hyphen."""
    return re.sub(r"[^\w.-]+", "-", text)


def write_table(raw: pd.DataFrame, shown: pd.DataFrame, stem: Path, bold: Sequence[bool] = ()) -> list[Path]:
    """Write ``stem``.csv from ``raw``, .md and .tex from ``shown`` (text); rows marked in ``bold`` are set in bold."""
    marks = [*bold] or [False] * len(shown)
    contents = {".csv": raw.to_csv(index=False), ".md": markdown(shown, marks), ".tex": latex(shown, marks)}
    stem.parent.mkdir(parents=True, exist_ok=True)
    paths = []
    for suffix, text in contents.items():
        path = stem.parent / (stem.name + suffix)
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def markdown(shown: pd.DataFrame, bold: Sequence[bool]) -> str:
    """``shown`` as a Markdown table."""
    lines = [
        [_escape(str(name), MARKDOWN) for name in shown.columns],
        [":--" if left else "--:" for left in text_columns(shown)],
        *(
            [f"**{text}**" if mark and text else text for text in (_escape(cell, MARKDOWN) for cell in row)]
            for row, mark in zip(_cells(shown), bold, strict=True)
        ),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def latex(shown: pd.DataFrame, bold: Sequence[bool]) -> str:
    r"""``shown`` as a tabular with booktabs rules, ready for ``\input``."""
    head = " & ".join(_escape(str(name), TEX) for name in shown.columns)
    body = [
        " & ".join(rf"\textbf{{{text}}}" if mark and text else text for text in (_escape(cell, TEX) for cell in row))
        for row, mark in zip(_cells(shown), bold, strict=True)
    ]
    lines = [
        r"% needs \usepackage{booktabs}",
        rf"\begin{{tabular}}{{{''.join('l' if left else 'r' for left in text_columns(shown))}}}",
        r"\toprule",
        rf"{head} \\",
        r"\midrule",
        # LaTeX would read a bracket or star at the start of a line as an argument of the line break before it.
        *(rf"{'{}' if line[:1] in ('[', '*') else ''}{line} \\" for line in body),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def text_columns(shown: pd.DataFrame) -> list[bool]:
    """Which columns are aligned left: the first, and those that contain words."""
    columns = range(1, len(shown.columns))
    return [True, *(any(str(cell)[:1].isalpha() for cell in shown.iloc[:, i]) for i in columns)]


def _cells(shown: pd.DataFrame) -> list[list[str]]:
    return [[str(cell) for cell in row] for row in shown.itertuples(index=False)]


def _escape(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(character, character) for character in text)
