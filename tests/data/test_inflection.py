import pytest

from probing.data.inflection import Word, inflect, pick


@pytest.mark.parametrize(
    ("entry", "forms"),
    [
        ("watch", "watch watches watched watched watching"),
        ("play", "play plays played played playing"),
        ("try", "try tries tried tried trying"),
        ("stop", "stop stops stopped stopped stopping"),
        ("help", "help helps helped helped helping"),
        ("clean", "clean cleans cleaned cleaned cleaning"),
        ("amuse", "amuse amuses amused amused amusing"),
        ("regret/regretted", "regret regrets regretted regretted regretting"),
        ("write/wrote/written", "write writes wrote written writing"),
        ("run/ran/run", "run runs ran run running"),
        ("have/had/had/has", "have has had had having"),
    ],
)
def test_verbs(entry, forms):
    paradigm = inflect(entry, "verb")
    found = [paradigm[form] for form in ("VB", "sg present", "sg past", "VBN", "VBG")]
    tags = ["VB", "VBZ", "VBD", "VBN", "VBG"]
    assert found == [Word(text, "VERB", xpos) for text, xpos in zip(forms.split(), tags, strict=True)]
    assert pick(paradigm, "pl", "present") == Word(forms.split()[0], "VERB", "VBP")


@pytest.mark.parametrize(
    ("singular", "plural"),
    [("show", "shows"), ("watch", "watches"), ("story", "stories"), ("play", "plays"), ("box", "boxes")],
)
def test_nouns(singular, plural):
    assert inflect(singular, "noun") == {"sg": Word(singular, "NOUN", "NN"), "pl": Word(plural, "NOUN", "NNS")}


def test_irregular_and_closed_words():
    assert inflect("man/men", "noun")["pl"] == Word("men", "NOUN", "NNS")
    assert inflect("that/those", "DET/DT") == {"sg": Word("that", "DET", "DT"), "pl": Word("those", "DET", "DT")}
    be = inflect("is/are/was/were", "AUX/finite")
    assert [pick(be, number, tense) for number in ("sg", "pl") for tense in ("present", "past")] == [
        Word("is", "AUX", "VBZ"),
        Word("was", "AUX", "VBD"),
        Word("are", "AUX", "VBP"),
        Word("were", "AUX", "VBD"),
    ]
    assert pick(inflect("never", "ADV/RB"), "", "past") == Word("never", "ADV", "RB")


def test_a_form_that_a_word_does_not_have_is_named():
    with pytest.raises(KeyError, match="no form 'VBN'"):
        pick(inflect("is/are/was/were", "AUX/finite"), "VBN", "past")
