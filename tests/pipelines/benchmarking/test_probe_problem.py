"""The problems that solvers are compared on, and how our solver and scikit-learn's score them."""

import numpy as np
import pytest

from pipelines.benchmarking.probe_problem import ProbeProblem, objective, own_fit, probe_problem
from pipelines.benchmarking.sklearn_ratio import probe_over_sklearn, sklearn_fit
from probing.errors import ConfigError
from probing.probe.linear import Linear
from probing.rng import generator


def test_the_problem_holds_the_vectors_and_labels_of_train(bench):
    found = probe_problem(bench)
    words = [tag for sentence in bench.corpus.splits["train"] for tag in sentence.upos]
    assert found.features.shape == (len(words), bench.encoder.width)
    assert found.labels.shape == (2, len(words))  # the task and its control
    classes = sorted(set(words))
    assert [classes[label] for label in found.labels[0]] == words
    assert found.n_classes == len(classes)
    assert found.l2 == [1e-1, 1e-3]
    np.testing.assert_allclose(found.features.mean(axis=0), 0, atol=1e-4)


def test_a_task_without_classes_is_refused(bench_of):
    with pytest.raises(ConfigError, match="task=depth: solvers are compared on classes; type task=pos"):
        probe_problem(bench_of("depth"))


def test_the_objective_is_cross_entropy_with_half_the_squared_weights():
    problem = ProbeProblem(np.ones((3, 1), np.float32), np.array([[0, 1, 0]]), 2, [0.5])
    weights = np.array([[np.log(3), 0.0], [0.0, 0.0]])  # probabilities 3/4 and 1/4
    nats = -(2 * np.log(3 / 4) + np.log(1 / 4)) / 3
    assert objective(problem, 0, 0, weights) == pytest.approx(nats + 0.25 * np.log(3) ** 2)
    assert objective(problem, 0, 0, np.zeros((2, 2))) == pytest.approx(np.log(2))


def test_a_ratio_and_the_largest_excess_of_the_objective_are_measured(bench):
    found = probe_over_sklearn(bench)
    assert len(found.values) == bench.repeats and min(found.values) > 0
    assert max(found.beside["objective_gap"].values) < 1e-3
    objectives = found.details["objectives"]
    assert np.shape(objectives["own_nats"]) == np.shape(objectives["sklearn_nats"]) == (2, 2)


@pytest.mark.parametrize("occurring", [(0, 1, 2), (0, 2), (0, 1)])
def test_both_solvers_reach_one_objective_even_if_a_class_does_not_occur(occurring):
    rng = generator(0, "solvers")
    features = rng.normal(size=(300, 4)).astype(np.float32)
    labels = rng.choice(occurring, size=(1, 300))
    problem = ProbeProblem(features, labels, max(occurring) + 1, [1e-1, 1e-2])
    _, own = own_fit(problem, Linear("linear", problem.l2, tolerance=1e-7, max_iterations=1000), "cpu")
    _, reference = sklearn_fit(problem)
    np.testing.assert_allclose(own, reference, rtol=2e-3 if occurring == (0, 2) else 1e-4)


def test_our_solver_is_given_the_options_of_the_probe(bench):
    problem = probe_problem(bench)
    _, exact = own_fit(problem, bench.parts.probe, "cpu")
    _, rough = own_fit(problem, type(bench.parts.probe)("linear", [1e-3], max_iterations=1), "cpu")
    assert (rough > exact).all()
