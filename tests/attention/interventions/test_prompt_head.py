"""What a causal model answers to a prompt is what the whole model says of the answers' first subwords."""

from dataclasses import replace

import numpy as np
import pytest

from probing.attention.interventions.gradients import gradients
from probing.attention.interventions.passes import hidden
from probing.attention.interventions.prompt_head import Prompt, prompt_readout
from probing.attention.interventions.token_effects import blank_out, special_token
from probing.axes import Sentence, Surface
from probing.errors import ConfigError, ModelError
from probing.model.batches import batch_of
from probing.model.checkpoint import Model, resolve
from probing.model.encoder import load

TEXTS = ["the quick fox saw New York", "she left"]
PROMPT = Prompt("I know: {text} and then", {"dogs": " the dog", "foxes": " fox"})
HEADS = {"gpt2": "GPT2LMHeadModel", "llama": "LlamaForCausalLM", "bert": "BertForMaskedLM"}


@pytest.fixture(scope="session")
def model_of(saved):
    """An encoder with its head, and the whole network."""

    def model_of(family, **options):
        folder, full = saved(family, HEADS[family])
        model = Model(checkpoint=str(folder), **options)
        return load(model, resolve(model), head=True), full

    return model_of


def sentences():
    return [Sentence(f"s{number}", tuple(text.split())) for number, text in enumerate(TEXTS)]


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_the_answers_share_is_that_of_the_whole_model(model_of, family):
    import torch

    encoder, full = model_of(family)
    subwords, output = prompt_readout(encoder, PROMPT, sentences(), [1, 0], ["foxes", "Dogs"])
    batch = batch_of(subwords, [0, 1], encoder.pad)
    reading = output(hidden(encoder, batch, output.layer), batch)
    assert reading.gold.tolist() == [0, 1]  # foxes and Dogs of the corpus are answers 1 and 0
    for row, text in enumerate(TEXTS):
        whole = f"I know: {text} and then"
        begin = encoder.tokenizer.encode(whole).ids
        answers = [encoder.tokenizer.encode(whole + answer).ids for answer in (" the dog", " fox")]
        assert all(answer[: len(begin)] == begin for answer in answers)
        with torch.no_grad():
            logits = full(input_ids=torch.tensor([begin])).logits[0, -1]
        expected = logits[[answer[len(begin)] for answer in answers]].log_softmax(0)
        np.testing.assert_allclose(reading.log_probabilities[row], expected, atol=1e-5)
    assert output.level == "sentence" and output.notes == ()


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_only_the_subwords_of_the_text_are_of_its_words(model_of, family):
    encoder, _ = model_of(family)
    subwords, output = prompt_readout(encoder, PROMPT, sentences(), [0, -1], PROMPT.classes)
    for row, text in enumerate(TEXTS):
        part = subwords.part(row, row + 1)
        inside = np.flatnonzero(part.words >= 0)
        assert part.n_words.tolist() == [len(text.split())]
        assert np.array_equal(np.unique(part.words[inside]), np.arange(len(text.split())))
        assert encoder.tokenizer.decode(part.ids[inside].tolist()).strip() == text
        assert np.array_equal(inside, np.arange(inside[0], inside[-1] + 1))
    assert [(row >= 0).sum() for row in output.gold] == [1, 0]
    assert output.gold[0][-1] == 0


def test_a_prompt_may_begin_with_the_text_and_a_text_with_a_space(model_of):
    encoder, _ = model_of("gpt2")
    written = Sentence("s", ("the", "dog", "."), surface=Surface(" the dog.", ((1, 4), (5, 8), (8, 9))))
    prompt = Prompt("{text} and then", PROMPT.answers)
    subwords, _ = prompt_readout(encoder, prompt, [written], [0], PROMPT.classes)
    assert subwords.n_words.tolist() == [3]
    assert sorted(set(subwords.words.tolist())) == [-1, 0, 1, 2]


def test_interventions_move_the_answer(model_of):
    encoder, _ = model_of("gpt2")
    subwords, output = prompt_readout(encoder, PROMPT, sentences(), [0, 1], PROMPT.classes)
    blank = special_token(encoder)[1]
    lost = blank_out(encoder, subwords, output, blank)[0]
    words = subwords.part(0, 1).words
    assert np.isnan(lost[words < 0]).all()  # the prompt is no word of the text
    assert np.isfinite(lost[words >= 0]).all()
    at = int(np.flatnonzero(words >= 0)[1])
    ids = subwords.ids.copy()
    ids[at] = blank
    before, after = (
        output(hidden(encoder, batch, output.layer), batch).of_gold()
        for batch in (batch_of(some, [0], encoder.pad) for some in (subwords, replace(subwords, ids=ids)))
    )
    assert lost[at, 0] == pytest.approx(float(before - after), abs=1e-5)
    slopes = gradients(encoder, subwords, output)[0]
    assert len(slopes) == len(words) and np.abs(slopes[words >= 0]).min() > 0


def test_an_input_that_is_cut_off_has_no_answer_and_is_counted(model_of):
    encoder, _ = model_of("gpt2", max_subwords=12, long="truncate")
    some = [Sentence("long", ("dog",) * 30), Sentence("short", ("dog",))]
    _, output = prompt_readout(encoder, Prompt("{text} and", PROMPT.answers), some, [0, 0], PROMPT.classes)
    assert [int((row >= 0).sum()) for row in output.gold] == [0, 1]
    assert output.notes[0].startswith("1 inputs are longer")


@pytest.mark.parametrize(
    ("prompt", "answers", "said"),
    [
        ("no place", PROMPT.answers, "{text} is expected in it once"),
        ("{text} {text}", PROMPT.answers, "{text} is expected in it once"),
        ("{text}", {"one": " the"}, "two classes or more"),
        ("{text}", {"one": " the", "two": " "}, "two classes or more"),
    ],
)
def test_an_impossible_prompt_is_refused(prompt, answers, said):
    with pytest.raises(ConfigError, match=said):
        Prompt(prompt, answers)


def test_answers_that_cannot_be_read_are_refused(model_of):
    encoder, _ = model_of("gpt2")

    def read(answers, classes, prompt="{text} and then"):
        prompt_readout(encoder, Prompt(prompt, answers), sentences(), [0, 0], classes)

    with pytest.raises(ConfigError, match="begins with the same subword as answers.a, 'Ġthe'"):
        read({"a": " the", "b": " the dog"}, ["a", "b"])
    with pytest.raises(ConfigError, match="answers.a='the' changes|it changes how the end"):
        read({"a": "the", "b": " dog"}, ["a", "b"], "{text} and ")
    with pytest.raises(ConfigError, match="given for a, b, and the classes are a, c"):
        read({"a": " the", "b": " dog"}, ["a", "c"])
    with pytest.raises(ModelError, match="predicts the next word"):
        prompt_readout(model_of("bert")[0], PROMPT, sentences(), [0, 0], PROMPT.classes)
