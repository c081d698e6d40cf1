"""Tiny networks of many architectures, without tokenizers: three blocks of width 16 with four heads, random weights."""

from typing import Any

SIZES = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 32, "vocab_size": 40}
GROUPED = {**SIZES, "num_key_value_heads": 2, "pad_token_id": 0}
WIDE = {**GROUPED, "head_dim": 8}  # heads that are wider together than a hidden state
OPENAI = {"n_embd": 16, "n_layer": 3, "n_head": 4, "vocab_size": 40, "pad_token_id": 0}
ROTARY = {**OPENAI, "rotary_dim": 4, "n_positions": 64}
BOTH_SIDES = {
    f"{side}_{of}": n for side in ("encoder", "decoder") for of, n in (("attention_heads", 4), ("ffn_dim", 32))
}
EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16}

# A configuration of transformers (what follows a colon tells variants apart) and what it needs.
NETWORKS: dict[str, dict[str, Any]] = {
    "Bert": SIZES,
    "Roberta": SIZES,
    "Camembert": SIZES,
    "Electra": {**SIZES, "embedding_size": 8},
    "MegatronBert": SIZES,
    "MPNet": SIZES,
    "DistilBert": {"dim": 16, "n_layers": 3, "n_heads": 4, "hidden_dim": 32, "vocab_size": 40},
    "DebertaV2": {**SIZES, "relative_attention": True, "position_buckets": 8, "pos_att_type": ["p2c", "c2p"]},
    "ModernBert": {**SIZES, "local_attention": 8, "pad_token_id": 0},
    "T5": {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 3, "num_heads": 4, "vocab_size": 40},
    "Bart": {"d_model": 16, "encoder_layers": 3, "decoder_layers": 1, "vocab_size": 40, **BOTH_SIDES},
    "OpenAIGPT": OPENAI,
    "GPT2": OPENAI,
    "GPTBigCode": OPENAI,
    "GPTNeo": {
        **{"hidden_size": 16, "num_layers": 3, "num_heads": 4, "vocab_size": 40, "window_size": 4},
        "attention_types": [[["global", "local", "global"], 1]],
    },
    "GPTNeoX": SIZES,
    "GPTJ": ROTARY,
    "CodeGen": ROTARY,
    "OPT": {**SIZES, "ffn_dim": 32, "word_embed_proj_dim": 16, "pad_token_id": 0},
    "Bloom": {"hidden_size": 16, "n_layer": 3, "n_head": 4, "vocab_size": 40},
    "Mpt": {"d_model": 16, "n_layers": 3, "n_heads": 4, "vocab_size": 40, "expansion_ratio": 2},
    "Falcon": SIZES,
    "Falcon:grouped": {**SIZES, "new_decoder_architecture": True, "num_kv_heads": 2},
    "Falcon:alibi": {**SIZES, "multi_query": False, "parallel_attn": False, "alibi": True},
    "Phi": {**GROUPED, "qk_layernorm": True},
    "Phi3": GROUPED,
    "Olmo": GROUPED,
    "Olmo2": GROUPED,
    "Llama": GROUPED,
    "Mistral": {**GROUPED, "sliding_window": 4},
    "Qwen2": GROUPED,
    "Qwen3": WIDE,
    "Gemma": WIDE,
    "Gemma2": {**WIDE, "sliding_window": 4},
    "Gemma3Text": {**WIDE, "sliding_window": 4},
    "Cohere": GROUPED,
    "Granite": {**GROUPED, "residual_multiplier": 0.5},
    "Mixtral": {**GROUPED, "num_local_experts": 4},
    "Qwen3Moe": {**WIDE, **EXPERTS},
    "GptOss": {**WIDE, "num_local_experts": 4},
    "DeepseekV2": {
        **{**GROUPED, "num_key_value_heads": 4, "q_lora_rank": 8, "kv_lora_rank": 8, "n_routed_experts": 4},
        **{"qk_rope_head_dim": 4, "qk_nope_head_dim": 4, "v_head_dim": 8, "n_group": 1, "topk_group": 1},
        **{"first_k_dense_replace": 1, "num_experts_per_tok": 2, "moe_intermediate_size": 16},
    },
    "Lfm2": {**GROUPED, "layer_types": ["conv", "full_attention", "conv"]},
    "Albert": {**SIZES, "embedding_size": 8},
    "FNet": {name: n for name, n in SIZES.items() if name != "num_attention_heads"},
    "Longformer": {**SIZES, "attention_window": 4},
    "XLNet": {"d_model": 16, "n_layer": 3, "n_head": 4, "d_inner": 32, "vocab_size": 40},
    "XLM": {"emb_dim": 16, "n_layers": 3, "n_heads": 4, "n_words": 40},
    "ConvBert": {**SIZES, "embedding_size": 16},
    "BitNet": GROUPED,
    "MobileBert": {**SIZES, "embedding_size": 16, "true_hidden_size": 16, "intra_bottleneck_size": 16},
}


def build(name: str, seed: int = 0) -> Any:
    """The network, frozen, its biases and scales random too; of an encoder-decoder, the encoder."""
    import torch
    import transformers

    config = getattr(transformers, f"{name.partition(':')[0]}Config")(**NETWORKS[name])
    for spread in ("initializer_range", "init_std", "initializer_factor"):
        if hasattr(config, spread):
            setattr(config, spread, 0.3)  # wide enough that context shows in every vector
    config.use_cache = False
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        full = transformers.AutoModel.from_config(config, attn_implementation="eager").eval()
        for weight in full.requires_grad_(requires_grad=False).parameters():
            weight.add_(torch.randn(weight.shape) * 0.1)
    return full.encoder if hasattr(full, "encoder") and hasattr(full, "decoder") else full
