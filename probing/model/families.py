"""Families of models whose blocks interventions and value vectors know: one line each, the names of four modules."""

from typing import NamedTuple


class Family(NamedTuple):
    """Names of modules inside one block, as ``block.named_modules()`` gives them.

    attention: returns a pair, the second its map. value: projects to values; a projection that yields queries, keys and
    values at once is named here too. output: takes the heads side by side. norm: normalises attention's output after it
    was added to the block's input; None for blocks that normalise before attention only.
    """

    attention: str
    value: str
    output: str
    norm: str | None


FAMILIES = (
    # BERT, RoBERTa, ELECTRA
    Family("attention.self", "attention.self.value", "attention.output.dense", "attention.output.LayerNorm"),
    # DeBERTa
    Family("attention.self", "attention.self.value_proj", "attention.output.dense", "attention.output.LayerNorm"),
    Family("attention", "attention.v_lin", "attention.out_lin", "sa_layer_norm"),  # DistilBERT
    Family("self_attn", "self_attn.v_proj", "self_attn.o_proj", None),  # Llama, Qwen
    Family("attn", "attn.c_attn", "attn.c_proj", None),  # GPT-2
    Family("attention", "attention.query_key_value", "attention.dense", None),  # GPT-NeoX
)
# Blocks that normalise attention's output before they add it (Gemma 2, OLMo 2, GLM 4) share Llama's other names.
SANDWICHED = frozenset({"post_feedforward_layernorm", "post_self_attn_layernorm"})
