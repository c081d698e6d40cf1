"""The vectors that a head reads are those that it reads inside of the whole model."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from probing.analysis.head_items import head_items
from probing.axes import Sentence, no_progress
from probing.model.checkpoint import Model, resolve
from probing.model.encoder import load
from probing.model.new_head import save_classifier, with_new_head
from probing.probe.head_fit import apply_head

BUILD = runpy.run_path(str(Path(__file__).parents[1] / "model" / "conftest.py"))["build"]
NAMES = ["no", "perhaps", "yes"]
WORDS = [("the", "quick", "naïve", "fox"), ("dog",) * 70, ("she", "left", "\u200b")]


@pytest.mark.parametrize(
    ("family", "level"), [("bert", "sentence"), ("gpt2", "sentence"), ("llama", "word"), ("bert", "word")]
)
def test_they_give_the_logits_of_the_whole_model(tmp_path, family, level):
    import torch
    import transformers

    checkpoint = resolve(Model(str(BUILD(family, tmp_path / "plain"))))
    save_classifier(with_new_head(checkpoint, level, NAMES, None, 0), checkpoint, tmp_path / "new")
    encoder = load(Model(str(tmp_path / "new")), resolve(Model(str(tmp_path / "new"))), head=True)
    sentences = [Sentence(str(number), words) for number, words in enumerate(WORDS)]
    labels = [np.array([0]), np.array([1]), np.array([2])]
    if level == "word":
        labels = [np.array([0, 1, -1, 2]), np.zeros(70, int), np.array([1, 1, 1])]
    found = head_items(encoder, sentences, labels, no_progress)
    one = "Token" if level == "word" else "Sequence"
    full = getattr(transformers, f"AutoModelFor{one}Classification").from_pretrained(tmp_path / "new")
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "new")
    expected = []
    for row in (0, 2):
        ids = tokenizer(" ".join(WORDS[row]), return_tensors="pt")["input_ids"]
        with torch.no_grad():
            logits = full(input_ids=ids).logits[0].numpy()
        own = encoder.tokenize([WORDS[row]])
        assert level == "sentence" or own.ids.tolist() == ids[0].tolist()
        words = own.words.tolist()
        labelled = [word for word, label in enumerate(labels[row]) if label >= 0 and word in words]
        expected += [logits] if level == "sentence" else [logits[words.index(word)] for word in labelled]
    n = len(found.vectors)
    np.testing.assert_allclose(apply_head(encoder.head, found.vectors), np.array(expected), atol=1e-4)
    assert [len(one) for one in found.labels][1] == 0
    assert found.left_out["in a sentence longer than the window"] == (70 if level == "word" else 1)
    assert n == sum(len(one) for one in found.labels)
