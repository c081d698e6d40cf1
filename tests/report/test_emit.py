import pandas as pd

from probing.report.emit import file_name, latex, markdown, write_table

SHOWN = pd.DataFrame({"class": ["A&B_%", "$x^2$ {~}"], "F1": ["0.500", "0.250"], "kind": ["a|b", "<i>"]})


def test_latex_has_booktabs_rules_in_order_and_escapes_what_latex_reads():
    lines = latex(SHOWN, [True, False]).splitlines()
    assert lines[1:] == [
        r"\begin{tabular}{lrl}",
        r"\toprule",
        r"class & F1 & kind \\",
        r"\midrule",
        r"\textbf{A\&B\_\%} & \textbf{0.500} & \textbf{a|b} \\",
        r"\$x\textasciicircum{}2\$ \{\textasciitilde{}\} & 0.250 & \textless{}i\textgreater{} \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


def test_a_line_that_opens_with_a_bracket_is_no_argument_of_the_line_break():
    body = latex(pd.DataFrame({"class": ["[", "*", "x"]}), [False] * 3).splitlines()
    assert body[5:8] == [r"{}[ \\", r"{}* \\", r"x \\"]


def test_markdown_keeps_its_columns_whatever_the_labels_hold():
    lines = markdown(SHOWN, [True, False]).splitlines()
    assert lines[1] == "| :-- | --: | :-- |"
    assert lines[2] == r"| **A&B\_%** | **0.500** | **a\|b** |"
    assert "<" not in lines[3]


def test_csv_is_unrounded(tmp_path):
    raw = pd.DataFrame({"score": [1 / 3]})
    paths = write_table(raw, pd.DataFrame({"score": ["0.333"]}), tmp_path / "tables" / "layers")
    assert [path.name for path in paths] == ["layers.csv", "layers.md", "layers.tex"]
    assert paths[0].read_text().splitlines() == ["score", repr(1 / 3)]


def test_a_name_of_a_file_holds_no_separator_of_folders():
    assert file_name("pos-UD English/ewt-a b·c") == "pos-UD-English-ewt-a-b-c"
    assert file_name("../../etc") == "..-..-etc"
