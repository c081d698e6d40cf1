from probing.report.condition_styles import shade, styles_of
from probing.report.gather import gather


def test_a_model_has_one_colour_in_every_figure_of_a_comparison(make_run):
    folders = [make_run(task, model=model) for task, model in [("pos", "b"), ("distance", "a"), ("distance", "b")]]
    for folder in folders:  # each model has weights of its own
        path = folder / "manifest.json"
        path.write_text(path.read_text().replace("ab" * 32, f"weights of {folder.parts[-5]}"))
    styles = styles_of(gather(folders)[0])
    assert styles.keys() == {"a", "b"}
    assert styles["a"][0] != styles["b"][0]


def test_a_stand_in_has_the_colour_of_the_model_that_it_is_in_another_shade(make_run):
    checkpoint = {"name": "tiny", "revision": "ab" * 32, "requested": "bert", "stand_in": True}
    folders = [make_run("pos"), make_run("pos", name="instead", checkpoint=checkpoint)]
    styles = styles_of(gather(folders)[0])
    (own, first), (instead, second) = styles["tiny"], styles["tiny (stand-in for bert)"]
    assert instead == shade(own, 0.3)
    assert first != second


def test_shades_go_from_a_colour_to_white():
    assert shade("#0072B2", 0) == "#0072b2"
    assert shade("#0072B2", 1) == "#ffffff"
