"""The model's own head: words masked, words to come, or classes of a sentence, as its checkpoint was trained for."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.readouts import HeadOutput
from probing.attention.interventions.token_effects import special_token
from probing.errors import ConfigError
from probing.model.checkpoint import Checkpoint
from probing.model.encoder import Encoder
from probing.model.loading import quiet
from probing.model.subwords import Subwords

if TYPE_CHECKING:
    import torch

Kind = Literal["masked", "next", "class"]
_KINDS: dict[str, tuple[Kind, str]] = {  # how architectures end: what the head predicts, and who loads it
    "ForMaskedLM": ("masked", "AutoModelForMaskedLM"),
    "ForCausalLM": ("next", "AutoModelForCausalLM"),
    "LMHeadModel": ("next", "AutoModelForCausalLM"),
    "ForSequenceClassification": ("class", "AutoModelForSequenceClassification"),
}
_MASKED_SHARE = 0.15  # of the words, as BERT was trained (Devlin et al. 2019)
_NO_TOKEN = -1


@dataclass(frozen=True)
class OwnHead:
    """``logits`` maps vectors of the last hidden state, (P, D), to (P, C); kind: masked or next word, or class."""

    kind: Kind
    logits: "Callable[[torch.Tensor], torch.Tensor]"


def own_head(checkpoint: Checkpoint, device: str = "cpu") -> OwnHead | None:
    """The head that ``checkpoint`` was saved with, frozen; None if it has none, or not all of its weights.

    Nothing but safetensors in the checkpoint's folder is read, and no code in it is run. None also for the untrained
    twin, whose head would be the trained one, and for encoder-decoders, whose head reads the decoder.
    """
    import transformers

    config = transformers.AutoConfig.from_pretrained(checkpoint.folder, local_files_only=True, trust_remote_code=False)
    architecture = (getattr(config, "architectures", None) or [""])[0]
    found = [entry for ending, entry in _KINDS.items() if architecture.endswith(ending)]
    if not found or config.is_encoder_decoder or checkpoint.revision.startswith("untrained"):
        return None
    kind, loader = found[0]
    with quiet():
        full, report = getattr(transformers, loader).from_pretrained(
            checkpoint.folder,
            config=config,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    if report["missing_keys"]:
        return None
    full = full.eval().requires_grad_(requires_grad=False).to(device)
    return OwnHead(kind, _without_encoder(full))


def _without_encoder(full: Any) -> "Callable[[torch.Tensor], torch.Tensor]":
    """The head of ``full`` alone: its encoder is replaced by one that gives what it is told to."""
    import torch
    from transformers.modeling_outputs import BaseModelOutputWithPoolingAndCrossAttentions as Given

    pooler = getattr(full.base_model, "pooler", None)
    encoder = torch.nn.Identity()
    setattr(full, full.base_model_prefix, encoder)
    full.config.pad_token_id = _NO_TOKEN  # decoders classify at the last id that is no padding: here the only one

    def logits(vectors: "torch.Tensor") -> "torch.Tensor":
        states = vectors[:, None].to(next(full.parameters()).dtype)  # (P, D) -> (P, 1, D): a head sees one place
        given = Given(last_hidden_state=states, pooler_output=pooler(states) if pooler else None)
        vars(encoder)["forward"] = lambda *_inputs, **_options: given
        ids = torch.zeros(states.shape[:2], dtype=torch.long, device=vectors.device)
        found: torch.Tensor = full(input_ids=ids, return_dict=True).logits
        return found.reshape(len(vectors), found.shape[-1])

    return logits


def own_output(
    encoder: Encoder, head: OwnHead, subwords: Subwords, rng: np.random.Generator, labels: Sequence[int] | None = None
) -> tuple[Subwords, HeadOutput]:
    """The head as an output, and the subwords to run it on: for a masked head 15 % of the words, one at least, masked.

    ``labels`` (N,) number the classes as the checkpoint does (negative: none); only a classifier needs them.
    Raises: ConfigError for a classifier without them, or a masked head without a mask token.
    """
    last = encoder.n_layers - 1
    if head.kind == "masked":
        masked, gold = _masked(subwords, special_token(encoder, ("mask",))[1], rng)
        return masked, HeadOutput("the model's own masked-word head", last, head.logits, gold)
    if head.kind == "next":
        return subwords, HeadOutput("the model's own next-word head", last, head.logits, _next(subwords))
    if labels is None:
        raise ConfigError("the model's own head classifies sentences, and there are no labels: choose task=sentiment")
    gold = _at_cls(subwords, labels, encoder.cls_position)
    return subwords, HeadOutput("the model's own classifier", last, head.logits, gold)


def _masked(subwords: Subwords, mask: int, rng: np.random.Generator) -> tuple[Subwords, list[NDArray[np.int64]]]:
    """Whole words are masked: the rest of a word would give it away."""
    ids, gold = subwords.ids.copy(), []
    for start, stop in zip(subwords.offsets[:-1], subwords.offsets[1:], strict=True):
        words = subwords.words[start:stop]
        there = np.unique(words[words >= 0])
        n_drawn = min(len(there), max(1, round(_MASKED_SHARE * len(there))))
        drawn = np.isin(words, rng.choice(there, n_drawn, replace=False))
        gold.append(np.where(drawn, ids[start:stop], -1).astype(np.int64))
        ids[start:stop][drawn] = mask
    return replace(subwords, ids=ids), gold


def _next(subwords: Subwords) -> list[NDArray[np.int64]]:
    """The next subword's id, where that is part of a word."""
    after, word = np.append(subwords.ids[1:], -1), np.append(subwords.words[1:], -1)
    flat = np.where(word >= 0, after, -1).astype(np.int64)
    flat[subwords.offsets[1:][np.diff(subwords.offsets) > 0] - 1] = -1  # what follows is another sentence
    return np.split(flat, subwords.offsets[1:-1])


def _at_cls(subwords: Subwords, labels: Sequence[int], position: str) -> list[NDArray[np.int64]]:
    gold = [np.full(n, -1, dtype=np.int64) for n in np.diff(subwords.offsets)]
    for row, label in zip(gold, labels, strict=True):
        with suppress(IndexError):  # a sentence without subwords
            row[0 if position == "first" else -1] = label
    return gold
