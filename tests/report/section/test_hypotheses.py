from probing.report.section.hypotheses import section

CHOSEN = {"metric": "head_accuracy", "probe": "attention", "head": 0}
TARGET = "hypothesis ../verb object"
HOSTILE = "<b>watch</b>"


def counter(attended, attended_at):
    found = {"sentence": "s1", "query": HOSTILE, "query_at": 0, "attended": attended, "attended_at": attended_at}
    return {**found, "weight": 0.456, "right": ["light", "that"]}


def run_of(run_with, examples):
    lines = [
        (TARGET, 1, 0.7, CHOSEN),
        (TARGET, None, 0.6, {"metric": "head_accuracy", "probe": "offset-2"}),
        (TARGET, 1, 0.1, {**CHOSEN, "probe": "gain"}),
        (TARGET, 1, 0.1, {**CHOSEN, "probe": "gain_adjusted", "ci_low": -0.1, "ci_high": 0.3}),
        (TARGET, 0, 0.8, {"metric": "coverage", "probe": "corpus"}),
    ]
    return run_with(
        "hypotheses", lines, None, **{"sample": "all of dev; all of test", f"counter_examples/{TARGET}": examples}
    )


def test_a_hypothesis_has_its_head_its_coverage_and_its_counter_examples(run_with):
    made = section(run_of(run_with, [counter("it", 2), counter("", -1)]))
    assert (made.title, made.sample) == ("Hypotheses", "all of dev; all of test")
    assert made.sentences == ["The chosen head is better than the best fixed offset for none of 1 hypotheses."]
    table, examples = made.tables
    assert table.text.iloc[0].to_dict() == {
        "target": "../verb object",
        "head": "1.0",
        "accuracy": "0.700 [0.690, 0.710]",
        "best offset": "0.600 (−2)",
        "gain": "+0.100 [−0.100, +0.300]",
        "coverage": "0.800",
        "cases": "1,200",
    }
    assert examples.title == "Counter-examples to hypothesis ../verb object: 2"
    assert examples.text.iloc[0].tolist() == ["<b>watch</b> (1)", "it (3)", "0.46", "light, that", "s1"]
    assert examples.text["attends to"].tolist() == ["it (3)", "no other word"]


def test_names_of_files_do_not_leave_the_folder_of_tables(run_with):
    [_, examples] = section(run_of(run_with, [counter("it", 2)])).tables
    assert examples.name == "counter_examples_..-verb-object"


def test_a_hypothesis_without_counter_examples_has_only_its_line(run_with):
    assert [table.name for table in section(run_of(run_with, [])).tables] == ["hypotheses"]


def test_without_rows_there_is_no_section(run_with):
    made = section(run_with("hypotheses", []))
    assert not (made.tables or made.figures or made.sentences)
