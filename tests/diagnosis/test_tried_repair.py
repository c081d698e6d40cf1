"""What the label gets after an intervention on the model, held against passes that are made by hand."""

from dataclasses import replace

import numpy as np
import pytest

from probing.analysis.text_parts import Part
from probing.attention.interventions.head_ablation import Ablation, ablated
from probing.attention.interventions.passes import forward, hidden
from probing.diagnosis.edited_texts import text_sentence
from probing.diagnosis.head_reference import head_reference
from probing.diagnosis.one_text import text_evidence
from probing.diagnosis.text_verdict import Verdict
from probing.diagnosis.tried_repair import tried_repair
from probing.model.batches import batch_of


@pytest.fixture(scope="module")
def means(small_subject):
    return head_reference(small_subject, 10)


@pytest.fixture(scope="module")
def found(small_subject, means):
    """The text is wrong: its label is the class that it does not get."""
    sentence = text_sentence("The movie was unexpectedly not boring")
    given = int(small_subject.log_probabilities([sentence])[0].argmax())
    return text_evidence(small_subject, sentence, 1 - given, means)


def label_of(small_subject, found, states, batch) -> float:
    _, readout = small_subject.read([found.sentence], [found.label])
    return float(readout(states, batch).log_probabilities[0, found.label].exp())


def test_heads_that_speak_for_the_answer_are_removed_together(small_subject, found, means):
    parts = [Part("head", 2, 1, 0.5, 0.0), Part("head", 1, 0, 0.4, 0.0), Part("head", 1, 1, -0.3, 0.0)]
    found, heads = replace(found, parts=parts), parts[:2]
    tried = tried_repair(small_subject, found, Verdict("outweighed", "", "", (), word="boring"), means)
    assert tried.what == "head 2.1, head 1.0 replaced by the mean over dev"
    assert tried.before == pytest.approx(np.exp(found.log_probabilities[found.label]))
    read, readout = small_subject.read([found.sentence], [found.label])
    batch = batch_of(read, [0], small_subject.encoder.pad)
    removed = [(part.layer, part.head) for part in heads]
    with ablated(small_subject.encoder, batch, removed, Ablation("mean", means.heads)):
        states = hidden(small_subject.encoder, batch, readout.layer)
    assert tried.after == pytest.approx(label_of(small_subject, found, states, batch), abs=1e-5)


@pytest.mark.parametrize("layer", [0, 1])
def test_skipped_blocks_give_back_the_states_of_the_layer_that_has_the_label(small_subject, found, means, layer):
    import torch

    answers = [
        replace(one, log_probabilities=np.log(np.eye(2)[found.label if one.layer <= layer else 1 - found.label] + 1e-9))
        for one in found.answers
    ]
    tried = tried_repair(small_subject, replace(found, answers=answers), Verdict("lost", "", "", (), layer), means)
    assert tried.what.startswith(f"block {layer + 1} is skipped")
    read, readout = small_subject.read([found.sentence], [found.label])
    encoder, batch = small_subject.encoder, batch_of(read, [0], small_subject.encoder.pad)
    with torch.inference_mode():
        states = forward(encoder, batch).hidden_states[layer]
        for block in encoder.network.encoder.layer[layer + 1 : readout.layer]:
            after = block(states)
            states = after[0] if isinstance(after, tuple) else after
    assert tried.after == pytest.approx(label_of(small_subject, found, states, batch), abs=1e-5)
    again = hidden(encoder, batch, readout.layer)  # the network is as before
    assert label_of(small_subject, found, again, batch) == pytest.approx(tried.before, abs=1e-5)


def test_the_label_of_a_word_is_read_at_that_word(word_subject):
    import torch

    means, sentence = head_reference(word_subject, 10), text_sentence("they watch the light")
    label = word_subject.classes.index("VERB")
    found = text_evidence(word_subject, sentence, label, means, 1)
    gives = np.log(np.eye(len(word_subject.classes)) + 1e-9)  # the label up to layer 1, and another class above
    answers = [replace(one, log_probabilities=gives[label - (one.layer > 1)]) for one in found.answers]
    found = replace(found, answers=answers)
    tried = tried_repair(word_subject, found, Verdict("lost", "", "", (), 1), replace(means, notes=()))
    assert tried.what.startswith("block 2 is skipped")
    with torch.inference_mode():
        subwords = word_subject.subwords([sentence])
        states = forward(word_subject.encoder, batch_of(subwords, [0], word_subject.encoder.pad)).hidden_states[1][0]
    vector = states[torch.from_numpy(subwords.words == 1)].mean(dim=0).numpy()[None]
    logits = word_subject.saved.read(2, vector)[0].astype(float)
    assert tried.after == pytest.approx(np.exp(logits[label] - np.logaddexp.reduce(logits)), abs=1e-4)
    assert tried.before == pytest.approx(np.exp(found.log_probabilities[label]))


def test_other_verdicts_try_nothing(small_subject, found, means):
    assert tried_repair(small_subject, found, Verdict("undecided", "", "", ()), means) is None
    without = replace(found, parts=())
    assert tried_repair(small_subject, without, Verdict("outweighed", "", "", (), word="boring"), means) is None
