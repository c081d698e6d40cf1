"""The descent of many targets on one matrix: on sketches of its rows, each result checked on all rows.

docs/solver.md derives it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probing.probe.descent import Curvature, End, descend
from probing.probe.sketch import Rows, Surrogate, fast_products, penalised

if TYPE_CHECKING:
    import torch

_SHARE = 0.2  # of the rows that the first sketch samples
_LEAST = 16384  # rows in a sketch; of a smaller matrix all rows are taken
_GAIN = 0.3  # the descent on a sketch ends when a step promises less than this share of what the first step promised
_FLOOR_NATS = 0.01  # the tolerance is relative to the objective, but never to less than this


@dataclass
class _Budget:
    """Of one target at one strength: the share of rows in its sketch, the iterations left, and the sketch."""

    share: float
    left: int
    sketch: Rows | None = None

    @property
    def exact(self) -> bool:
        """Whether the sketch is all rows."""
        return self.share >= 1

    def enlarge(self) -> None:
        """Take twice as many rows from now on."""
        self.share *= 2
        self.sketch = None


class SketchedDescent:
    """T targets side by side: their weights, objective and gradient on all rows, and what is known of their Hessians.

    ``value`` (T,) and ``gradient`` (T, C, D + 1) are those of the log-partition at ``weights``; ``gini`` (T, N) is
    each row's Gini impurity there.
    """

    def __init__(self, features: "torch.Tensor", moment: "torch.Tensor") -> None:
        """From features (N, D) and ``logistic.moments`` (T, C, D + 1), at the best weights without any feature."""
        import torch

        n, n_targets = len(features), len(moment)
        self.rows = Rows(features, features.new_full((n,), 1 / n))
        self.moment = moment
        self.weights = torch.zeros_like(moment)
        self.weights[..., -1] = torch.log(moment[..., -1] + 1.0 / n)
        self.all_targets = list(range(n_targets))
        self.curvatures = [Curvature() for _ in self.all_targets]
        self.l2, self.passes = 0.0, 0.0
        self.value = torch.zeros(n_targets, dtype=torch.float64, device=features.device)
        self.gradient = torch.zeros_like(moment)
        self.gini = features.new_empty(n_targets, n)
        with fast_products():
            self.evaluate(self.all_targets, self.weights.clone())

    def evaluate(self, active: list[int], weights: "torch.Tensor") -> None:
        """Move the ``active`` targets to ``weights`` (A, C, D + 1), with one pass over all rows."""
        gini = self.gini.new_empty(len(active), len(self.rows.features))
        self.value[active], self.gradient[active] = self.rows.log_partition(weights, gini)
        self.weights[active], self.gini[active] = weights, gini
        self.passes += len(active) / len(self.all_targets)

    def objective(self) -> "tuple[torch.Tensor, torch.Tensor]":
        """Objective (T,) and gradient (T, C, D + 1) on all rows at ``weights``."""
        return penalised(self.value, self.gradient, self.weights, self.moment, self.l2)

    def penalise(self, l2: float) -> None:
        """Change the strength."""
        for curvature in self.curvatures:
            curvature.penalise(l2 - self.l2)
        self.l2 = l2

    def minimise(self, tolerance: float, max_iterations: int) -> "torch.Tensor":
        """Descend on sketches, each result checked on all rows. Returns which targets converged, (T,).

        The others used up their iterations, or rounding hid any further decrease.
        """
        import torch

        converged = torch.zeros(len(self.all_targets), dtype=torch.bool, device=self.weights.device)
        share = max(_SHARE, _LEAST / len(self.rows.features))
        budgets = {t: _Budget(share, max_iterations) for t in self.all_targets}
        while budgets:
            (objective, gradient), moved = self.objective(), {}
            for t, budget in list(budgets.items()):
                enough = tolerance * max(float(objective[t]), _FLOOR_NATS)
                end = self._descend(t, budget, (self.weights[t], float(objective[t]), gradient[t]), enough)
                budget.left -= end.steps
                if end.steps:
                    moved[t] = end.weights
                elif end.predicted < enough or budget.exact or not budget.left:
                    converged[t] = end.predicted < enough
                    del budgets[t]
                else:
                    budget.enlarge()
            for t in self._reject(moved, objective):
                if budgets[t].exact:
                    del budgets[t]
                else:
                    budgets[t].enlarge()
        return converged

    def _descend(
        self, target: int, budget: _Budget, start: "tuple[torch.Tensor, float, torch.Tensor]", enough: float
    ) -> End:
        """Descend on the target's sketch, which is sampled if there is none yet."""
        if budget.sketch is None:
            budget.sketch = self.rows if budget.exact else self.rows.sketch(self.gini[target], budget.share)
        anchor = self.weights[target], self.value[target], self.gradient[target]
        surrogate = Surrogate(budget.sketch, self.moment[target], self.l2, anchor)
        return descend(surrogate, start, self.curvatures[target], enough, 0.0 if budget.exact else _GAIN, budget.left)

    def _reject(self, moved: "dict[int, torch.Tensor]", objective: "torch.Tensor") -> list[int]:
        """Move targets, and move those back whose objective on all rows increased; returns these."""
        import torch

        if not moved:
            return []
        active = list(moved)
        before = self.value.clone(), self.gradient.clone(), self.weights.clone(), self.gini.clone()
        self.evaluate(active, torch.stack(list(moved.values())))
        rejected = (self.objective()[0] > objective * (1 + 1e-7)).nonzero()[:, 0].tolist()
        for now, then in zip((self.value, self.gradient, self.weights, self.gini), before, strict=True):
            now[rejected] = then[rejected]
        return [t for t in active if t in rejected]
