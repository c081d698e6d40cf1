"""Two texts in a whole encoder-decoder: what the encoder reads, and what its decoder has written so far."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from probing.errors import ConfigError, DataError, ModelError, first_line
from probing.model.align import UNMATCHABLE, as_plain_text
from probing.model.checkpoint import Checkpoint
from probing.model.network_pass import quiet
from probing.model.saved_tokenizer import read_tokenizer
from probing.view.encoder_decoder import GivenWeights, encoder_decoder_views
from probing.view.record import View


def seq2seq_views(checkpoint: Checkpoint, text: str, decoder_text: str) -> list[View]:
    """Views of encoder, decoder and cross-attention. The decoder reads its start token and ``decoder_text``.

    Raises: ModelError if ``checkpoint`` is no whole encoder-decoder or its tokenizer no fast one; ConfigError or
    DataError for a text that is empty, has no tokens, or has more than the model reads at once.
    """
    for name, given in (("text", text), ("decoder_text", decoder_text)):
        if not given.strip():
            raise ConfigError(f"{name} is empty; give at least one word")
    network = _network(checkpoint.folder)
    tokenizer = as_plain_text(read_tokenizer(checkpoint.folder).backend)
    ids = tokenizer.encode(text).ids
    start = getattr(network.config, "decoder_start_token_id", None)
    decoder_ids = [network.config.pad_token_id if start is None else start]
    decoder_ids += tokenizer.encode(decoder_text, add_special_tokens=False).ids
    _fit(network.config, {"text": ids, "decoder_text": decoder_ids})
    output = _run(network, ids, decoder_ids)
    names = [
        [(tokenizer.id_to_token(one) or str(one)).removeprefix(UNMATCHABLE) for one in side]
        for side in (ids, decoder_ids)
    ]
    weights = (output.encoder_attentions, output.decoder_attentions, output.cross_attentions)
    views = encoder_decoder_views(GivenWeights(*weights, *names))
    texts = {"encoder": (text, None), "decoder": (decoder_text, None), "cross-attention": (decoder_text, text)}
    return [_about(view, checkpoint, texts[str(view.about["part"])]) for view in views]


def _network(folder: Path) -> Any:
    """The encoder-decoder in ``folder``, frozen. Raises: ModelError."""
    from transformers import AutoConfig, AutoModel

    local = {"local_files_only": True, "trust_remote_code": False}
    try:
        with quiet():
            config = AutoConfig.from_pretrained(folder, **local)
            if not getattr(config, "is_encoder_decoder", False):
                raise ModelError(f"{folder} has an encoder, but no decoder; leave decoder_text out, or use text_b")
            reader: Any = AutoModel
            network, report = reader.from_pretrained(
                folder, attn_implementation="eager", use_safetensors=True, output_loading_info=True, **local
            )
    except ModelError:
        raise
    except Exception as error:  # architectures fail in as many ways as there are
        raise ModelError(f"{folder}: transformers cannot load this: {first_line(error)}") from error
    if report["missing_keys"]:
        raise ModelError(f"{folder}: the file lacks weights, such as {sorted(report['missing_keys'])[0]}")
    return network.eval().requires_grad_(False)


def _fit(config: Any, given: dict[str, Sequence[int]]) -> None:
    window = getattr(config, "max_position_embeddings", None)
    for name, ids in given.items():
        if window is not None and len(ids) > window:
            raise DataError(f"{name} has {len(ids)} tokens, and the model reads at most {window} at once; shorten it")


def _run(network: Any, ids: Sequence[int], decoder_ids: Sequence[int]) -> Any:
    import torch

    inputs = {"input_ids": torch.tensor([ids]), "decoder_input_ids": torch.tensor([decoder_ids])}
    with torch.inference_mode():
        return network(**inputs, output_attentions=True, use_cache=False)


def _about(view: View, checkpoint: Checkpoint, texts: tuple[str, str | None]) -> View:
    """The view with its model and texts; the start token, which the tokenizer did not find in a text, is special."""
    tokens = view.tokens
    if view.about["part"] != "encoder":
        special = (True, *tokens.special[1:])
        word = np.where(np.arange(len(special)) == 0, -1, tokens.word)
        surface = ("", *tokens.surface[1:])
        tokens = replace(tokens, special=special, word=word, surface=surface)
    about = {"model": checkpoint.name, "checkpoint": checkpoint.revision, "text": texts[0], "text_b": texts[1]}
    return replace(view, tokens=tokens, about={**view.about, **about})
