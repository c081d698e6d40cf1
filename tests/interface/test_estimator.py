"""A probe with the conventions of scikit-learn, on the vectors of a corpus or on arrays."""

import numpy as np
import pytest
import sklearn.exceptions
import sklearn.utils.validation
from sklearn.base import clone, is_classifier
from sklearn.model_selection import GridSearchCV, cross_val_score

import probing
from probing.errors import ConfigError, DataError
from probing.interface.estimator import STRENGTHS
from probing.interface.task_names import TASKS
from probing.result.statistics import MEANS


@pytest.fixture(scope="module")
def given():
    """60 vectors of 2 classes that the first feature tells, of 7 words and 12 sentences."""
    x = np.random.default_rng(0).normal(size=(60, 5))
    x[:, 0] *= 3
    words = [f"w{row % 7}" for row in range(60)]
    return x, np.where(x[:, 0] > 0, "up", "down"), words, [row // 5 for row in range(60)]


def test_a_probe_on_three_sentences_takes_five_lines():
    model = probing.load_model("minilm")
    corpus = probing.load_corpus([(["The", "cat", "sleeps"], ["DET", "NOUN", "VERB"])] * 3)
    vectors = probing.extract(model, corpus)
    probe = probing.fit_probe(vectors, task="pos", layer=3)
    score = probe.score()
    assert score == 1
    assert np.isnan(score.interval).all()  # nothing can be drawn again out of one sentence
    assert "accuracy 1.000 on 3 items in 1 sentence of test, layer 3" in repr(score)
    assert "note: 95 % intervals on test are of 1 sentence:" in repr(score)


def test_a_score_never_travels_alone(probe):
    score = probe.score()
    low, high = score.interval
    assert low <= score <= high
    assert score.selectivity == pytest.approx(score - score.control)
    assert (score.n_sentences, score.metric, score.split) == (40, "accuracy", "test")
    table = score.to_frame().set_index("target")
    assert {"task", "control", "selectivity", "majority", "surface"} <= set(table.index)
    assert table.loc["task", "value"] == score
    assert [word in repr(score) for word in ("control", "selectivity", "majority", "note: 95 %")] == [True] * 4


def test_predictions_are_labels_and_probabilities_are_of_the_classes_in_order(probe, vectors):
    x, gold = vectors.items("pos", 3, "test")
    predicted, shares = probe.predict(x), probe.predict_proba(x)
    assert (predicted == gold).mean() == pytest.approx(probe.score())
    assert np.allclose(shares.sum(axis=1), 1)
    assert np.array_equal(probe.classes_[shares.argmax(axis=1)], predicted)
    assert probe.coef_.shape == (len(probe.classes_), 384)
    assert probe.intercept_.shape == (len(probe.classes_),)
    assert (probe.n_features_in_, probe.layer_) == (384, 3)


def test_without_a_layer_dev_chooses_one(vectors):
    probe = probing.Probe(l2=[1e-2], resamples=20).fit(vectors, task="sentiment")
    dev = probe.to_frame().query("target == 'task' and split == 'dev' and metric == 'accuracy'")
    assert dev["layer"].tolist() == list(range(7))
    assert probe.layer_ == dev["layer"].iloc[int(dev["value"].to_numpy().argmax())]
    assert f"fitted to sentiment, layer {probe.layer_} (chosen on dev) of minilm on grammar-40" in repr(probe)
    assert probe.score().control is None  # of sentences only memorising predicts the control
    assert "memorisation" in repr(probe.score())


def test_numbers_are_predicted_too(vectors):
    probe = probing.Probe(resamples=20).fit(vectors, task="depth", layer=2)
    x, _ = vectors.items("depth", 2, "test")
    assert (probe.predict(x).dtype.kind, probe.coef_.shape, probe.intercept_.shape) == ("f", (384,), ())
    assert probe.score().metric == "nspr"
    assert MEANS["nspr"] in probe.to_frame()["metric"].tolist()
    with pytest.raises(ConfigError, match="predicts numbers"):
        probe.predict_proba(x)


def test_scikit_learn_takes_it_for_its_own(given):
    x, y, *_ = given
    probe = probing.Probe(l2=[0.1], seed=3)
    copied = clone(probe)
    assert (copied.get_params(), copied is probe) == (probe.get_params(), False)
    assert is_classifier(probe)
    assert probe.set_params(seed=4).seed == 4
    assert cross_val_score(probing.Probe(resamples=10), x, y, cv=3).mean() > 0.85
    search = GridSearchCV(probing.Probe(resamples=10), {"standardise": [True, False]}, cv=2).fit(x, y)
    assert search.best_score_ > 0.85
    with pytest.raises(ConfigError, match="option=strength: not a valid value; choose one of l2"):
        probe.set_params(strength=1)


def test_options_that_are_changed_after_fitting_change_nothing_that_was_fitted(given):
    x, y, *_ = given
    probe = probing.Probe(l2=0.1, resamples=20).fit(x[:40], y[:40])
    before = probe.score(x[40:], y[40:])
    changed = probe.set_params(l2=[1e4], seed=5).score(x[40:], y[40:])
    assert (changed, changed.rows) == (before, before.rows)
    assert sklearn.utils.validation.check_is_fitted(probe) is None
    with pytest.raises(sklearn.exceptions.NotFittedError):
        sklearn.utils.validation.check_is_fitted(probing.Probe())


def test_arrays_with_words_have_a_control_task_and_intervals_over_sentences(given):
    x, y, words, sentences = given
    probe = probing.fit_probe(x[:40], y[:40], words=words[:40], sentences=sentences[:40])
    score = probe.score(x[40:], y[40:], words=words[40:], sentences=sentences[40:])
    assert (score.n_items, score.n_sentences) == (20, 4)
    assert score == (probe.predict(x[40:]) == y[40:]).mean()
    assert score.selectivity == pytest.approx(score - score.control)
    alone = probing.fit_probe(x[:40], y[:40])
    assert alone.score(x[40:], y[40:]).control is None
    assert "memorisation" in repr(alone.score(x[40:], y[40:]))
    assert "layer" not in repr(alone.score(x[40:], y[40:]))


def test_rows_of_one_sentence_need_not_stand_together(given):
    x, y, words, sentences = given
    order = np.random.default_rng(1).permutation(40)
    mixed = [np.asarray(a)[:40][order] for a in (x, y, words, sentences)]
    at_once = [np.asarray(a)[:40] for a in (x, y, words, sentences)]
    fits = [probing.fit_probe(a[0], a[1], words=a[2].tolist(), sentences=a[3].tolist()) for a in (mixed, at_once)]
    assert all((fit.predict(x[40:]) == y[40:]).mean() > 0.85 for fit in fits)
    test = {"words": words[40:], "sentences": sentences[40:]}
    shuffled = np.random.default_rng(2).permutation(20)
    moved = {name: [values[i] for i in shuffled] for name, values in test.items()}
    assert fits[1].score(x[40:][shuffled], y[40:][shuffled], **moved) == fits[1].score(x[40:], y[40:], **test)


def test_whole_numbers_are_classes_and_come_back_as_numbers(given):
    x, y, *_ = given
    probe = probing.fit_probe(x, np.where(y == "up", 10, 2))
    assert set(probe.predict(x).tolist()) == {2, 10}
    assert probe.classes_.dtype.kind == "i"


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"y": None}, DataError, "y is missing"),
        ({"y": "abc"}, DataError, "y is the text 'abc'; one label per row"),
        ({"y": ["a", "b"]}, DataError, "X has 60 rows and y 2"),
        ({"y": np.linspace(0, 1, 60)}, DataError, "y has numbers with decimals"),
        ({"y": ["a"] * 60}, DataError, "one class only"),
        ({"words": "abc"}, DataError, "words is the text 'abc'; a list of words"),
        ({"words": ["a"]}, DataError, "words has 1 entries and X 60 rows"),
        ({"sentences": [1] * 60}, DataError, "sentences=… needs words"),
        ({"X": np.zeros(60)}, DataError, "X has the shape .60,."),
        ({"X": np.full((60, 5), np.nan)}, DataError, "X: row 0 is not finite"),
        ({"X": "text"}, DataError, "X is 'text'; an array of numbers"),
        ({"task": "pos"}, ConfigError, "task and layer need vectors of extract"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(given, change, error, message):
    with pytest.raises(error, match=message):
        probing.fit_probe(**{"X": given[0], "y": given[1], **change})


def test_what_a_probe_cannot_do_is_said(given, vectors, probe):
    x, y, words, sentences = given
    fitted = probing.fit_probe(x, y)
    with pytest.raises(ConfigError, match="not fitted"):
        probing.Probe().predict(x)
    with pytest.raises(DataError, match="X has the width 3; this probe reads vectors of 5"):
        fitted.predict(x[:, :3])
    with pytest.raises(ConfigError, match="fitted to arrays: give others to score"):
        fitted.score()
    with pytest.raises(ConfigError, match="fitted without words=… and is scored with"):
        fitted.score(x, y, words=words, sentences=sentences)
    with pytest.raises(ConfigError, match="fitted to arrays; fit it to the vectors"):
        fitted.to_frame()
    with pytest.raises(ConfigError, match="fitted to a corpus"):
        probe.score(x, y)
    with pytest.raises(ConfigError, match="y, words and sentences belong to arrays"):
        probing.fit_probe(vectors, y)
    with pytest.raises(ConfigError, match="no task was named; choose one of pos"):
        probing.fit_probe(vectors)
    with pytest.raises(ConfigError, match="task=poss is not a task; choose one of pos"):
        probing.fit_probe(vectors, task="poss")
    with pytest.raises(ConfigError, match="l2='0.1': numbers are expected"):
        probing.Probe(l2="0.1").fit(x, y)
    with pytest.raises(ConfigError, match="controls=0"):
        probing.Probe(controls=0).fit(x, y)


def test_tasks_and_strengths_are_those_of_the_command_line():
    from pipelines.shared.options import option
    from pipelines.shared.schema import part_of

    assert {name: part_of("task", option("task", name)) for name in TASKS} == TASKS
    assert part_of("probe", option("probe", "linear")) == probing.Probe().linear
    assert list(STRENGTHS) == probing.Probe().linear.l2
