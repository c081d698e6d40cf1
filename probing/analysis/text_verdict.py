"""Whether a score on texts comes from their format: said only where all that it rests on was measured."""

from probing.analysis.text_comparisons import Compared
from probing.analysis.text_readings import FORMAT, MAJORITY
from probing.result.bootstrap import Resampled, scores
from probing.result.text_scores import loses_half


def verdict(found: Compared) -> tuple[dict[str, object], list[str]]:
    """Facts, and a note if the score of the best aggregation comes from the format.

    It does if the format alone tells the classes (better than chance) and less than half of the gain over chance is
    left once the format is taken out of the vectors, or on sources that train did not have. Chance is 0.5 for AUROC,
    and the score of the most frequent class for accuracy. Each is said only if its 95 % interval agrees.
    """
    name, metric = found.best, found.metric
    whole = found.scored(name)[metric]
    chance: Resampled | float = 0.5 if metric == "auroc" else found.surface[MAJORITY][metric]
    alone = found.surface[FORMAT][metric]
    tells = _low(alone, chance) > 0
    kept = {"without the format in the vectors": (found.without_format[name][metric], whole)}
    if found.sources:
        kept["on sources left out of train"] = found.over_sources(name, metric)
    lost = {how: loses_half(rest, of, chance).ci_high < 0 for how, (rest, of) in kept.items()}
    from_format = tells and any(lost.values())
    facts: dict[str, object] = {"format_tells": tells, "lost": lost, "from_format": from_format}
    if not from_format:
        return facts, []
    left = "; ".join(f"{how} {rest.value:.2f} of {of.value:.2f} is left" for how, (rest, of) in kept.items())
    at = 0.5 if isinstance(chance, float) else float(chance.value)
    return facts, [
        f"the score comes from the format of the texts: {metric} of the format alone is {alone.value:.2f}; of {name} "
        f"on layer {found.chosen[name].layer} {left} (chance is {at:.2f}). It does not show that content is encoded"
    ]


def _low(score: Resampled, chance: Resampled | float) -> float:
    """The lower end of the interval of a score over chance."""
    [found] = scores(score if isinstance(chance, float) else score - chance)
    return found.ci_low - (chance if isinstance(chance, float) else 0)
