"""Answers that a causal model writes itself: the most probable subword each time, or one drawn from a seed."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from probing.axes import Progress, Sentence
from probing.data.conversation import ASSISTANT, with_answer, word_places
from probing.errors import ConfigError, DataError, ModelError, first_line
from probing.model.chat_template import reading
from probing.model.checkpoint import Checkpoint, Model
from probing.model.encoder import ACCELERATOR_BUDGET, CPU_BUDGET, Encoder, load
from probing.model.loading import read_with
from probing.model.network_pass import Network, quiet
from probing.model.placement import arithmetic, reading_options
from probing.model.saved_head import reader_of
from probing.model.subwords import tokenize
from probing.rng import generator

if TYPE_CHECKING:
    import torch

EMPTY = "answers without a word, which are kept as empty"
CUT = "answers that were cut off, because they reached data.generate"
RESPELT = (
    "answers that the tokenizer reads in other subwords than the model wrote; vectors are those of the text as read"
)
Logits = Callable[["torch.Tensor", "torch.Tensor"], "torch.Tensor"]


@dataclass(frozen=True)
class Answering:
    """How answers are written: at most ``tokens`` subwords, each the most probable one (temperature 0) or drawn."""

    tokens: int
    temperature: float = 0.0
    seed: int = 0


def answers(
    model: Model,
    checkpoint: Checkpoint,
    prompts: Sequence[Sentence],
    how: Answering,
    device: str,
    on_progress: Progress,
) -> tuple[dict[str, str], Mapping[str, int]]:
    """The answer to each prompt by its id, and how many are empty, cut off, or read otherwise than written.

    A draw depends on the seed, the prompt's id and the place in the answer, not on what else is in a batch. Raises:
    ModelError for a model that is not causal, without a next-word head, or untrained; ConfigError for a prompt that
    leaves no room.
    """
    _check_prompts(model, prompts)
    encoder = load(model, checkpoint, device)
    if not encoder.causal:
        raise ModelError(
            f"data.generate={how.tokens}: {checkpoint.name} is no causal model, and only those write answers; choose a "
            "decoder, e.g. model=gpt2, or leave out data.generate"
        )
    rows = _without_end(encoder, prompts)
    _check_room(encoder, prompts, rows, how)
    encoder.network = None  # its weights are read again, with the head
    full = _with_head(model, checkpoint, device)
    lengths = np.array([len(row) + how.tokens for row in rows])
    budget = CPU_BUDGET if device == "cpu" else ACCELERATOR_BUDGET
    written: dict[int, list[int]] = {}

    def write(some: NDArray[np.int64]) -> None:
        found = _batch(full, encoder, [rows[i] for i in some], [prompts[i].id for i in some], how)
        written.update(zip(some.tolist(), found, strict=True))

    for some in encoder.plan(lengths, budget):
        for _ in encoder.memory.halving(some, lengths[some], write):
            on_progress("writing answers", len(written), len(rows))
    return _texts(encoder, prompts, rows, [written[i] for i in range(len(rows))], how)


def _check_prompts(model: Model, prompts: Sequence[Sentence]) -> None:
    if model.untrained_seed is not None:
        raise ModelError("data.generate: an untrained model has nothing to say; leave out model.untrained_seed")
    for prompt in prompts:
        if prompt.messages[-1].role == ASSISTANT:
            raise DataError(
                f"data.generate: {prompt.id} ends with an answer of the assistant already; remove it from the file, or "
                "leave out data.generate"
            )


def _without_end(encoder: Encoder, prompts: Sequence[Sentence]) -> list[list[int]]:
    """The ids of each prompt, without special subwords that the tokenizer puts after a text."""
    tokenizer, texts, frame, _ = reading(prompts, encoder.tokenizer, encoder.frame, encoder.checkpoint.folder)
    found = tokenize(tokenizer, texts, replace(frame, window=None, truncate=False), as_written=True)
    ends = found.offsets[1:] - len(frame.suffix)
    return [found.ids[start:end].tolist() for start, end in zip(found.offsets[:-1], ends, strict=True)]


def _check_room(encoder: Encoder, prompts: Sequence[Sentence], rows: Sequence[Sequence[int]], how: Answering) -> None:
    longest = max(range(len(rows)), key=lambda i: len(rows[i]))
    if encoder.window is not None and len(rows[longest]) + how.tokens > encoder.window:
        raise ConfigError(
            f"data.generate={how.tokens}: the prompt {prompts[longest].id} has {len(rows[longest]):,} subwords, and "
            f"{encoder.checkpoint.name} reads {encoder.window:,} at once; leave out long prompts, or generate less"
        )


def _with_head(model: Model, checkpoint: Checkpoint, device: str) -> Network:
    """The whole network with its next-word head. Raises: ModelError if it has none."""
    from transformers import AutoConfig

    placed = reading_options(model, checkpoint.folder, device)
    options = {"dtype": arithmetic(model.precision), **placed}
    with quiet():
        config = AutoConfig.from_pretrained(checkpoint.folder, local_files_only=True, trust_remote_code=False)
        kind, reader = reader_of(config) or (None, None)
        if kind == "next":
            try:
                full, missing = read_with(reader, checkpoint.folder, config, **options)
            except Exception as error:  # as in loading: architectures fail in as many ways as there are
                raise ModelError(f"{checkpoint.folder}: transformers cannot load this: {first_line(error)}") from error
            if not missing:
                full = full.eval().requires_grad_(requires_grad=False)
                return full if placed else full.to(device)
    raise ModelError(
        f"data.generate: {checkpoint.name} was saved without a next-word head, so that it can write no answer; choose "
        "another checkpoint, whose config.json names an architecture that ends in ForCausalLM"
    )


def _batch(
    full: Network, encoder: Encoder, rows: Sequence[Sequence[int]], names: Sequence[str], how: Answering
) -> list[list[int]]:
    """The answers to some prompts, padded on the left, as ids without what ends them."""
    import torch
    from transformers import GenerationConfig, LogitsProcessorList

    longest = max(map(len, rows))
    ids = torch.tensor([[encoder.pad] * (longest - len(row)) + [*row] for row in rows], device=encoder.device)
    real = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows], device=encoder.device)
    ends = _ends(full, encoder)
    settings: Any = GenerationConfig  # its methods have no types
    plain = settings(
        max_new_tokens=how.tokens, do_sample=False, num_beams=1, pad_token_id=encoder.pad, eos_token_id=ends or None
    )
    full.generation_config = plain  # generate() fills up what it is given with the checkpoint's own, such as penalties
    drawn = LogitsProcessorList([_draws(names, how)] if how.temperature else [])
    with quiet(), torch.inference_mode():
        found = full.generate(
            input_ids=ids, attention_mask=real, generation_config=plain, logits_processor=drawn, use_cache=True
        )
    return [[*takewhile(lambda number: number not in ends, row)] for row in found[:, longest:].tolist()]


def _ends(full: Network, encoder: Encoder) -> list[int]:
    """The ids that end an answer, as the checkpoint says: those of generation_config.json, else the tokenizer's EOS."""
    said = getattr(full.generation_config, "eos_token_id", None)
    found = said if isinstance(said, list) else [] if said is None else [said]
    return found or [number for role, (_, number) in encoder.special.items() if role == "eos"]


