"""A small model, trained here on short sentences of which a quarter are negated."""

import json

import numpy as np
import pytest

from pipelines.validating.tuned_encoder import Tuning, tuned
from probing.axes import Corpus, Sentence, no_progress
from probing.model.checkpoint import Model, resolve
from probing.model.encoder import load

NOUNS = ["film", "play", "show", "book", "song", "tale", "plot", "cast"]
SCENES = ["park", "hall", "club", "house", "square", "garden"]
GOOD = ["good", "great", "fine", "superb", "lovely", "witty", "bright", "moving"]
BAD = ["bad", "awful", "poor", "dull", "bland", "stale", "silly", "weak"]
ADVERBS = ["very", "so", "really", "quite"]
OTHERS = [
    "the",
    "was",
    "seemed",
    "not",
    "never",
    "in",
    ".",
    "yesterday",
    "today",
    "tonight",
    "again",
    "here",
    "anyway",
    "indeed",
    "actually",
    "maybe",
    "once",
]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SIZES = {"train": 600, "dev": 400, "test": 400}


def sentence(rng: np.random.Generator, name: str) -> Sentence:
    """Such as: the film was never very dull in the park ."""
    positive, negated = rng.random() < 0.5, rng.random() < 0.25
    words = ["the", rng.choice(NOUNS), rng.choice(["was", "seemed"])]
    words += [rng.choice(["not", "never"])] if negated else []
    words += [rng.choice(ADVERBS)] if rng.random() < 0.4 else []
    words += [rng.choice(GOOD if positive != negated else BAD)]
    words += ["in", "the", rng.choice(SCENES)] if rng.random() < 0.5 else []
    return Sentence(name, (*map(str, words), "."), label="positive" if positive else "negative")


@pytest.fixture(scope="session")
def small_corpus():
    """Short sentences from a seed; none stands in two splits."""

    def draw(seed: int) -> Corpus:
        rng, seen, splits = np.random.default_rng(seed), set(), {}
        for split, size in SIZES.items():
            some = []
            while len(some) < size:
                one = sentence(rng, f"{split}-{len(some)}")
                if one.words not in seen:
                    seen.add(one.words)
                    some.append(one)
            splits[split] = tuple(some)
        return Corpus("short", splits)

    return draw


@pytest.fixture(scope="session")
def untrained(tmp_path_factory):
    """A BERT of four blocks of width 32 with random weights, and its tokenizer: the folder."""
    import torch
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    folder = tmp_path_factory.mktemp("untrained")
    words = [*SPECIAL, *OTHERS, *NOUNS, *SCENES, *GOOD, *BAD, *ADVERBS]
    number = {word: at for at, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordLevel(number, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.add_special_tokens(SPECIAL)
    ends = [("[CLS]", number["[CLS]"]), ("[SEP]", number["[SEP]"])]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    tokenizer.save(str(folder / "tokenizer.json"))
    roles = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), SPECIAL, strict=True))
    (folder / "tokenizer_config.json").write_text(json.dumps(roles))
    config = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=32,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        transformers.BertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def small_encoder(untrained, small_corpus, tmp_path_factory):
    """The same model, fine-tuned as the program does it."""
    model = Model(checkpoint=str(untrained))
    folder = tmp_path_factory.mktemp("tuned") / "model"
    tuning = Tuning(epochs=12, rate=2e-3, batch=32)
    tuned(model, resolve(model), small_corpus(0), tuning, folder, no_progress)
    model = Model(checkpoint=str(folder))
    return load(model, resolve(model))
