"""What a reader must know of probes that are trained by gradient descent."""

from probing.analysis.study import Study
from probing.axes import Note
from probing.probe.fit import TASK
from probing.probe.mix import Mix
from probing.probe.saved import FILE
from probing.probe.trained_probe import TrainedProbe


def training_notes(study: Study) -> list[Note]:
    """What the layers of rows mean, for how long the probes were trained, and that they are not saved; of others none.

    The notes on single probes that were not converged are made elsewhere.
    """
    if not isinstance(study.probe, TrainedProbe):
        return []
    fits = [p.fit for p in study.predictions if p.fit is not None]
    texts = []
    if isinstance(study.probe, Mix):
        texts.append(
            "layers are cumulative: the row of layer l is a mix of all layers from 0 to l with trained weights, not "
            "layer l alone"
        )
    of_task = sorted(int(fit.chosen["epochs"]) for fit in fits if fit.target == TASK)
    others = sorted(int(fit.chosen["epochs"]) for fit in fits if fit.target != TASK)
    named = {"task": of_task, "control": others}
    spans = [f"{of[0]} to {of[-1]} epochs for the {name}" for name, of in named.items() if of]
    texts.append(f"probes were trained by gradient descent: {', '.join(spans)}; of these the best one on dev is kept")
    if not any(fit.weights is not None for fit in fits):
        why = "read several layers" if isinstance(study.probe, Mix) else "are not linear"
        texts.append(
            f"these probes {why}: they are not written to {FILE}, and other analyses cannot read them; for that type "
            "probe=linear or probe=low_rank"
        )
    return [Note("caveat", text) for text in texts]
