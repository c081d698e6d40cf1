"""A tiny BERT whose head reads a known subspace: words have a colour, which it classifies, and a shape, a decoy.

The vocabulary has words of every colour and shape, drawn without regard to each other. A word's embedding is the
vector of its colour, that of its shape, and noise of its own; blocks mix a little of the other words in. The head reads
the directions of the colours, and of the shapes nothing: both are as decodable on every layer.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from probing.analysis.study import Study
from probing.analysis.study_options import Options
from probing.axes import Corpus, Sentence
from probing.model.checkpoint import Model, resolve
from probing.probe.linear import Linear
from probing.store.key import Store
from probing.task.words import WordTask

if TYPE_CHECKING:
    from transformers import BertForTokenClassification

COLOURS, SHAPES = ("red", "green", "blue"), ("round", "flat", "long")
PER_KIND, WIDTH, LENGTH = 12, 32, 6  # words of a colour and shape, features, words of a sentence
SIZES = {"train": 600, "dev": 60, "test": 80}
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def kinds() -> list[tuple[str, str, str]]:
    """Word, colour and shape of the whole vocabulary; the words are as long as each other."""
    pairs = [(colour, shape) for colour in COLOURS for shape in SHAPES for _ in range(PER_KIND)]
    return [(f"w{number:03}", *pair) for number, pair in enumerate(pairs)]


def corpus(rng: np.random.Generator) -> Corpus:
    """Sentences of random words; the part of speech is the colour, the tag the shape."""
    words, splits = kinds(), {}
    for split, n in SIZES.items():
        drawn = [[words[at] for at in rng.integers(len(words), size=LENGTH)] for _ in range(n)]
        columns = [tuple(zip(*of, strict=True)) for of in drawn]
        splits[split] = tuple(Sentence(f"{split}-{i}", *columns[i]) for i in range(n))
    return Corpus("planted", splits)


def checkpoint(folder: Path, rng: np.random.Generator, aligned: bool = False) -> None:
    """Write the network to ``folder``; aligned: with the head of ``align``."""
    import torch
    from transformers import BertConfig, BertForTokenClassification, BertTokenizer

    words = kinds()
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join([*SPECIAL, *(word for word, _, _ in words)]) + "\n")
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    centred = np.eye(WIDTH) - 1 / WIDTH  # a layer norm takes the mean of the features away
    basis = np.linalg.svd(rng.standard_normal((4, WIDTH)) @ centred, full_matrices=False)[2]
    corners = np.linalg.svd(np.eye(3) - 1 / 3)[0][:, :2]  # of a triangle, (3, 2)
    of_colours, of_shapes = (corners @ part for part in (basis[:2], basis[2:]))
    config = BertConfig(
        **{"vocab_size": len(SPECIAL) + len(words), "hidden_size": WIDTH, "intermediate_size": WIDTH},
        **{"num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 16, "initializer_range": 0.1},
        **{"id2label": dict(enumerate(COLOURS)), "label2id": {name: i for i, name in enumerate(COLOURS)}},
    )
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(int(rng.integers(1000)))
        full = BertForTokenClassification(config)
        vectors = rng.standard_normal((len(words), WIDTH)) * 0.15
        for row, (_, colour, shape) in enumerate(words):
            vectors[row] += of_colours[COLOURS.index(colour)] + of_shapes[SHAPES.index(shape)]
        full.bert.embeddings.word_embeddings.weight[len(SPECIAL) :] = torch.from_numpy(vectors).float()
        full.classifier.weight.copy_(torch.from_numpy(1.5 * of_colours))
        full.classifier.bias.zero_()
        if aligned:
            align(full.eval(), rng)
    full.save_pretrained(folder)


def align(full: "BertForTokenClassification", rng: np.random.Generator) -> None:
    """Let the head read, of the last layer, just the subspace in which the mean vectors of colours differ.

    Blocks spread a colour over more directions than it was planted in, and the head would read but some of them. The
    means are those of standardised vectors of many random sentences.
    """
    import torch

    at = rng.integers(len(kinds()), size=(4000, LENGTH))
    ends = [np.full((len(at), 1), SPECIAL.index(name)) for name in ("[CLS]", "[SEP]")]
    ids = torch.from_numpy(np.hstack([ends[0], at + len(SPECIAL), ends[1]]))
    states = full.bert(ids).last_hidden_state[:, 1:-1].flatten(0, 1)
    mean, deviation = states.mean(0), states.std(0, correction=0)
    colours = torch.tensor([COLOURS.index(colour) for _, colour, _ in kinds()])[torch.from_numpy(at.ravel())]
    means = torch.stack([((states - mean) / deviation)[colours == colour].mean(0) for colour in range(len(COLOURS))])
    full.classifier.weight.copy_((means - means.mean(0)) / deviation)
    full.classifier.bias.copy_(-full.classifier.weight @ mean)


def planted(folder: Path, seed: int, aligned: bool = False) -> Study:
    """A study of the colours on all layers with the network's own head."""
    rng = np.random.default_rng(seed)
    checkpoint(folder / "network", rng, aligned)
    model = Model(str(folder / "network"))
    return Study(
        corpus=corpus(rng),
        task=WordTask("pos", column="upos"),
        model=model,
        checkpoint=resolve(model),
        probe=Linear("linear", [1e-2]),
        store=Store(str(folder / "store")),
        options=Options(resamples=300, seed=seed),
        with_head=True,
    )
