"""Chats as models read them: every subword is of the message, or of the template, that it was written by."""

import sys
from pathlib import Path

import pytest
import transformers

sys.path.append(str(Path(__file__).parent.parent))  # for chat_models.py

from chat_models import KINDS, chat_model

from probing.axes import Corpus
from probing.data.conversation import conversation, with_answer
from probing.errors import DataError, ModelError
from probing.model.chat_template import written_out
from probing.model.checkpoint import Model, resolve
from probing.model.encoder import load

CHAT = [
    {"role": "user", "content": " user says: don't leave! "},
    {"role": "assistant", "content": "the fox\n\njumps"},
    {"role": "user", "content": "naïve user 🙂"},
]
WORDS = ["user", "says:", "don't", "leave!", "the", "fox", "jumps", "naïve", "user", "🙂"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return {kind: chat_model(kind, tmp_path_factory.mktemp(kind)) for kind in KINDS}


def encoder_of(folder):
    return load(Model(str(folder)), resolve(Model(str(folder))))


def read(folder, messages):
    corpus = Corpus("mine", {"train": (conversation({"messages": messages}, "f:1", "train-1"),), "dev": (), "test": ()})
    return written_out(corpus, folder).splits["train"][0]


def ids_of_transformers(folder, messages, **options):
    found = transformers.AutoTokenizer.from_pretrained(folder).apply_chat_template(messages, **options)
    return found if isinstance(found, list) else found["input_ids"]


@pytest.mark.parametrize("kind", KINDS)
def test_subwords_are_those_of_transformers_and_offsets_those_of_messages(folders, kind):
    folder = folders[kind]
    sentence, encoder = read(folder, CHAT), encoder_of(folder)
    text, spans, contents = sentence.surface
    assert [text[a:b] for a, b in spans] == WORDS == [*sentence.words]
    assert [text[a:b].strip() for a, b in contents] == [message["content"].strip() for message in CHAT]
    subwords = encoder.tokenize_sentences([sentence])
    if kind != "dated":  # transformers gives it today's date
        assert subwords.ids.tolist() == ids_of_transformers(folder, CHAT, add_generation_prompt=True)
    pieces = [encoder.tokenizer.id_to_token(number) for number in subwords.ids.tolist()]
    for number, word in enumerate(WORDS):  # a word's subwords spell it, and nothing but white space with it
        own = subwords.ids[subwords.words == number].tolist()
        assert encoder.tokenizer.decode(own).strip() == word
    template = {piece for piece, word in zip(pieces, subwords.words.tolist(), strict=True) if word < 0}
    assert {*KINDS[kind].special} <= template
    assert not {*KINDS[kind].special} & {p for p, w in zip(pieces, subwords.words.tolist(), strict=True) if w >= 0}


@pytest.mark.parametrize("kind", KINDS)
def test_chat_that_ends_with_an_answer_is_written_without_the_beginning_of_another(folders, kind):
    sentence = read(folders[kind], CHAT[:2])
    text = transformers.AutoTokenizer.from_pretrained(folders[kind]).apply_chat_template(CHAT[:2], tokenize=False)
    assert sentence.surface.text == text or kind == "dated"
    assert sentence.surface.text.index("jumps") + 5 == sentence.surface.contents[-1][1]


def test_answer_follows_the_last_subword_of_the_prompt(folders):
    encoder = encoder_of(folders["chatml"])
    prompt = read(folders["chatml"], CHAT[:1])
    whole = encoder.tokenize_sentences([with_answer(prompt, "the fox")])
    alone = encoder.tokenize_sentences([prompt])
    n = len(alone.ids)
    assert whole.ids[:n].tolist() == alone.ids.tolist()
    assert (
        whole.words.tolist() == alone.words.tolist() + [4] * (whole.words == 4).sum() + [5] * (whole.words == 5).sum()
    )


def test_the_date_is_always_the_same(folders):
    assert "Today is 01 January 2025." in read(folders["dated"], CHAT).surface.text


def test_long_chat_in_windows_keeps_what_begins_it(folders):
    encoder = load(Model(str(folders["instruct"]), max_subwords=40), resolve(Model(str(folders["instruct"]))))
    chat = encoder.tokenize_sentences([read(folders["instruct"], [*CHAT, *CHAT[1:]] * 2)])
    assert len(chat.ids) > 80
    vectors = encoder.hidden(chat)
    assert vectors.shape[1] == len(chat.ids)
    beginning = encoder_of(folders["instruct"]).hidden(chat)[:, :40]
    assert abs(vectors[:, :20] - beginning[:, :20]).max() < 1e-4


def test_model_without_a_template_says_what_to_do(tmp_path):
    folder = chat_model("chatml", tmp_path, template=False)
    with pytest.raises(
        ModelError, match=r"no chat template \(chat_template.jinja\).*or give each conversation as one text"
    ):
        read(folder, CHAT)


def test_role_that_the_template_refuses_is_one_line(folders):
    with pytest.raises(DataError) as error:
        read(folders["instruct"], [{"role": "system", "content": "Be kind."}, *CHAT])
    said = str(error.value)
    assert "train-1 (roles system, user, assistant, user)" in said
    assert "Only user and assistant roles are supported!" in said
    assert "\n" not in said


def test_template_that_leaves_out_or_changes_a_message_is_refused(tmp_path, folders):
    for template, said in (
        ("{{ messages[-1]['content'] }}", "does not write message 0 once and in its place"),
        ("{% for m in messages %}{{ m['content'] | replace('fox', 'dog') }}{% endfor %}", "changes what messages say"),
    ):
        folder = chat_model("chatml", tmp_path / said.split()[0])
        (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
        with pytest.raises(DataError, match=said):
            read(folder, CHAT)


def test_template_is_part_of_what_a_checkpoint_is(tmp_path):
    folder = chat_model("chatml", tmp_path)
    before = resolve(Model(str(folder))).revision
    path = folder / "chat_template.jinja"
    path.write_text(path.read_text(encoding="utf-8") + "!", encoding="utf-8")
    assert resolve(Model(str(folder))).revision != before
