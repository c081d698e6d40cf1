import json

import pytest

from probing.diagnosis.saved_classes import check_saved_head
from probing.errors import ModelError
from probing.model.checkpoint import Checkpoint

CLASSES = ("negative", "positive")


@pytest.fixture
def check(tmp_path):
    """check(architecture, id2label, level=…, prompted=…): of a checkpoint with nothing but this configuration."""

    def of(architecture, id2label=None, level="sentence", prompted=False, **rest):
        config = {"architectures": architecture and [architecture], **rest}
        if id2label is not None:
            config["id2label"] = id2label
        (tmp_path / "config.json").write_text(json.dumps(config))
        check_saved_head(Checkpoint("mine", tmp_path, "sha256-0", ()), CLASSES, level, prompted)

    return of


def test_a_classifier_of_other_classes_is_refused_by_its_configuration(check):
    check("BertForSequenceClassification", {"0": "Positive", "1": "Negative"})
    with pytest.raises(ModelError, match=r"does not know negative, positive.*LABEL_0"):
        check("BertForSequenceClassification", {"0": "LABEL_0", "1": "LABEL_1"})
    with pytest.raises(ModelError, match="does not know negative, positive"):
        check("BertForTokenClassification", {"0": "NOUN", "1": "VERB"}, level="word")


def test_heads_that_the_diagnosis_does_not_read_are_not_asked(check):
    check("BertForTokenClassification", {"0": "NOUN", "1": "VERB"})  # a classifier of words, for a task of sentences
    check("BertForMaskedLM", {"0": "LABEL_0", "1": "LABEL_1"})
    check("BertForSequenceClassification")  # names are missing: the loaded head says what they are
    check(None)


def test_a_prompt_needs_a_head_of_the_next_word(check):
    for architecture in ("GPT2LMHeadModel", "LlamaForCausalLM"):
        check(architecture, prompted=True)
    for architecture in ("BertForSequenceClassification", "BertForMaskedLM", None):
        with pytest.raises(ModelError, match=r"mine: a prompt needs the head .* choose a causal model"):
            check(architecture, prompted=True)
