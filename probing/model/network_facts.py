"""Facts about a network that each configuration states in its own way, or not at all: measured on a few subwords."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from probing.errors import ModelError
from probing.model.final_norm import last_norms, same_state
from probing.model.input_limits import embeddings, longest_input
from probing.model.network_pass import Network, hooks, run

if TYPE_CHECKING:
    import torch

    States = tuple[torch.Tensor, ...]

Batching = Literal["padded", "equal", "alone"]
# What a reader must know if batches are not padded as usual.
SHARING = {
    "padded": None,
    "equal": "the vectors of this model depend on the padding of a batch; so a batch has only inputs of one length",
    "alone": "the vectors of this model depend on the other inputs of a batch; so every input is computed by itself",
}
# How far vectors move when later subwords change, divided by how far they move when earlier ones do. Of 171
# architectures, in single precision and in bfloat16, those that look both ways have .41 or more, causal ones 4e-7 or
# less (the order in which experts add up). Between these two bounds, what the network itself says decides.
DOUBT = (0.02, 0.2)
NOTHING = 1e-6  # of its length: a vector that moves less does not depend on what changed
# What padding may do to a vector: far above rounding, far below the least that was seen of models that mix it in, .25.
SAME = {"float32": 5e-4, "float16": 0.02, "bfloat16": 0.15}
SHARED, LENGTH, BESIDE = 3, 8, 12  # subwords that two inputs share at their start, of an input, of the one beside it


@dataclass(frozen=True)
class Facts:
    """n_layers: hidden states, the embedding output included. width: numbers per vector.

    causal: no vector depends on later subwords. final_norm: the last hidden state has passed a normalisation,
    outside of any block, that the others have not; say so where layers are compared. batching: what may share a pass
    without changing a vector: inputs of any length, padded; inputs of equal length; or none.
    """

    n_layers: int
    width: int
    causal: bool
    final_norm: bool
    batching: Batching = "padded"


def measure(network: Network, pad: int, device: str) -> Facts:
    """Run ``network`` on a few inputs of at most 12 subwords.

    Raises: ModelError if it gives no hidden state per subword, if vectors depend on no other subword, or on later ones
    although the network says that it is causal.
    """
    first, other = _inputs(network, pad)
    length = min(LENGTH, len(first) - 1)
    same = SAME[str(network.dtype).removeprefix("torch.")]

    def states(*rows: list[int]) -> "States":
        return hidden_states(network, *_batch(rows, pad, device))

    with last_norms(network) as normalised, _exchanges(network) as exchanged:
        alone = states(first[:length])
    end, start = states(first[:SHARED] + other[SHARED:length]), states(other[:SHARED] + first[SHARED:length])
    moved, carried = largest_move(alone, end, slice(SHARED)), largest_move(alone, start, slice(SHARED, length))
    causal = _is_causal(network, moved, carried)
    batching: Batching = "padded"
    if largest_move(alone, states(first[:length], other), slice(length)) > same or exchanged or _stretches(network):
        together = states(first[:length], other[:length])
        batching = "equal" if largest_move(alone, together, slice(length)) <= same else "alone"
    final_norm = any(same_state(output, alone[-1]) for output in normalised)
    return Facts(len(alone), alone[0].shape[-1], causal, final_norm, batching)


def hidden_states(network: Network, ids: "torch.Tensor", mask: "torch.Tensor") -> "States":
    """All hidden states of a right-padded batch: ids, mask (B, T) -> L times (B, T, D). Raises: as ``run``."""
    import torch

    with torch.inference_mode():
        output = run(network, {"input_ids": ids, "attention_mask": mask}, output_hidden_states=True)
    states = tuple(getattr(output, "hidden_states", None) or ())
    n = ids.shape[1]
    states = states if all(getattr(state, "ndim", 0) == 3 for state in states) else ()
    if any(state.shape[1] > n for state in states):  # BigBird pads its input to whole blocks
        cut = tuple(state[:, :n] for state in states)
        states = cut if torch.equal(cut[-1], output.last_hidden_state) else states
    if not states or any(state.shape != (*ids.shape, states[0].shape[-1]) for state in states):
        raise ModelError(f"{type(network).__name__} gives no hidden state per layer and subword; choose another model")
    return states


def stated_causal(network: Network) -> bool | None:
    """What the attention modules of ``network`` say about looking ahead; None if not all say the same, or none does."""
    said = {module.is_causal for module in network.modules() if isinstance(getattr(module, "is_causal", None), bool)}
    return said.pop() if len(said) == 1 else None


def _is_causal(network: Network, moved: float, carried: float) -> bool:
    """Whether no vector depends on later subwords.

    moved, carried: how far vectors move when later subwords change, and when earlier ones do. Raises: ModelError if
    vectors depend on no other subword, on later ones although the network says that it is causal, or so little on
    later ones that only the network could say. (Modules that say that they are not causal may be given a causal mask,
    as in CLIP: there the vectors decide.)
    """
    name, stated = type(network).__name__, stated_causal(network)
    if max(moved, carried) <= NOTHING:
        raise ModelError(
            f"{name}: no vector depends on any other subword, so that no layer knows more than the word itself; its "
            "attention may need a kernel that this machine does not have: choose another model"
        )
    ratio, (least, most) = moved / max(carried, NOTHING), DOUBT
    if stated is not None and least < ratio <= most:
        return stated
    if least < ratio and (stated or ratio <= most):
        says = "says that its attention is causal" if stated else "does not say whether its attention is causal"
        raise ModelError(
            f"{name} {says}, but its vectors depend on later subwords (they move by {moved:.1e} of their length, by "
            f"{carried:.1e} for earlier ones), so that it is not known which subword has seen the whole sentence; "
            "check config.json, or choose another model"
        )
    return ratio <= least


@contextmanager
def _exchanges(network: Network) -> Iterator[list[bool]]:
    """Not empty after a pass inside the ``with`` statement that exchanges modules.

    BigBird does so: which attention it computes depends on the length of the input.
    """
    before, found = {id(module) for module in network.modules()}, list[bool]()

    def look(*_: object) -> None:
        if {id(module) for module in network.modules()} != before:
            found.append(True)

    with hooks(network.register_forward_hook(look)):
        yield found


def _stretches(network: Network) -> bool:
    """Whether rotary positions change with the longest input of a batch, once it is long enough."""
    return any(getattr(module, "rope_type", None) in ("dynamic", "longrope") for module in network.modules())


def _inputs(network: Network, pad: int) -> tuple[list[int], list[int]]:
    """Two inputs of ordinary subwords, different in every place: numbers from the middle of the vocabulary."""
    rows, n = embeddings(network), min(BESIDE, longest_input(network) or BESIDE)
    numbers = [number % rows for number in range(rows // 2, rows // 2 + 2 * BESIDE + 1) if number % rows != pad]
    return numbers[:n], numbers[BESIDE : BESIDE + n]


def padding(network: Network) -> int:
    """The id that fills up a batch. It is masked, so that any embedding serves where the configuration names none."""
    return max(0, getattr(network.config, "pad_token_id", None) or 0)


def example_batch(network: Network, pad: int, device: str) -> "tuple[torch.Tensor, torch.Tensor]":
    """Ids and mask of two inputs, the second one padded: each (2, BESIDE)."""
    first, other = _inputs(network, pad)
    return _batch([first, other[:LENGTH]], pad, device)


def _batch(rows: Sequence[Sequence[int]], pad: int, device: str) -> "tuple[torch.Tensor, torch.Tensor]":
    import torch

    longest = max(map(len, rows))
    ids = torch.tensor([[*row, *[pad] * (longest - len(row))] for row in rows], device=device)
    real = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows], device=device)
    return ids, real


def largest_move(one: "States", other: "States", places: slice) -> float:
    """How far the vectors of the first input at these places move, as a share of their length: the largest move."""
    import torch

    moves = []
    for a, b in zip(one, other, strict=True):
        a, b = a[0, places].float(), b[0, places].float()
        lengths = torch.linalg.vector_norm(a, dim=-1)
        moves.append(torch.linalg.vector_norm(a - b, dim=-1) / lengths.clamp_min(1e-6 * float(lengths.max()) + 1e-30))
    return float(torch.stack(moves).max())
