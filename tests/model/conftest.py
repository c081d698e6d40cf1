"""Tiny models of every family, randomly initialised, with tokenizers trained here: nothing is downloaded."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

TEXT = [
    "the quick brown fox jumps over the lazy dog, and the dog sleeps.",
    "Don't leave! (New York)",
    "I don't know what the naïve fox saw there … in New York!",
    "she watched the light of the moon 🙂 and then (perhaps) she left 中文",
    "a [SEP] or a </s> or a <s> or a <|endoftext|> is only text here",
]
# Bytes that a SentencePiece tokenizer falls back to for unknown characters.
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def _bert():
    from transformers import BertConfig, BertTokenizer

    return BertTokenizer, BertConfig, {}


def _distilbert():
    from transformers import DistilBertConfig, DistilBertTokenizer

    return DistilBertTokenizer, DistilBertConfig, {"dim": 16, "n_layers": 3, "n_heads": 2, "hidden_dim": 32}


def _roberta():
    from transformers import RobertaConfig, RobertaTokenizer

    return (
        RobertaTokenizer,
        RobertaConfig,
        {"max_position_embeddings": 65},
    )  # positions start after the padding number, 0


def _albert():
    from transformers import AlbertConfig, AlbertTokenizer

    return AlbertTokenizer, AlbertConfig, {"embedding_size": 8}


def _electra():
    from transformers import BertTokenizer, ElectraConfig

    return BertTokenizer, ElectraConfig, {"embedding_size": 8}


def _deberta():
    from transformers import DebertaV2Config, DebertaV2Tokenizer

    relative = {"relative_attention": True, "position_buckets": 8, "pos_att_type": ["p2c", "c2p"]}
    return DebertaV2Tokenizer, DebertaV2Config, {**relative, "share_att_key": True, "position_biased_input": False}


def _modernbert():
    from transformers import ModernBertConfig

    return _byte_level, ModernBertConfig, {"local_attention": 8, "global_attn_every_n_layers": 3}


def _gpt2():
    from transformers import GPT2Config, GPT2Tokenizer

    return GPT2Tokenizer, GPT2Config, {}


def _neox():
    from transformers import GPTNeoXConfig, GPTNeoXTokenizer

    return GPTNeoXTokenizer, GPTNeoXConfig, {}


def _llama():
    from transformers import LlamaConfig

    return _metaspace, LlamaConfig, {}


def _qwen2():
    from transformers import Qwen2Config, Qwen2Tokenizer

    return Qwen2Tokenizer, Qwen2Config, {"num_key_value_heads": 1}


def _qwen3():
    from transformers import Qwen2Tokenizer, Qwen3Config

    return Qwen2Tokenizer, Qwen3Config, {"num_key_value_heads": 1, "head_dim": 8}


def _t5():
    from transformers import T5Config, T5Tokenizer

    return T5Tokenizer, T5Config, {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 3, "num_heads": 2}


def _bart():
    from transformers import BartConfig, BartTokenizer

    both = {
        f"{side}_{key}": n for side in ("encoder", "decoder") for key, n in (("attention_heads", 2), ("ffn_dim", 32))
    }
    return BartTokenizer, BartConfig, {"d_model": 16, "encoder_layers": 3, "decoder_layers": 2, **both}


FAMILIES = {
    "bert": _bert,
    "distilbert": _distilbert,
    "roberta": _roberta,
    "albert": _albert,
    "electra": _electra,
    "deberta": _deberta,
    "modernbert": _modernbert,
    "gpt2": _gpt2,
    "neox": _neox,
    "llama": _llama,
    "qwen2": _qwen2,
    "qwen3": _qwen3,
    "t5": _t5,
    "bart": _bart,
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
    from transformers import AutoModel

    make, config_class, options = FAMILIES[family]()
    trained = make in (_byte_level, _metaspace)
    tokenizer = make() if trained else make().train_new_from_iterator(TEXT, 320, show_progress=False)
    tokenizer.save_pretrained(folder)
    numbers = {
        f"{kind}_token_id": getattr(tokenizer, f"{kind}_token_id") for kind in ("pad", "bos", "eos", "cls", "sep")
    }
    size = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 32}
    common = {} if family in ("distilbert", "t5", "bart") else size
    positions = {} if family == "t5" else {"max_position_embeddings": 64}
    config = config_class(**{**common, **positions, **numbers, "vocab_size": len(tokenizer), **options})
    for name in ("initializer_range", "init_std", "initializer_factor"):
        if hasattr(config, name):
            setattr(config, name, 0.3)  # wide enough that context shows in every vector
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        AutoModel.from_config(config, dtype=torch.float32).save_pretrained(folder)
    return folder


@pytest.fixture(params=FAMILIES)
def family(request) -> str:
    return request.param


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory) -> Iterator[Callable[[str], Path]]:
    """The folder of a family's tiny model, built once; copy it before changing anything in it."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # threads only wait for each other on matrices this small
    yield cache(lambda family: build(family, tmp_path_factory.mktemp(family)))
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def load_tiny(folder_of):
    """An encoder of a family's tiny model, with options of Model."""
    from probing.model.checkpoint import Model, resolve
    from probing.model.encoder import load

    def load_tiny(family: str, **options):
        model = Model(checkpoint=str(folder_of(family)), **options)
        return load(model, resolve(model))

    return load_tiny
