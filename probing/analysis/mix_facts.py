"""What a probe of mixed layers says about layers: their weights, the centre of gravity and the expected layer.

Tenney et al. (2019), for a model with layers 0 to L: the centre of gravity is the mean layer under the weights of the
mix of all layers, sum of k a_k; the expected layer is the mean layer, weighted by what each layer adds to the score,

    E = sum over l = 1 … L of l (S(l) - S(l-1)) / (S(L) - S(0)),   S(l): score of the mix of layers 0 to l.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from probing.analysis.study import Study
from probing.probe.fit import TASK
from probing.probe.mix import GAMMA, WEIGHT, Mix
from probing.result.bootstrap import Resampled, resampled, scores
from probing.result.score import Prediction, measure

CENTRE, EXPECTED = "centre_of_gravity", "expected_layer"


def mix_facts(study: Study, metric: str, keep: object = None) -> dict[str, object]:
    """For a probe of mixed layers the fact ``mix``; nothing for any other probe.

    weights: by probed layer l, those of layers 0 to l, of the task. gamma: likewise. centre_of_gravity: if the last
    layer of the model was probed. uneven_bits: the Kullback-Leibler divergence of its weights from equal ones.
    expected_layer: on test, with both ends of its interval, if all layers were probed. missing: why one is left out.
    """
    if not isinstance(study.probe, Mix):
        return {}
    found = {p.layer: p for p in study.predictions if p.target == TASK and p.layer is not None}
    last = study.hidden.model_layers - 1
    weights = {layer: _weights(p) for layer, p in found.items()}
    facts: dict[str, object] = {
        "weights": {str(layer): list(of_layer) for layer, of_layer in weights.items()},
        "gamma": {str(layer): p.fit.chosen[GAMMA] for layer, p in found.items() if p.fit is not None},
        "metric": metric,
    }
    missing = []
    if last in weights:
        facts[CENTRE] = float(np.arange(last + 1) @ weights[last])
        facts["uneven_bits"] = float(np.log2(last + 1) + (weights[last] * np.log2(weights[last])).sum())
    else:
        missing.append(f"centre of gravity: it needs the mix of all layers, but layer {last}, the last, is not probed")
    if len(found) == last + 1 > 1:
        of_layers = [_score(study, found[layer], metric, keep) for layer in range(last + 1)]
        facts |= _expected(of_layers, missing)
    else:
        missing.append("expected layer: it needs the mixes of all layers; type layers=all")
    return {"mix": facts | {"missing": missing}}


def expected_layer(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """E of scores (…, L + 1), the layers last -> (…); NaN where the last layer has the score of layer 0."""
    gains = np.diff(values, axis=-1)
    whole = values[..., -1] - values[..., 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        found = gains @ np.arange(1.0, values.shape[-1]) / whole
    return np.where(np.isfinite(found), found, np.nan)


def _expected(of_layers: Sequence[Resampled], missing: list[str]) -> dict[str, object]:
    """The expected layer with its interval; a reason in ``missing`` if the layers add nothing that is sure."""
    [gain] = scores(of_layers[-1] - of_layers[0])
    if not gain.ci_low > 0:
        text = "expected layer: the mix of all layers is not clearly better than layer 0 "
        missing.append(f"{text}({gain.value:+.3f} [{gain.ci_low:+.3f}, {gain.ci_high:+.3f}])")
        return {}
    value = expected_layer(np.array([float(one.value) for one in of_layers]))
    values = expected_layer(np.stack([one.values for one in of_layers], axis=-1))
    limits = (-np.inf, np.inf)  # a layer that lowers the score can move it beyond the first and the last one
    [found] = scores(replace(of_layers[-1], metric=EXPECTED, value=value, values=values, limits=limits))
    return {EXPECTED: {"value": found.value, "ci_low": found.ci_low, "ci_high": found.ci_high}}


def _score(study: Study, p: Prediction, metric: str, keep: object) -> Resampled:
    statistics = measure(metric, p.gold, "test", p.predicted["test"], keep)  # type: ignore[arg-type]
    return resampled(statistics, study.resampling("test").counts("bootstrap", "test"))


def _weights(p: Prediction) -> NDArray[np.float64]:
    chosen = p.fit.chosen if p.fit is not None else {}
    return np.array([value for name, value in chosen.items() if name.startswith(WEIGHT)])
