import pytest

from probing.report.condition_styles import styles_of
from probing.report.gather import gather
from probing.report.overlay import described, draw_condition, write_overlay


@pytest.fixture
def axes():
    from matplotlib.figure import Figure

    return Figure().subplots()


def test_a_band_holds_for_all_layers_at_once(make_run, axes):
    [[one], _] = gather([make_run("distance", (0.5, 0.6))])
    draw_condition(axes, one, ("#000000", "o"), band=True)
    [band] = axes.collections
    corners = {(x, round(y, 9)) for x, y in band.get_paths()[0].vertices.tolist()}
    for end in ("band_low", "band_high"):
        assert {(layer, round(value, 9)) for layer, value in enumerate(one.table[end])} <= corners
    assert "bands: 95 %, for all layers at once, over sentences" in described([one])
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
    paths = write_overlay(conditions, styles_of(conditions), tmp_path / "overlay")
    assert [path.name for path in paths] == ["overlay.png", "overlay.pdf", "overlay.csv"]
    assert all(path.stat().st_size > 1000 for path in paths)
