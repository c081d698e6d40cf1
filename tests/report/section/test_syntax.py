import numpy as np

from probing.report.section.syntax import section

CHOSEN = {"metric": "head_accuracy", "probe": "attention", "head": 3, "n_items": 41}
BESIDE = {"metric": "head_accuracy", "n_items": 41}


def test_the_chosen_head_stands_beside_its_offset_and_its_gain(run_with, written):
    lines = [
        ("nsubj dep→head", 2, 0.7, CHOSEN),
        ("nsubj dep→head", None, 0.5, {**BESIDE, "probe": "offset+1"}),
        ("nsubj dep→head", None, 0.1, {**BESIDE, "probe": "random word"}),
        ("nsubj dep→head", 2, 0.2, {**CHOSEN, "probe": "gain"}),
        ("nsubj dep→head", 2, 0.2, {**CHOSEN, "probe": "gain_adjusted", "ci_low": 0.15, "ci_high": 0.25}),
    ]
    arrays = {
        "head/map": np.array([[0.9, 0.1], [0.02, 0.98]], dtype=np.float16),
        "head/tokens": np.array(["a", "b"]),
        "head/title": np.array("head 2.3, chosen on dev for nsubj dep→head; one test sentence"),
    }
    run = run_with("syntax", lines, arrays, sample="20 of the 20 sentences of dev; 20 of the 20 sentences of test")
    made = section(run)
    assert made.title == "Syntactic relations"
    assert made.sample == "20 of the 20 sentences of dev; 20 of the 20 sentences of test"
    [table] = made.tables
    assert table.text.to_dict("records") == [
        {
            "target": "nsubj dep→head",
            "head": "2.3",
            "accuracy": "0.700 [0.690, 0.710]",
            "best offset": "0.500 (+1)",
            "gain": "+0.200 [+0.150, +0.250]",
            "random word": "0.100",
            "cases": "41",
        }
    ]
    assert "not an effect" in table.note
    assert made.sentences == [
        "The chosen head is better than the best fixed offset for 1 of 1 relations: nsubj dep→head (2.3)."
    ]
    assert written(run, made) == {"head.png", "head.pdf"}


def test_without_rows_there_is_no_section(run_with):
    made = section(run_with("syntax", []))
    assert not (made.tables or made.figures or made.sentences)
