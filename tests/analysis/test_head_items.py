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
    for words, of_words in ((WORDS[0], labels[0]), (WORDS[2], labels[2])):
        given = tokenizer(" ".join(words), return_tensors="pt", return_offsets_mapping=True)
        starts = [int(start) for start, _ in given.pop("offset_mapping")[0]]
        with torch.no_grad():
            logits = full(input_ids=given["input_ids"]).logits[0].numpy()
        if level == "sentence":
            expected.append(logits)
            continue
        at = np.cumsum([0, *(len(word) + 1 for word in words)])
        text = " ".join(words)
        for number, label in enumerate(of_words):
            here = [p for p, start in enumerate(starts) if start == at[number] or text[start : at[number]] == " "]
            mine = [p for p in here if given["input_ids"][0][p] not in tokenizer.all_special_ids]
            if label >= 0 and mine and number < len(found.labels[0]) + 9:
                expected.append(logits[mine[0]])
    n = len(found.vectors)
    np.testing.assert_allclose(apply_head(encoder.head, found.vectors), np.array(expected)[:n], atol=1e-4)
    assert [len(one) for one in found.labels][1] == 0
    assert found.left_out["in a sentence longer than the window"] == (70 if level == "word" else 1)
    assert n == sum(len(one) for one in found.labels)