def _draws(names: Sequence[str], how: Answering) -> Logits:
    """Adds noise to logits, so that the largest is a draw from their distribution (Gumbel); each row has its own."""
    import torch

    sources = [generator(how.seed, "answer", name) for name in names]

    def noisy(_: "torch.Tensor", logits: "torch.Tensor") -> "torch.Tensor":
        noise = np.stack([source.gumbel(size=logits.shape[1]) for source in sources])
        return logits.double() / how.temperature + torch.from_numpy(noise).to(logits.device)

    return noisy


def _texts(
    encoder: Encoder,
    prompts: Sequence[Sentence],
    rows: Sequence[list[int]],
    written: Sequence[list[int]],
    how: Answering,
) -> tuple[dict[str, str], Mapping[str, int]]:
    """The answers as text, and what is to be counted."""
    found = {}
    for prompt, row, answer in zip(prompts, rows, written, strict=True):
        before, whole = (encoder.tokenizer.decode(ids, skip_special_tokens=True) for ids in (row, row + answer))
        alone = encoder.tokenizer.decode(answer, skip_special_tokens=True)
        found[prompt.id] = whole.removeprefix(before) if whole.startswith(before) else alone
    read = _without_end(encoder, [with_answer(prompt, found[prompt.id]) for prompt in prompts])
    pairs = zip(rows, written, read, strict=True)
    counts = Counter(
        {
            EMPTY: sum(not word_places(answer) for answer in found.values()),
            CUT: sum(len(answer) == how.tokens for answer in written),
            RESPELT: sum(row + answer != as_text for row, answer, as_text in pairs),
        }
    )
    return found, {reason: n for reason, n in counts.items() if n}
