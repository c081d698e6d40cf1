"""Answers that a tiny random decoder writes: alone or in a batch, greedy or drawn, and read in one pass."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

sys.path.append(str(Path(__file__).parent.parent))  # for chat_models.py

from chat_models import chat_model

from probing.axes import Corpus, no_progress
from probing.data.conversation import conversation, with_answer
from probing.errors import ConfigError, DataError, ModelError
from probing.model.chat_template import written_out
from probing.model.checkpoint import Model, resolve
from probing.model.encoder import load
from probing.model.generation import CUT, Answering, answers

ASKED = ["the fox?", "she watched the light of the moon, and then she left", "Don't leave!", "New York dog sleeps fox"]


@pytest.fixture(scope="module", params=["chatml", "turns"])  # rotary positions; absolute ones
def folder(request, tmp_path_factory):
    return chat_model(request.param, tmp_path_factory.mktemp(request.param))


def prompts(folder, asked=ASKED):
    chats = [{"messages": [{"role": "user", "content": text}]} for text in asked]
    read = tuple(conversation(chat, "f:1", f"train-{n}") for n, chat in enumerate(chats))
    return written_out(Corpus("mine", {"train": read}), folder).splits["train"]


def written(folder, some, how, **options):
    model = Model(str(folder), **options)
    return answers(model, resolve(model), some, how, "cpu", no_progress)


def test_answers_of_a_padded_batch_are_those_of_each_prompt_alone(folder):
    some = prompts(folder)
    together, counts = written(folder, some, Answering(12))
    alone = {prompt.id: written(folder, [prompt], Answering(12))[0][prompt.id] for prompt in some}
    assert together == alone
    assert len({*together.values()}) > 1
    assert counts[CUT] <= len(some)


def test_greedy_answers_are_those_of_transformers(folder):
    some = prompts(folder)[:1]
    found, _ = written(folder, some, Answering(12))
    full = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    ids = torch.tensor([tokenizer(some[0].surface.text, add_special_tokens=False)["input_ids"]])
    ends = full.generation_config.eos_token_id
    row = []
    with torch.inference_mode():
        for _ in range(12):  # without a cache, one whole pass for each subword
            best = int(full(torch.cat([ids, torch.tensor([row], dtype=torch.long)], dim=1)).logits[0, -1].argmax())
            if best == ends:
                break
            row.append(best)
    before, whole = (tokenizer.decode(x, skip_special_tokens=True) for x in (ids[0].tolist(), ids[0].tolist() + row))
    assert found[some[0].id] == whole.removeprefix(before)


def test_one_pass_over_prompt_and_answer_gives_the_vectors_of_writing_it(folder):
    [prompt] = prompts(folder)[:1]
    encoder = load(Model(str(folder)), resolve(Model(str(folder))))
    whole = encoder.tokenize_sentences([with_answer(prompt, "the fox sleeps")])
    n = int(np.flatnonzero(whole.words == len(prompt.words))[0])  # the first subword of the answer
    stored = encoder.hidden(whole)
    ids, cache, steps = torch.from_numpy(whole.ids.astype(np.int64))[None], None, []
    with torch.inference_mode():
        for part in [ids[:, :n], *ids[:, n:].split(1, dim=1)]:  # as a model writes: the prompt, then subword by subword
            out = encoder.network(part, past_key_values=cache, use_cache=True, output_hidden_states=True)
            cache = out.past_key_values
            steps.append(torch.stack(out.hidden_states)[:, 0])
    assert np.abs(torch.cat(steps, dim=1).numpy() - stored).max() < 1e-4


def test_draws_depend_on_seed_and_prompt_and_on_no_other_prompt(folder):
    some = prompts(folder)
    drawn, _ = written(folder, some, Answering(12, temperature=1.0, seed=3))
    again, _ = written(folder, some[::-1], Answering(12, temperature=1.0, seed=3))
    other, _ = written(folder, some, Answering(12, temperature=1.0, seed=4))
    cold, _ = written(folder, some, Answering(12, temperature=1e-6, seed=3))
    assert drawn == again
    assert drawn != other
    assert cold == written(folder, some, Answering(12))[0]


def test_draws_follow_the_probabilities_of_the_model(tmp_path):
    folder = chat_model("turns", tmp_path)
    some = prompts(folder, ["fox"] * 1500)
    found, _ = written(folder, some, Answering(1, temperature=2.0, seed=0))
    full, tokenizer = (
        make.from_pretrained(folder) for make in (transformers.AutoModelForCausalLM, transformers.AutoTokenizer)
    )
    ids = tokenizer(some[0].surface.text, add_special_tokens=False, return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        expected = (full.eval()(ids).logits[0, -1] / 2).softmax(-1)
    top = expected.topk(1)
    share = np.mean([answer == tokenizer.decode(top.indices) for answer in found.values()])
    p = float(top.values[0])
    assert abs(share - p) < 4 * (p * (1 - p) / len(some)) ** 0.5


def test_encoder_and_missing_head_and_untrained_twin_are_refused(tmp_path, folder):
    some = prompts(folder)
    headless = chat_model("chatml", tmp_path / "headless", head=False)
    with pytest.raises(ModelError, match="saved without a next-word head"):
        written(headless, prompts(headless), Answering(4))
    with pytest.raises(ModelError, match="an untrained model has nothing to say"):
        written(folder, some, Answering(4), untrained_seed=1)
    text = [conversation({"text": "the fox"}, "f:1", "train-1")]
    with pytest.raises(ModelError, match="no causal model, and only those write answers; choose a decoder"):
        answers(Model("bundled"), resolve(Model("bundled")), text, Answering(4), "cpu", no_progress)


def test_prompts_without_room_or_with_an_answer_are_refused(folder):
    with pytest.raises(ConfigError, match="train-1 has .* subwords, and .* reads 256 at once"):
        written(folder, prompts(folder), Answering(250))
    chat = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
    answered = written_out(Corpus("mine", {"train": (conversation(chat, "f:1", "train-9"),)}), folder).splits["train"]
    with pytest.raises(DataError, match="train-9 ends with an answer of the assistant already"):
        written(folder, answered, Answering(4))
