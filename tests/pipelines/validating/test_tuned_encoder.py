"""A fine-tuned encoder is made once, loads in transformers, and is never mistaken for another."""

import pytest

from pipelines.validating.tuned_encoder import Tuning, tuned
from probing.axes import no_progress
from probing.errors import ConfigError
from probing.model.checkpoint import Model, resolve


def test_fine_tuning_is_done_once_and_another_one_is_refused(untrained, small_corpus, tmp_path):
    import torch
    import transformers

    model = Model(checkpoint=str(untrained))
    given = model, resolve(model), small_corpus(0)
    steps = []
    folder = tuned(*given, Tuning(epochs=1), tmp_path / "model", lambda _step, done, total: steps.append((done, total)))
    assert steps[-1] == (19, 19)  # 600 sentences, 32 at a time
    full = transformers.AutoModelForSequenceClassification.from_pretrained(folder)
    before = transformers.AutoModel.from_pretrained(untrained)
    assert full.config.id2label == {0: "negative", 1: "positive"}
    moved = [
        not torch.equal(a, b) for a, b in zip(full.bert.encoder.parameters(), before.encoder.parameters(), strict=True)
    ]
    assert all(moved)
    stamp = (folder / "model.safetensors").stat().st_mtime_ns
    tuned(*given, Tuning(epochs=1), tmp_path / "model", no_progress)
    assert (folder / "model.safetensors").stat().st_mtime_ns == stamp
    with pytest.raises(ConfigError, match="has another model than this one"):
        tuned(*given, Tuning(epochs=2), tmp_path / "model", no_progress)


def test_the_same_seed_gives_the_same_weights(untrained, small_corpus, tmp_path):
    model = Model(checkpoint=str(untrained))
    given = model, resolve(model), small_corpus(0), Tuning(epochs=1)
    first, again = (tuned(*given, tmp_path / name, no_progress) for name in ("first", "again"))
    assert (first / "model.safetensors").read_bytes() == (again / "model.safetensors").read_bytes()
