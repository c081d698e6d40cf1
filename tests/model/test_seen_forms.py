"""Forms of words as a model reads them."""

import pytest
from tokenizers import Tokenizer, models, normalizers

from probing.errors import ModelError
from probing.model.checkpoint import Model, resolve
from probing.model.seen_forms import seen_form


def saved(folder, normaliser):
    tokenizer = Tokenizer(models.WordLevel({"a": 0, "[UNK]": 1}, unk_token="[UNK]"))
    if normaliser is not None:
        tokenizer.normalizer = normaliser
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def test_an_uncased_model_reads_the_and_The_alike():
    form = seen_form(resolve(Model("bundled")).folder)
    assert [form(word) for word in ("The", "THE", "the", "Café")] == ["the", "the", "the", "cafe"]


@pytest.mark.parametrize(
    ("normaliser", "expected"),
    [(None, ["The", "é"]), (normalizers.Lowercase(), ["the", "é"]), (normalizers.NFD(), ["The", "e\u0301"])],
)
def test_the_form_is_what_the_normaliser_leaves(normaliser, expected, tmp_path):
    form = seen_form(saved(tmp_path, normaliser))
    assert [form("The"), form("é")] == expected


def test_a_damaged_tokenizer_is_named(tmp_path):
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(ModelError, match=r"tokenizer\.json: the tokenizer cannot be read"):
        seen_form(tmp_path)
