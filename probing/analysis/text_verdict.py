"""Whether a score on texts comes from their format: said only where all that it rests on was measured."""

from probing.analysis.text_comparisons import Compared
from probing.analysis.text_readings import FORMAT, MAJORITY
from probing.result.bootstrap import Resampled, scores
from probing.result.text_scores import loses_half

ERASED = "with the format taken out of the vectors"


def verdict(found: Compared) -> tuple[dict[str, object], list[str]]:
    """Facts, and a note if the score of the best aggregation comes from the format.

    It does if the format alone is better than chance and has at least half of what the score has over chance, and if
    less than half of that is left once the format is taken out of the vectors, or on a source that train did not have.
    Chance is 0.5 for AUROC, and the score of the most frequent class for accuracy. "Better than chance" and "less than
    half" are said only if the 95 % interval agrees.
    """
    name, metric = found.best, found.metric
    whole, alone = found.scored(name)[metric], found.surface[FORMAT][metric]
    chance: Resampled | float = 0.5 if metric == "auroc" else found.surface[MAJORITY][metric]
    at = chance if isinstance(chance, float) else float(chance.value)
    tells = _low(alone, chance) > 0 and float(alone.value) - at >= (float(whole.value) - at) / 2
    left = {ERASED: found.without_format[name][metric]}
    left |= {f"on {source}, left out of train,": found.left_out[name, source][0][metric] for source in found.sources}
    lost = {how: loses_half(rest, whole, chance).ci_high < 0 for how, rest in left.items()}
    from_format = tells and any(lost.values())
    facts: dict[str, object] = {"format_tells": tells, "lost": lost, "from_format": from_format}
    if not from_format:
        return facts, []
    told = ", ".join(f"{how} {rest.value:.2f}" for how, rest in left.items())
    return facts, [
        f"the score comes from the format of the texts: {metric} of the format alone is {alone.value:.2f}; {name} on "
        f"layer {found.chosen[name].layer} has {whole.value:.2f}, {told} (chance is {at:.2f}). It does not show that "
        "content is encoded"
    ]


def _low(score: Resampled, chance: Resampled | float) -> float:
    """The lower end of the interval of a score over chance."""
    [found] = scores(score if isinstance(chance, float) else score - chance)
    return found.ci_low - (chance if isinstance(chance, float) else 0)
