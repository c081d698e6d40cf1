"""Tiny models of every family, randomly initialised, with tokenizers trained here: nothing is downloaded."""

import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # for architectures.py

TEXT = [
    "the quick brown fox jumps over the lazy dog, and the dog sleeps.",
    "Don't leave! (New York)",
    "I don't know what the naïve fox saw there … in New York!",
    "she watched the light of the moon 🙂 and then (perhaps) she left 中文",
    "a [SEP] or a </s> or a <s> or a <|endoftext|> is only text here",
]
# Bytes that a SentencePiece tokenizer falls back to for unknown characters.
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


RELATIVE = {"relative_attention": True, "position_buckets": 8, "pos_att_type": ["p2c", "c2p"], "share_att_key": True}
BOTH_SIDES = {
    f"{side}_{key}": n for side in ("encoder", "decoder") for key, n in (("attention_heads", 2), ("ffn_dim", 32))
}
# Tokenizer and configuration of transformers, and what the configuration needs beside the common sizes.
FAMILIES = {
    "bert": ("BertTokenizer", "BertConfig", {}),
    "distilbert": (
        "DistilBertTokenizer",
        "DistilBertConfig",
        {"dim": 16, "n_layers": 3, "n_heads": 2, "hidden_dim": 32},
    ),
    # RoBERTa's positions start after the padding number, 0.
    "roberta": ("RobertaTokenizer", "RobertaConfig", {"max_position_embeddings": 65}),
    "albert": ("AlbertTokenizer", "AlbertConfig", {"embedding_size": 8}),
    "electra": ("BertTokenizer", "ElectraConfig", {"embedding_size": 8}),
    "deberta": ("DebertaV2Tokenizer", "DebertaV2Config", {**RELATIVE, "position_biased_input": False}),
    "modernbert": (None, "ModernBertConfig", {"local_attention": 8, "global_attn_every_n_layers": 3}),
    "gpt2": ("GPT2Tokenizer", "GPT2Config", {}),
    "neox": ("GPTNeoXTokenizer", "GPTNeoXConfig", {}),
    "llama": (None, "LlamaConfig", {}),
    "qwen2": ("Qwen2Tokenizer", "Qwen2Config", {"num_key_value_heads": 1}),
    "qwen3": ("Qwen2Tokenizer", "Qwen3Config", {"num_key_value_heads": 1, "head_dim": 8}),
    "t5": ("T5Tokenizer", "T5Config", {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 3, "num_heads": 2}),
    "bart": ("BartTokenizer", "BartConfig", {"d_model": 16, "encoder_layers": 3, "decoder_layers": 2, **BOTH_SIDES}),
}


def _byte_level():
    """ModernBERT's kind: byte-level BPE between [CLS] and [SEP]."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    special = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(TEXT, trainer)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    names = {"pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]"}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names)


def _metaspace():
    """Llama's kind: BPE over the whole text with a leading space marker, bytes for unknown characters, <s> first."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    special = ["<unk>", "<s>", "</s>"]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=special + BYTES, show_progress=False)
    tokenizer.train_from_iterator([text.encode("ascii", "ignore").decode() for text in TEXT], trainer)
    saved = json.loads(tokenizer.to_str())
    saved["added_tokens"] = saved["added_tokens"][: len(special)]  # bytes are pieces, not special tokens
    tokenizer = Tokenizer.from_str(json.dumps(saved))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>")


def build(family: str, folder: Path) -> Path:
    """Save a model of ``family`` with three blocks of width 16 and 64 positions into ``folder``."""
    import torch
    import transformers

    tokenizer_class, config_class, options = FAMILIES[family]
    if tokenizer_class:
        tokenizer = getattr(transformers, tokenizer_class)().train_new_from_iterator(TEXT, 320, show_progress=False)
    else:
        tokenizer = _byte_level() if family == "modernbert" else _metaspace()
    tokenizer.save_pretrained(folder)
    numbers = {
        f"{kind}_token_id": getattr(tokenizer, f"{kind}_token_id") for kind in ("pad", "bos", "eos", "cls", "sep")
    }
    size = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 32}
    common = {} if family in ("distilbert", "t5", "bart") else size
    positions = {} if family == "t5" else {"max_position_embeddings": 64}
    config = getattr(transformers, config_class)(
        **{**common, **positions, **numbers, "vocab_size": len(tokenizer), **options}
    )
    for name in ("initializer_range", "init_std", "initializer_factor"):
        if hasattr(config, name):
            setattr(config, name, 0.3)  # wide enough that context shows in every vector
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        transformers.AutoModel.from_config(config, dtype=torch.float32).save_pretrained(folder)
    return folder


@pytest.fixture(params=FAMILIES)
def family(request) -> str:
    return request.param


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory) -> Callable[[str], Path]:
    """The folder of a family's tiny model, built once; copy it before changing anything in it."""
    return cache(lambda family: build(family, tmp_path_factory.mktemp(family)))


@pytest.fixture(scope="session")
def load_tiny(folder_of):
    """An encoder of a family's tiny model, with options of Model."""
    from probing.model.checkpoint import Model, resolve
    from probing.model.encoder import load

    def load_tiny(family: str, maps: bool = False, **options):
        model = Model(checkpoint=str(folder_of(family)), **options)
        return load(model, resolve(model), maps=maps)

    return load_tiny
