"""The text as it is written, and each syntactic word's characters in it."""

from collections import Counter

import pytest

from probing.data.conllu import Conllu
from probing.data.corpus import fingerprint, load, text_fingerprint
from probing.data.surface_text import ALIKE, AS_WRITTEN, READ, REBUILT, SPACED, surface_of
from probing.errors import DataError

# In the shape of Hebrew treebanks: words of a range that nobody writes so, a hidden article, a written prefix.
HEBREW = """\
# sent_id = he-1
# text = ראיתי אותו בבית הספר.
1 ראיתי ראה VERB _ _ 0 root _ _
2-3 אותו _ _ _ _ _ _ _ _
2 את_ את ADP _ _ 3 case _ _
3 _הוא הוא PRON _ _ 1 obl _ _
4-6 בבית _ _ _ _ _ _ _ _
4 ב ב ADP _ _ 6 case _ _
5 ה_ ה DET _ _ 6 det _ _
6 בית בית NOUN _ _ 1 obl _ _
7-8 הספר _ _ _ _ _ _ _ SpaceAfter=No
7 ה ה DET _ _ 8 det _ _
8 ספר ספר NOUN _ _ 6 compound _ _
9 . . PUNCT _ _ 1 punct _ _
"""


def rows(text: str) -> str:
    return "".join(
        (line if line.startswith("#") else line.replace(" ", "\t")) + "\n" for line in [*text.splitlines(), ""]
    )


def tokens_of(*lines: str):
    """Rows of ID, FORM and MISC."""
    found = []
    for line in lines:
        number, form, misc = line.split(" ")
        first, _, last = number.partition("-")
        found.append({"id": (int(first), "-", int(last)) if last else int(first), "form": form, "misc": misc})
    return found


def read(tokens, text):
    counts: Counter[str] = Counter()
    found = surface_of(tokens, text, "a.conllu:1", counts)
    return (
        [found.text[start:end] for start, end in found.spans],
        found.text,
        {name: n for name, n in counts.items() if n},
    )


@pytest.fixture
def corpus(tmp_path):
    """corpus(content, text): a loaded corpus whose three splits are this file."""

    def make(content: str, text: str = SPACED):
        (tmp_path / "a.conllu").write_text(rows(content), encoding="utf-8")
        names = dict.fromkeys(("train", "dev", "test"), "a.conllu")
        return load(Conllu("he", path=str(tmp_path), **names), text)

    return make


def test_words_of_a_range_have_their_own_characters_or_share_all(corpus):
    found = corpus(HEBREW, AS_WRITTEN)
    sentence = found.splits["train"][0]
    assert sentence.surface is not None
    assert sentence.surface.text == "ראיתי אותו בבית הספר."
    assert [sentence.surface.text[a:b] for a, b in sentence.surface.spans] == (
        ["ראיתי", "אותו", "אותו", "בבית", "בבית", "בבית", "ה", "ספר", "."]
    )
    assert sentence.words[1:3] == ("את_", "_הוא")
    assert found.skipped[READ] == 9
    assert found.skipped[ALIKE] == 15
    assert REBUILT not in found.skipped or not found.skipped[REBUILT]


def test_only_the_text_as_written_changes_what_files_are_addressed_by(corpus):
    words, surface = corpus(HEBREW), corpus(HEBREW, AS_WRITTEN)
    assert words.splits["train"][0].surface is None
    assert words.name == surface.name == "he"
    assert words.splits["train"][0].words == surface.splits["train"][0].words
    assert text_fingerprint(words) != text_fingerprint(surface)
    assert fingerprint(words) != fingerprint(surface)
    respaced = corpus(HEBREW.replace("הספר.", "הספר  ."), AS_WRITTEN)
    assert text_fingerprint(respaced) != text_fingerprint(surface)
    # as before this option existed: a digest that is known from then
    plain = corpus("1 a _ X _ _ 0 root _ _\n2 b _ X _ _ 1 dep _ _\n")
    assert text_fingerprint(plain) == "3bddf91ebc90f1792cbc21edc0ee32607d16c79dc6848b9c41a147f84d1a00d8"
    assert fingerprint(plain) == "607d99bcf396fea7c47f81b9cdf188221f1f61bbd2177de545461d4a71ee16de"


def test_a_range_that_its_words_spell_is_divided():
    tokens = tokens_of("1-2 don't SpaceAfter=No", "1 do _", "2 n't _", "3 , _", "4 yes _")
    assert read(tokens, "don't, yes") == (["do", "n't", ",", "yes"], "don't, yes", {READ: 1})


def test_text_may_have_other_white_space_but_no_other_characters():
    tokens = tokens_of("1 học~sinh _", "2 đi _")
    tokens[0]["form"] = "học sinh"
    assert read(tokens, "học\u00a0 sinh đi\n") == (["học\u00a0 sinh", "đi"], "học\u00a0 sinh đi\n", {})
    spans, text, counts = read(tokens, "học sinh đi!")
    assert (spans, text, counts) == (["học sinh", "đi"], "học sinh đi", {REBUILT: 1})


def test_without_text_it_is_made_of_forms():
    tokens = tokens_of("1-2 du _", "1 de _", "2 le _", "3 thé SpaceAfter=No", "4 . _")
    assert read(tokens, None) == (["du", "du", "thé", "."], "du thé.", {READ: 1, ALIKE: 2, REBUILT: 1})


@pytest.mark.parametrize(
    "ids",
    [
        ["1-3 ab _", "1 a _", "2 b _"],
        ["1-2 ab _", "1 a _", "2-3 bc _", "2 b _", "3 c _"],
        ["2-1 ab _", "1 a _", "2 b _"],
    ],
)
def test_a_range_that_covers_no_words_or_those_of_another_is_refused(ids):
    with pytest.raises(DataError, match=r"a\.conllu:1: the multiword range .* does not cover"):
        surface_of(tokens_of(*ids), None, "a.conllu:1", Counter())


def test_the_hub_does_not_say_what_ranges_cover():
    with pytest.raises(DataError, match="model.text=as_written needs the CoNLL-U files"):
        Conllu("x", "a", "b", hub="u/x").load(AS_WRITTEN)
