"""What the name of a checkpoint says of it: the training step and the seed of its training, and what is left."""

import re
from dataclasses import dataclass

_STEP = re.compile(r"[-_@ ]?(?:global_)?(?:step|steps|checkpoint|iter)[-_]?(\d+)(k?)(?![\d.])", re.IGNORECASE)
_SEED = re.compile(r"[-_@ ]?seed[-_]?(\d+)(?![\d.])", re.IGNORECASE)


@dataclass(frozen=True)
class Named:
    """family: the name without step and seed. step, seed: None where the name has none."""

    family: str
    step: int | None = None
    seed: int | None = None


def named(model: str) -> Named:
    """The parts of a model's name: ``pythia-160m-seed3@step1000`` -> pythia-160m, 1000, 3.

    A step is written step1000, step_10k, global_step1000, checkpoint-500 or iter_500, a seed seed3 or seed_3.
    """
    step, seed = _STEP.search(model), _SEED.search(model)
    family = _SEED.sub("", _STEP.sub("", model)).strip("-_@ ")
    number = None if step is None else int(step[1]) * (1000 if step[2] else 1)
    return Named(family or model, number, None if seed is None else int(seed[1]))
