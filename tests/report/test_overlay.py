import pytest

from probing.report.gather import gather
from probing.report.overlay import described, draw_condition, looks, write_overlay


@pytest.fixture
def axes():
    from matplotlib.figure import Figure

    return Figure().subplots()


def test_a_model_looks_the_same_in_every_figure(make_run):
    folders = [make_run(task, model=model) for task, model in [("pos", "b"), ("distance", "a"), ("distance", "b")]]
    conditions, _ = gather(folders)
    assert looks(conditions).keys() == {"a", "b"}
    assert looks(conditions)["a"] != looks(conditions)["b"]


def test_a_band_holds_for_all_layers_at_once(make_run, axes):
    [[one], _] = gather([make_run("distance", (0.5, 0.6))])
    draw_condition(axes, one, ("#000000", "o"), band=True)
    [band] = axes.collections
    corners = {(x, round(y, 9)) for x, y in band.get_paths()[0].vertices.tolist()}
    for end in ("band_low", "band_high"):
        assert {(layer, round(value, 9)) for layer, value in enumerate(one.table[end])} <= corners
    assert "simultaneous 95 % bands, by sentence" in described([one])
    assert "dotted: control task" in described([one])


def test_several_seeds_are_drawn_as_dots_and_their_mean_has_a_band_only_with_statistics_per_sentence(make_run, axes):
    folders = [make_run("distance", (0.5, 0.6), seed=seed) for seed in (0, 1)]
    [[both], _] = gather(folders)
    draw_condition(axes, both, ("#000000", "o"), band=True)
    [band] = axes.collections
    assert band.get_paths()[0].vertices.size > 0
    for folder in folders:
        (folder / "sentences.parquet").unlink()
    [[both], _] = gather(folders)
    draw_condition(axes, both, ("#000000", "o"), band=True)
    assert all(path.vertices.size == 0 for path in axes.collections[1].get_paths())
    dots = [line.get_ydata().tolist() for line in axes.lines if line.get_marker() == "."]
    assert dots == 2 * [gather([folder])[0][0].table["score"].tolist() for folder in folders]
    assert not any("band" in text for text in described([both]))
    assert "lines: means over seeds; dots: single seeds" in described([both])


def test_a_comparison_of_models_is_one_figure(make_run, tmp_path):
    conditions, _ = gather([make_run("distance", (0.5, 0.6), model=model) for model in ("a", "b")])
    paths = write_overlay(conditions, looks(conditions), tmp_path / "overlay")
    assert [path.name for path in paths] == ["overlay.png", "overlay.pdf"]
    assert all(path.stat().st_size > 1000 for path in paths)
