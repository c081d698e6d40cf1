"""A tiny, randomly initialised network of every text architecture that transformers can build from a configuration."""

from typing import Any

# What configurations call their sizes; each takes the names that it has.
SIZES = {
    "vocab_size": 320,
    **dict.fromkeys(
        ("hidden_size", "d_model", "n_embd", "emb_dim", "dim", "embedding_size", "word_embed_proj_dim"), 16
    ),
    **dict.fromkeys(("num_hidden_layers", "n_layer", "n_layers", "num_layers", "encoder_layers"), 3),
    **dict.fromkeys(("decoder_layers", "num_decoder_layers"), 2),
    **dict.fromkeys(("num_attention_heads", "n_head", "n_heads", "num_heads"), 2),
    **dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads", "num_key_value_heads"), 2),
    **dict.fromkeys(("head_dim", "d_kv"), 8),
    **dict.fromkeys(("intermediate_size", "d_ff", "d_inner", "encoder_ffn_dim", "decoder_ffn_dim", "ffn_dim"), 32),
    **dict.fromkeys(("n_inner", "hidden_dim", "moe_intermediate_size", "shared_expert_intermediate_size"), 32),
    **dict.fromkeys(("max_position_embeddings", "n_positions"), 64),
    **dict.fromkeys(("num_experts", "num_local_experts", "n_routed_experts"), 4),
    "num_experts_per_tok": 2,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}


def config_of(name: str) -> Any:
    """A small configuration of the architecture ``name``."""
    import transformers

    kind = transformers.CONFIG_MAPPING[name]
    default = kind()
    sizes = {option: value for option, value in SIZES.items() if hasattr(default, option)}
    return kind(**{**sizes, **OPTIONS.get(name, {})})


def build(name: str) -> Any:
    """The network of ``name``, frozen, its weights wide enough that context shows in every vector."""
    import torch
    import transformers

    config = config_of(name)
    for option in ("initializer_range", "init_std", "initializer_factor"):
        if hasattr(config, option):
            setattr(config, option, 0.3)
    config.use_cache = False
    with torch.device("meta"):
        n_weights = sum(weight.numel() for weight in transformers.AutoModel.from_config(config).parameters())
    if n_weights > 3_000_000:
        raise ValueError(f"{name}: {n_weights:,} weights: its configuration has sizes that are not in SIZES")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = transformers.AutoModel.from_config(config, dtype=torch.float32)
    encoder = network.encoder if hasattr(network, "encoder") and hasattr(network, "decoder") else network
    return encoder.eval().requires_grad_(requires_grad=False)


def _names() -> list[str]:
    from transformers.models.auto import modeling_auto as auto

    tasks = ("CAUSAL_LM", "MASKED_LM", "SEQ_TO_SEQ_CAUSAL_LM", "SEQUENCE_CLASSIFICATION")
    of_text = {name for task in tasks for name in getattr(auto, f"MODEL_FOR_{task}_MAPPING_NAMES")}
    return sorted(of_text & set(auto.MODEL_MAPPING_NAMES))


OPTIONS: dict[str, dict[str, Any]] = {}
NAMES = _names()
