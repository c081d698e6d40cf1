"""A new head on a frozen encoder: of the right class, on the right layer, and what is written is what was built."""

import numpy as np
import pytest

from probing.errors import ConfigError, ModelError
from probing.model.checkpoint import Model, resolve
from probing.model.encoder import load
from probing.model.new_head import save_classifier, with_new_head

SENTENCES = [["the", "quick", "fox"], ["dog"], ["the", "lazy", "dog", "sleeps", "and", "the", "fox", "jumps"]]
NAMES = ["no", "perhaps", "yes"]
FAMILIES = ("bert", "distilbert", "roberta", "electra", "gpt2", "llama", "modernbert")


def checkpoint_in(folder):
    return resolve(Model(str(folder)))


@pytest.mark.parametrize("level", ["sentence", "word"])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_head_reads_the_layer_that_was_asked_for(folder_of, tmp_path, family, level):
    checkpoint = checkpoint_in(folder_of(family))
    whole = load(Model(str(folder_of(family))), checkpoint)
    full = with_new_head(checkpoint, level, NAMES, 2, seed=0)
    save_classifier(full, checkpoint, tmp_path / "new")
    cut = load(Model(str(tmp_path / "new")), checkpoint_in(tmp_path / "new"), head=True)
    assert cut.head.kind == {"sentence": "class", "word": "tag"}[level]
    assert list(cut.head.id2label.values()) == NAMES
    subwords = whole.tokenize(SENTENCES)
    np.testing.assert_array_equal(cut.tokenize(SENTENCES).ids, subwords.ids)
    states, expected = cut.hidden(subwords), whole.hidden(subwords)[:3]
    np.testing.assert_allclose(states[:2], expected[:2], atol=1e-5)
    if not whole.final_norm:  # the final norm follows whichever block is last
        np.testing.assert_allclose(states[2], expected[2], atol=1e-5)
    assert len(states) == 3


def test_it_loads_in_plain_transformers_with_every_weight(folder_of, tmp_path):
    import transformers

    checkpoint = checkpoint_in(folder_of("bert"))
    full = with_new_head(checkpoint, "sentence", NAMES, None, seed=0)
    save_classifier(full, checkpoint, tmp_path)
    read, report = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path, output_loading_info=True)
    assert type(read).__name__ == "BertForSequenceClassification"
    assert not report["missing_keys"] and not report["unexpected_keys"]
    for name, weight in full.state_dict().items():
        assert (read.state_dict()[name] == weight).all()
    assert transformers.AutoTokenizer.from_pretrained(tmp_path)("the fox")["input_ids"][0] == read.config.cls_token_id


def test_a_head_begins_where_its_seed_says(folder_of):
    checkpoint = checkpoint_in(folder_of("bert"))
    heads = [with_new_head(checkpoint, "word", NAMES, None, seed).classifier.weight for seed in (0, 0, 1)]
    assert (heads[0] == heads[1]).all()
    assert not (heads[0] == heads[2]).all()


def test_what_cannot_have_a_head_is_refused(folder_of):
    for family in ("t5", "bart"):
        with pytest.raises(ModelError, match="no class for"):
            with_new_head(checkpoint_in(folder_of(family)), "sentence", NAMES, None, seed=0)
    for layer in (4, 100):
        with pytest.raises(ConfigError, match=f"layer={layer}: .* has layers 1 to 3"):
            with_new_head(checkpoint_in(folder_of("bert")), "sentence", NAMES, layer, seed=0)
