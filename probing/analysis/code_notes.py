"""What a reader must know about online code lengths: what chooses the best layer, and what unseen classes cost."""

from collections.abc import Sequence

from probing.probe.mdl import UNSEEN, UNSEEN_BITS
from probing.result.score import Prediction


def code_notes(predictions: Sequence[Prediction]) -> list[str]:
    """Notes on the code lengths of these probes, which all have one."""
    texts = [
        "code lengths are of the training labels, in bits; the best layer is the one with the shortest code. Dev "
        "chooses the strength of each probe of the code, but not the layer, and test has no part in either"
    ]
    fits = [
        (p.target if p.draw is None else f"{p.target} draw {p.draw}", p.fit) for p in predictions if p.fit is not None
    ]
    # the order of the sentences is the same on every layer, so that one layer tells the counts of all
    chosen = {name: fit.chosen for name, fit in fits if fit.layer == fits[0][1].layer and fit.chosen[UNSEEN]}
    if chosen:
        counts = [f"{name}: {facts[UNSEEN]:,} ({facts[UNSEEN_BITS]:,.0f} bits)" for name, facts in chosen.items()]
        texts.append(
            "online code: a label of a class that the blocks before its own do not have costs log2(n + C) bits (n "
            f"items in these blocks, C classes); such labels, on every layer: {', '.join(counts)}"
        )
    return texts
