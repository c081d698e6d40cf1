"""L-BFGS for several targets on one matrix, the descent behind logistic regression (Nocedal & Wright 2006, 7.4)."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_ROWS = 4096  # per block: it stays in the cache between the two products that read it
_MEMORY = 40  # curvature pairs that L-BFGS keeps
_REFRESH = 15  # iterations after which the Hessian's diagonal is taken anew
_ARMIJO = 1e-4
_FLOOR_NATS = 0.01  # below it a fit is all but perfect, and a share of nothing is no tolerance


def _moments(features: "torch.Tensor", targets: "torch.Tensor", n_classes: int) -> "torch.Tensor":
    """Mean of one-hot label times features, (T, C, D + 1): the only way that labels enter the objective."""
    import torch

    moments = torch.zeros(len(targets), n_classes, features.shape[1] + 1, device=features.device)
    for moment, target in zip(moments, targets, strict=True):
        moment[:, :-1].index_add_(0, target, features)
        moment[:, -1] = torch.bincount(target, minlength=n_classes)
    return moments / len(features)


class Descent:
    """L-BFGS of T targets side by side; a target that has converged is not evaluated any more."""

    def __init__(self, features: "torch.Tensor", targets: "torch.Tensor", n_classes: int) -> None:
        import torch

        self.features, self.moment = features, _moments(features, targets, n_classes)
        self.l2, self.passes, self.iterations = 0.0, 0.0, 0
        self.weights = torch.zeros_like(self.moment)
        self.weights[..., -1] = torch.log(self.moment[..., -1] + 1.0 / len(features))
        self.everyone = torch.arange(len(targets), device=features.device)
        self.diagonal = torch.zeros_like(self.moment)  # of the Hessian without its penalty
        self.objective, self.gradient = self._evaluate(self.everyone, self.weights, refresh=True)
        self.pairs: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = []
        self.scale = torch.ones(len(targets), device=features.device)

    def penalise(self, l2: float) -> None:
        """Change the strength. The penalty is quadratic, so all that is known changes by a known amount."""
        change, self.l2 = l2 - self.l2, l2
        shrunk = _without_intercept(self.weights)
        self.objective = self.objective + change / 2 * (shrunk.double() ** 2).sum((1, 2))
        self.gradient = self.gradient + change * shrunk
        self.pairs = [_pair(s, y + change * _without_intercept(s)) for s, y, _ in self.pairs]

    def run(self, tolerance: float, max_iterations: int) -> "torch.Tensor":
        """Descend; which targets converged, (T,). The others ran out of iterations or of digits."""
        import torch

        active, metric = self.everyone, self._metric()
        converged = torch.zeros_like(self.everyone, dtype=torch.bool)
        for _ in range(max_iterations):
            direction = _direction(self.gradient, metric, self.pairs, self.scale)
            decrease = (self.gradient * direction).sum((1, 2)).double()
            converged = decrease / 2 < tolerance * self.objective.clamp_min(_FLOOR_NATS)
            active = active[~converged[active]]
            if not len(active):
                break
            self.iterations += 1
            refresh = self.iterations % _REFRESH == 0
            moved = self._step(active, direction[active], decrease[active], refresh)
            self._learn(metric, active, *moved)
            metric = self._metric() if refresh else metric
            active = active[moved[2]]
        return converged

    def _step(
        self, active: "torch.Tensor", direction: "torch.Tensor", decrease: "torch.Tensor", refresh: bool
    ) -> "tuple[torch.Tensor, torch.Tensor, torch.Tensor]":
        """A step of every active target, shortened until its objective falls enough (Armijo).

        Returns the steps, the changes of the gradient, and which targets found a lower point.
        """
        import torch

        start, objective, gradient = self.weights[active], self.objective[active], self.gradient[active]
        length = torch.ones_like(decrease)
        while True:
            new = start - length.float().view(-1, 1, 1) * direction
            new_objective, new_gradient = self._evaluate(active, new, refresh)
            # the slack is the rounding of the objective itself, below which no step can be judged
            enough = objective - _ARMIJO * length * decrease + 1e-7 * objective.abs()
            good = new_objective <= enough  # False for NaN
            if bool((good | (length == 0)).all()):
                break
            length = torch.where(good, length, torch.where(length > 1e-4, length / 4, 0.0))
        self.weights[active], self.objective[active], self.gradient[active] = new, new_objective, new_gradient
        return new - start, new_gradient - gradient, length > 0

    def _learn(
        self,
        metric: "torch.Tensor",
        active: "torch.Tensor",
        step: "torch.Tensor",
        change: "torch.Tensor",
        moved: "torch.Tensor",
    ) -> None:
        """Keep the curvature that a step showed; for targets that did not move, a pair without effect."""
        import torch

        s, y = torch.zeros_like(self.weights), torch.zeros_like(self.weights)
        s[active[moved]], y[active[moved]] = step[moved], change[moved]
        self.pairs = [*self.pairs[1 - _MEMORY :], _pair(s, y)]
        inverse = self.pairs[-1][2]
        size = inverse * (y * metric * y).sum((1, 2))
        self.scale = torch.where(size > 0, 1 / size.clamp_min(1e-30), self.scale)

    def _metric(self) -> "torch.Tensor":
        """The inverse of the Hessian's diagonal."""
        # A floor keeps directions that no row informs (a class that hardly occurs) from steps without bound.
        floor = 1e-3 * self.diagonal.mean((1, 2), keepdim=True)
        penalty = self.weights.new_full((self.weights.shape[2],), self.l2)
        penalty[-1] = 0
        metric: torch.Tensor = 1 / (self.diagonal + penalty + floor)
        return metric

    def _evaluate(
        self, active: "torch.Tensor", weights: "torch.Tensor", refresh: bool
    ) -> "tuple[torch.Tensor, torch.Tensor]":
        """Objective (A,) and gradient (A, C, D + 1) of the active targets in one pass over the data."""
        import torch

        n_targets, n_classes, _ = weights.shape
        n = len(self.features)
        linear = weights[..., :-1].reshape(n_targets * n_classes, -1).contiguous()
        intercept = weights[..., -1].reshape(-1, 1)
        gradient = weights.new_zeros(n_targets * n_classes, weights.shape[2])
        curvature = torch.zeros_like(gradient)
        normaliser = weights.new_zeros(n_targets, dtype=torch.float64)
        for begin in range(0, n, _ROWS):
            rows = self.features[begin : begin + _ROWS]
            # classes before rows: the reductions over classes then run along contiguous memory
            logits = (linear @ rows.T).add_(intercept).view(n_targets, n_classes, -1)  # (A, C, rows)
            p = torch.softmax(logits, 1)
            # log-sum-exp from what softmax has computed: the largest p is exp(largest logit - log-sum-exp)
            normaliser += (logits.amax(1) - p.amax(1).log()).sum(1, dtype=torch.float64)
            p = p.view(n_targets * n_classes, -1)
            gradient[:, :-1] += p @ rows
            gradient[:, -1] += p.sum(1)
            if refresh:
                variance = p * (1 - p)
                curvature[:, :-1] += variance @ (rows * rows)
                curvature[:, -1] += variance.sum(1)
        self.passes += n_targets / len(self.moment)
        if refresh:
            self.diagonal[active] = curvature.view_as(weights) / n
        shrunk, moment = _without_intercept(weights), self.moment[active]
        fit = (weights.double() * moment.double()).sum((1, 2))
        objective = normaliser / n - fit + self.l2 / 2 * (shrunk.double() ** 2).sum((1, 2))
        return objective, gradient.view_as(weights) / n - moment + self.l2 * shrunk


def _without_intercept(weights: "torch.Tensor") -> "torch.Tensor":
    shrunk = weights.clone()
    shrunk[..., -1] = 0
    return shrunk


def _pair(s: "torch.Tensor", y: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor, torch.Tensor]":
    """A step, the gradient's change over it, and 1 / (s·y), or 0 where the step shows no curvature."""
    import torch

    bend = (s * y).sum((1, 2))
    return s, y, torch.where(bend > 0, 1 / bend.clamp_min(1e-30), 0.0)


def _direction(
    gradient: "torch.Tensor",
    metric: "torch.Tensor",
    pairs: "list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]",
    scale: "torch.Tensor",
) -> "torch.Tensor":
    """The two-loop recursion for every target: an approximate inverse Hessian times the gradient."""
    direction, factors = gradient.clone(), []
    for s, y, inverse in reversed(pairs):
        factor = inverse * (s * direction).sum((1, 2))
        factors.append(factor)
        direction -= factor.view(-1, 1, 1) * y
    direction *= metric * scale.view(-1, 1, 1)
    for (s, y, inverse), factor in zip(pairs, reversed(factors), strict=True):
        direction += (factor - inverse * (y * direction).sum((1, 2))).view(-1, 1, 1) * s
    return direction
