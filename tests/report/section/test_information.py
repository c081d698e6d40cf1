from probing.report.section.information import section

BITS, BEYOND = {"metric": "v_information_bits"}, {"metric": "conditional_v_information_bits"}
FACTS = {"sample": "1,200 items of test", "given": ["layer 0: its vectors"], "bins": 15}
LINES = [
    *[(target, layer, 2 + layer / 10, BITS) for target in ("task", "control", "selectivity") for layer in (0, 1, 2)],
    ("label frequencies alone", None, 3.456, {"metric": "label_entropy_bits"}),
    ("layer 0 alone", None, 0.5, {"metric": "cross_entropy_bits"}),
    *[("given layer 0", layer, layer / 10, BEYOND) for layer in (1, 2)],
    *[
        ("task", layer, 0.5, {"metric": metric})
        for metric in ("cross_entropy_bits", "brier", "ece")
        for layer in (0, 1, 2)
    ],
]


def test_three_tables_say_what_they_are_compared_with(run_with, written):
    run = run_with("information", LINES, **FACTS)
    made = section(run)
    information, beyond, calibration = made.tables
    assert "3.456 bits" in information.note
    assert [*information.text] == ["layer", "V-information (bits per item)", "control", "task − control"]
    assert "Cross-entropy of a probe that reads only what is given: layer 0 0.500 bits" in beyond.note
    assert beyond.text["layer"].tolist() == ["1", "2"]
    assert [*calibration.text] == ["layer", "cross-entropy (bits)", "Brier score", "ECE"]
    assert "15 bins of equal width" in calibration.note
    assert written(run, made) == {"information.png", "information.pdf"}


def test_two_classes_have_a_ranking_and_the_class_that_it_is_of_is_named(run_with):
    lines = [*LINES, *[("task", layer, 0.9, {"metric": "auroc"}) for layer in (0, 1, 2)]]
    made = section(run_with("information", lines, **FACTS, positive="good"))
    assert "AUROC" in made.tables[2].text
    assert "that of the class good" in made.tables[2].note


def test_without_conditional_probes_there_is_no_table_of_them(run_with):
    lines = [line for line in LINES if "given" not in line[0]]
    assert [table.name for table in section(run_with("information", lines, **FACTS)).tables] == [
        "information",
        "calibration",
    ]


def test_without_rows_there_is_no_section(run_with):
    made = section(run_with("information", []))
    assert not (made.tables or made.figures or made.sentences)
