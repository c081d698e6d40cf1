"""What a page says of interventions on concepts: names, and sentences that the measured effects support."""

from collections.abc import Sequence

from probing.report.best_layers import neighbours
from probing.report.load import Run
from probing.report.plain_names import task_in_words
from probing.report.section_parts import pick

METHODS = {
    "mean_projection": "mean projection",
    "leace": "LEACE",
    "inlp": "INLP",
    "probe_subspace": "the probe's subspace",
    "alter_rep": "AlterRep",
    "mean_swap": "swap of class means",
    "gradient": "projected gradient",
}


def concepts_of(run: Run) -> list[str]:
    """The concepts that were changed, in the order of the run."""
    return [str(name) for name in run.facts("usage")["ranks"]]


def output_of(run: Run) -> str:
    """The output that was read."""
    return str(run.facts("usage").get("output", "the output"))


def own_head(run: Run) -> bool:
    """Whether that is the model's own head; else it is a probe, which the model itself never uses."""
    return bool(run.facts("usage").get("own_head", False))


def used_on(run: Run, concept: str, method: str) -> list[int]:
    """The layers on which a method calls a concept used."""
    return [int(layer) for layer in run.facts("usage")["used"].get(concept, {}).get(method, [])]


def conclusions(run: Run) -> list[str]:
    """One sentence per concept on where it is used, and one on where it is decodable and not shown to be used."""
    if pick(run, "usage", "effect_nats").empty:
        return ["No effect on an output was measured: what is decodable here is not shown to be used."]
    said = [sentence for concept in concepts_of(run) for sentence in about(run, concept)]
    if said and not own_head(run):
        said.append(
            f"The output is {output_of(run)}, not a head of the model's own: effects show what this probe uses after "
            "the layers between, not what the model itself uses."
        )
    return said


def about(run: Run, concept: str) -> list[str]:
    """Sentences on one concept; empty if no effect was measured."""
    by_method = run.facts("usage")["used"].get(concept, {})
    rows = pick(run, "usage", "effect_nats", target=concept)
    tested = sorted({int(layer) for layer in rows["layer"]})
    if not tested or not by_method:
        return []
    n = {layer: sum(layer in layers for layers in by_method.values()) for layer in tested}
    groups = {
        "all": [layer for layer in tested if n[layer] == len(by_method)],
        "some": [layer for layer in tested if 0 < n[layer] < len(by_method)],
        "none": [layer for layer in tested if n[layer] == 0],
    }
    name, said = task_in_words(concept), []
    if groups["all"]:
        said.append(
            f"{output_of(run)} uses {name} on {layers_in_words(groups['all'])}: each of the {len(by_method)} methods "
            "costs it more than random subspaces of equal rank, and than the control task's subspace, do."
        )
    if groups["some"]:
        told = "; ".join(f"layer {layer}: {n[layer]} of {len(by_method)}" for layer in groups["some"])
        said.append(f"Methods disagree whether {output_of(run)} uses {name} ({told} find an effect).")
    if unused := [layer for layer in groups["none"] if decodable(run, concept, layer)]:
        said.append(
            f"On {layers_in_words(unused)}, {name} can be decoded, and no method changes {output_of(run)} more than "
            "random subspaces and the control task's do: it is not shown to be used there."
        )
    return [one[0].upper() + one[1:] for one in said]


def decodable(run: Run, concept: str, layer: int) -> bool:
    """Whether the interval of the validation probe lies above the most frequent class."""
    low, majority = (
        pick(run, "usage", metric, target=concept).set_index("layer")[column].get(layer, float("nan"))
        for metric, column in (("decodable", "ci_low"), ("majority", "value"))
    )
    return bool(low > majority)


def layers_in_words(layers: Sequence[int]) -> str:
    """Runs of neighbouring layers.

    >>> layers_in_words([0, 1, 2, 4]), layers_in_words([3])
    ('layers 0 to 2 and 4', 'layer 3')
    """
    names = [str(one[0]) if len(one) == 1 else f"{one[0]} to {one[-1]}" for one in neighbours(layers)]
    joined = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f"layer{'s' if len(layers) > 1 else ''} {joined}"
