import numpy as np

from probing.report.section.redundancy import section


def test_heads_and_layers_are_drawn_and_each_states_its_own_sample(run_with, written):
    arrays = {
        "redundancy/map": np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]]),
        "redundancy/cluster": np.array([0, 0, 1, 1]),
        "redundancy/heads": np.array(2),
        "redundancy/cka": np.array([[1, 0.5, 0.2], [0.5, 1, 0.4], [0.2, 0.4, 1]]),
    }
    facts = {"map_stress": 0.125, "heads": "20 of the 40 sentences of test", "vectors": "300 of the 400 words of test"}
    run = run_with("redundancy", [], arrays, **facts)
    made = section(run)
    assert made.title == "Redundancy"
    assert made.sample == "heads: 20 of the 40 sentences of test; layers: 300 of the 400 words of test"
    assert "stress of the map: 0.12 " in made.figures[0].caption
    assert written(run, made) == {f"{name}.{end}" for name in ("headmap", "cka") for end in ("png", "pdf")}


def test_a_model_with_one_head_has_layers_to_compare_but_no_map(run_with, written):
    arrays = {"redundancy/cka": np.eye(2), "redundancy/heads": np.array(1)}
    run = run_with("redundancy", [], arrays, heads="20 of the 40 sentences of test", vectors="300 words of test")
    made = section(run)
    assert [figure.name for figure in made.figures] == ["cka"]
    assert written(run, made) == {"cka.png", "cka.pdf"}


def test_without_arrays_there_is_no_section(run_with):
    made = section(run_with("redundancy", []))
    assert not (made.tables or made.figures or made.sentences)
