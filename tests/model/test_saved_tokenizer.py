"""tokenizer.json is read as it stands; special subwords and [CLS] are where the tokenizer's own template puts them."""

import json
import shutil

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from probing.errors import ConfigError, ModelError
from probing.model.checkpoint import Model, resolve
from probing.model.encoder import load
from probing.model.pooling import Pooling
from probing.model.saved_tokenizer import cls_place, read_tokenizer, special_subwords

WORDS = ["the", "dog", "sleeps", "here"]


def template(tokenizer: Tokenizer, single: str) -> None:
    names = [name for name in single.split() if name != "$A"]
    pairs = [(name, tokenizer.token_to_id(name)) for name in names]
    tokenizer.post_processor = processors.TemplateProcessing(single=single, special_tokens=pairs)


def save(folder, single: str) -> None:
    """A tokenizer of whole words with this template."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "<s>"]
    tokenizer = Tokenizer(models.WordLevel({name: at for at, name in enumerate([*special, *WORDS])}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    template(tokenizer, single)
    cls = {"cls_token": "[CLS]"} if "[CLS]" in single else {}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", **cls).save_pretrained(
        folder
    )


@pytest.fixture
def folder(folder_of, tmp_path):
    return shutil.copytree(folder_of("bert"), tmp_path / "mine")


def loaded(folder):
    model = Model(str(folder))
    return load(model, resolve(model))


def test_case_is_as_tokenizer_json_says_whatever_transformers_makes_of_it(folder):
    path = folder / "tokenizer.json"
    saved = json.loads(path.read_text())
    saved["normalizer"]["lowercase"] = False
    saved["model"]["vocab"]["New"] = saved["model"]["vocab"].pop("new", 300)
    path.write_text(json.dumps(saved))
    (folder / "tokenizer_config.json").unlink()
    encoder = loaded(folder)
    found = [encoder.tokenizer.id_to_token(i) for i in encoder.tokenize([["New", "york"]]).ids]
    assert found == Tokenizer.from_file(str(path)).encode("New york").tokens
    assert found[1] == "New"
    [note] = [note for note in encoder.notes if note.startswith("tokenizer: 'The Quick Fox jumps' is ")]
    assert "as tokenizer.json says; transformers reads" in note


def test_a_tokenizer_that_transformers_reads_the_same_needs_no_note(folder_of):
    for family in ("bert", "roberta", "gpt2", "t5", "llama"):
        assert read_tokenizer(folder_of(family)).notes == ()


@pytest.mark.parametrize("said", [True, False])
def test_only_an_explicit_option_overrules_the_template(folder_of, tmp_path, said):
    folder = shutil.copytree(folder_of("llama"), tmp_path / "mine")
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, "add_bos_token": said}))
    theirs = AutoTokenizer.from_pretrained(folder)("dog").input_ids
    encoder = loaded(folder)
    assert list(encoder.tokenize([["dog"]]).ids) == theirs
    assert len(encoder.frame.prefix) == 1 or not said


def test_an_alphabet_without_an_a_is_enough():
    tokenizer = Tokenizer(models.BPE())  # without an unknown token
    trainer = trainers.BpeTrainer(vocab_size=60, special_tokens=["[CLS]", "[SEP]"], show_progress=False)
    tokenizer.train_from_iterator(["שלום עולם", "你好世界"], trainer)
    template(tokenizer, "[CLS] $A [SEP]")
    assert special_subwords(tokenizer) == ((0,), (1,))


def test_a_tokenizer_that_knows_no_text_is_refused():
    with pytest.raises(ModelError, match="no subword for any text"):
        special_subwords(Tokenizer(models.BPE()))


@pytest.mark.parametrize(
    ("single", "place"), [("[CLS] $A [SEP]", "first"), ("$A [SEP] [CLS]", "last"), ("$A", "none"), ("$A <s>", "none")]
)
def test_cls_is_where_the_template_has_it(folder, single, place):
    for path in folder.glob("*token*"):
        path.unlink()
    save(folder, single)
    encoder = loaded(folder)
    assert encoder.cls_position == place
    if place == "none":
        with pytest.raises(ConfigError, match=r"puts no \[CLS\].*type task.vector=mean"):
            Pooling("sentence", "cls", place)
        return
    vectors = encoder.hidden(encoder.tokenize([["the", "dog"], ["sleeps", "here", "dog"]]))[0]
    at = {"first": (0, 4), "last": (3, 8)}[place]
    if place == "first":  # in layer 0 the same subword in the same place is the same vector
        np.testing.assert_allclose(vectors[at[0]], vectors[at[1]], atol=1e-6)
    assert encoder.tokenizer.id_to_token(int(encoder.tokenize([["the", "dog"]]).ids[at[0]])) == "[CLS]"


def test_a_first_special_subword_of_another_name_is_taken_and_said():
    assert cls_place({}, (7,), ()) == ("first", cls_place({}, (7,), ())[1])
    assert "names no [CLS]" in (cls_place({}, (7,), ())[1] or "")
    assert cls_place({"cls": ("[CLS]", 3)}, (7, 3), ())[0] == "none"


@pytest.mark.parametrize("kind", ["t5", "deberta-v2", "mpnet", "gemma", "mpt", "openai-gpt"])
def test_a_file_that_transformers_cannot_rebuild_is_read_alone(folder, kind):
    """Word pieces in a folder of another kind: transformers fails, or makes another tokenizer of them."""
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model_type": kind}))
    truth = Tokenizer.from_file(str(folder / "tokenizer.json"))
    for other in folder.glob("*token*"):
        if other.name != "tokenizer.json":
            other.unlink()
    found = read_tokenizer(folder)
    assert found.backend.encode("the naïve fox").tokens == truth.encode("the naïve fox").tokens
    assert {role: name for role, (name, _) in found.special.items()}.items() >= {
        "cls": "[CLS]",
        "mask": "[MASK]",
    }.items()
    assert all(note.startswith("tokenizer: ") for note in found.notes)


def test_a_broken_tokenizer_config_is_named(folder):
    (folder / "tokenizer_config.json").write_text("{")
    with pytest.raises(ModelError, match="tokenizer"):
        read_tokenizer(folder)
