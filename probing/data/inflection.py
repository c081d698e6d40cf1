"""The forms of an English word, with their tags."""

import re
from typing import NamedTuple


class Word(NamedTuple):
    """A word form with its tags (UPOS of Universal Dependencies, XPOS of the Penn Treebank)."""

    text: str
    upos: str
    xpos: str


Paradigm = dict[str, Word]  # form -> word; the key is "" for a word with one form
FINITE = {"sg present": "VBZ", "pl present": "VBP", "sg past": "VBD", "pl past": "VBD"}
INVARIABLE = {"mass": ("NOUN", "NN"), "adj": ("ADJ", "JJ"), "adv": ("ADV", "RB"), "name": ("PROPN", "NNP")}
OPEN = {"noun", "verb", *INVARIABLE}


def inflect(entry: str, kind: str) -> Paradigm:
    """All forms of a lexicon entry; irregular forms are written out in the entry, after ``/``.

    ``kind`` is one of OPEN, or the tags of a closed class, ``UPOS/XPOS``. An entry of a closed class has one form, two
    (singular, plural) or four (the keys of FINITE; with ``finite`` for the XPOS they have the XPOS given there).
    """
    forms = entry.split("/")
    if kind == "noun":
        return noun(*forms)
    if kind == "verb":
        return verb(*forms)
    upos, xpos = INVARIABLE.get(kind) or kind.split("/")
    names = {1: ("",), 2: ("sg", "pl"), 4: tuple(FINITE)}[len(forms)]
    return {
        name: Word(text, upos, FINITE[name] if xpos == "finite" else xpos)
        for name, text in zip(names, forms, strict=True)
    }


def noun(singular: str, plural: str | None = None) -> Paradigm:
    """Forms sg and pl."""
    return {"sg": Word(singular, "NOUN", "NN"), "pl": Word(plural or add_s(singular), "NOUN", "NNS")}


def verb(base: str, past: str | None = None, participle: str | None = None, third: str | None = None) -> Paradigm:
    """Forms VB, VBG, VBN and those of FINITE."""
    past = past or add_ed(base)
    third = third or add_s(base)
    # If the past doubles the last consonant ("regretted"), the -ing form does too ("regretting").
    stem = base + base[-1] if doubles(base) or past.startswith(base + base[-1]) else base.removesuffix("e")
    finite = dict(zip(FINITE, (third, base, past, past), strict=True))
    other = {"VB": base, "VBG": stem + "ing", "VBN": participle or past}
    return {form: Word(text, "VERB", FINITE.get(form, form)) for form, text in (finite | other).items()}


def pick(paradigm: Paradigm, form: str, tense: str) -> Word:
    """The word in ``form`` (sg, pl, VB, VBG, VBN); finite verbs also depend on ``tense`` (present, past)."""
    for key in (form, f"{form} {tense}", ""):
        if key in paradigm:
            return paradigm[key]
    raise KeyError(f"no form {form!r} ({tense}) in {paradigm}")


def add_s(base: str) -> str:
    """Plural of a noun, third person of a verb."""
    if re.search("(s|x|z|ch|sh)$", base):
        return base + "es"
    return base[:-1] + "ies" if ends_in_y(base) else base + "s"


def add_ed(base: str) -> str:
    """Past tense and past participle of a regular verb."""
    if ends_in_y(base):
        return base[:-1] + "ied"
    return base.removesuffix("e") + ("" if not doubles(base) else base[-1]) + "ed"


def ends_in_y(base: str) -> bool:
    """Whether y follows a consonant: true of ``try``, false of ``play``."""
    return re.search("[^aeiou]y$", base) is not None


def doubles(base: str) -> bool:
    """Whether the last consonant is doubled before -ed and -ing: one vowel between consonants, as in ``stop``."""
    return re.fullmatch("[^aeiou]*[aeiou][^aeiouwxy]", base) is not None
