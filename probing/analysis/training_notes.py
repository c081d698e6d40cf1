"""What a reader must know of probes that are trained by gradient descent."""

from collections.abc import Sequence

from probing.analysis.study import Study
from probing.axes import Note
from probing.probe.aggregate import Aggregate
from probing.probe.attention_pool import AttentionPool
from probing.probe.fit import TASK
from probing.probe.mix import Mix
from probing.probe.pair_probe import PairProbe
from probing.probe.saved import FILE
from probing.probe.trained_probe import TrainedProbe

READERS: dict[type, str] = {AttentionPool: "explanation", Aggregate: "long_texts"}  # the one analysis that reads them


def training_notes(study: Study) -> list[Note]:
    """What the layers of rows mean, for how long the probes were trained, and that they are not saved; of others none.

    The notes on single probes that were not converged are made elsewhere.
    """
    if not isinstance(study.probe, TrainedProbe | PairProbe | Aggregate):
        return []
    fits = [p.fit for p in study.predictions if p.fit is not None]
    texts = []
    if isinstance(study.probe, Mix):
        texts.append(
            "layers are cumulative: the row of layer l is a mix of all layers from 0 to l with trained weights, not "
            "layer l alone"
        )
    epochs = {
        "task": [int(fit.chosen["epochs"]) for fit in fits if fit.target == TASK],
        "control": [int(fit.chosen["epochs"]) for fit in fits if fit.target != TASK],
    }
    spans = [f"{_span(of)} epochs for the {name}" for name, of in epochs.items() if of]
    texts.append(f"probes were trained by gradient descent: {', '.join(spans)}; the weights of the best one are kept")
    if not any(fit.weights is not None for fit in fits):
        reader = next((name for kind, name in READERS.items() if isinstance(study.probe, kind)), None)
        others = f"{reader} alone reads" if reader else "other analyses cannot read"
        lost = f"they are not written to {FILE}, and {others} them"
        if isinstance(study.probe, PairProbe):
            texts.append(f"these probes read pairs of words or mentions: {lost}")
        else:
            why = "read several layers" if isinstance(study.probe, Mix) else "are not linear"
            texts.append(f"these probes {why}: {lost}; for that type probe=linear or probe=low_rank")
    return [Note("caveat", text) for text in texts]


def _span(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low}" if low == high else f"{low} to {high}"
