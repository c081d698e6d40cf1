from probing.report.gather import gather
from probing.report.overlay import band_ends, described, looks


def test_a_model_looks_the_same_in_every_figure(make_run):
    folders = [make_run(task, model=model) for task, model in [("pos", "b"), ("distance", "a"), ("distance", "b")]]
    conditions, _ = gather(folders)
    assert looks(conditions).keys() == {"a", "b"}
    assert looks(conditions)["a"] != looks(conditions)["b"]


def test_bands_show_the_range_of_seeds_where_there_are_several(make_run):
    folders = [make_run("distance", (0.5, 0.6), seed=seed) for seed in (0, 1)]
    (both,), _ = gather(folders)
    single = [gather([folder])[0][0] for folder in folders]
    low, high = band_ends(both, both.table)
    scores = [one.table["score"] for one in single]
    assert low.tolist() == [min(pair) for pair in zip(*scores, strict=True)]
    assert high.tolist() == [max(pair) for pair in zip(*scores, strict=True)]
    assert band_ends(single[0], single[0].table)[0].tolist() == single[0].table["ci_low"].tolist()
    assert "bands: lowest to highest seed" in described([both])
    assert "dotted: control task" in described([both])
