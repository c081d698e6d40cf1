"""The section on attractors: both conditions as they were scored."""

from probing.report.section.attractors import section


def test_both_conditions_stand_side_by_side(run_with, written):
    lines = [
        (f"{kind}, {condition}", layer, value + layer / 10)
        for condition, value in (("with attractor", 0.5), ("without attractor", 0.7))
        for kind in ("task", "selectivity", "control")
        for layer in (0, 1)
    ]
    lines += [("surface, with attractor", None, 0.4), ("surface, without attractor", None, 0.65)]
    run = run_with("attractors", lines, sample="90 labels of test with attractor")
    made = section(run)
    [table] = made.tables
    assert table.text["with attractor"].tolist() == ["0.500 [0.490, 0.510]", "0.600 [0.590, 0.610]"]
    assert table.text["selectivity without attractor"].tolist()[0].startswith("0.700")
    assert "scores 0.650 [0.640, 0.660] without attractor and 0.400 [0.390, 0.410] with attractor" in table.note
    assert made.sample == "90 labels of test with attractor"
    assert written(run, made) == {"attractors.png", "attractors.pdf"}


def test_without_rows_there_is_no_section(run_with):
    made = section(run_with("attractors", []))
    assert not (made.tables or made.figures or made.sentences)
