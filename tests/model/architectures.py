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
    chosen = {**sizes, **OPTIONS.get(name, {})}
    return kind(**{option: value for option, value in chosen.items() if value is not None})


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


# What a configuration needs beside or instead of SIZES; None: this size is not given.
LATENT = {"q_lora_rank": 8, "kv_lora_rank": 8, "qk_rope_head_dim": 4, "qk_nope_head_dim": 4, "v_head_dim": 8}
OPTIONS: dict[str, dict[str, Any]] = {
    "axk1": {**LATENT, "head_dim": None, "num_key_value_heads": 2},
    "bailing_hybrid": {"n_group": 1, "topk_group": 1},
    "bamba": {"mamba_n_heads": 4, "mamba_d_head": 8, "mamba_expand": 2, "attn_layer_indices": [1]},
    "big_bird": {"block_size": 4, "num_random_blocks": 1},
    "bigbird_pegasus": {"block_size": 4, "num_random_blocks": 1},
    "codegen": {"n_head": 4, "rotary_dim": 2},
    "deepseek_v3": {**LATENT, "head_dim": None, "n_group": 1, "topk_group": 1, "first_k_dense_replace": 1},
    "dots1": {"n_group": 1, "topk_group": 1, "n_shared_experts": 1},
    "falcon": {"head_dim": None},
    "funnel": {"num_hidden_layers": None, "block_sizes": [1, 1, 1], "num_decoder_layers": None},
    "gpt_neo": {"num_layers": 2, "num_hidden_layers": 2, "attention_types": [[["global", "local"], 1]]},
    "gptj": {"rotary_dim": 4},
    "granitemoehybrid": {"mamba_n_heads": 4, "mamba_d_head": 8, "mamba_expand": 2},
    "layoutlmv3": {"coordinate_size": 2, "shape_size": 4},
    "led": {"attention_window": 8, "max_encoder_position_embeddings": 64},
    "lfm2": {"layer_types": ["conv", "full_attention", "conv"]},
    "lilt": {"channel_shrink_ratio": 1},
    "longcat_flash": {**LATENT, "head_dim": 4},
    "longformer": {"attention_window": 8},
    "mamba2": {"num_heads": 4, "head_dim": 8, "expand": 2, "n_groups": 1},
    "mimo_v2_flash": {"v_head_dim": 8, "swa_num_key_value_heads": 2, "swa_num_attention_heads": 2, "swa_head_dim": 8},
    "mistral4": {**LATENT, "head_dim": None},
    "nystromformer": {"num_landmarks": 8, "segment_means_seq_len": 8},
    "opt": {"word_embed_proj_dim": 8, "do_layer_norm_before": False},
    "prophetnet": {"num_hidden_layers": None, "num_encoder_layers": 3, "num_decoder_layers": 2},
    "reformer": {"axial_pos_shape": [8, 8], "axial_pos_embds_dim": [8, 8], "attn_layers": ["local", "lsh", "local"]},
    "roc_bert": {"pronunciation_vocab_size": 8, "shape_vocab_size": 8},
    "xlnet": {"max_position_embeddings": None},
    "xmod": {"languages": ["en_XX"], "default_language": "en_XX"},
    "youtu": {**LATENT, "head_dim": None},
}
NAMES = _names()
