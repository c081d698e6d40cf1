"""Minimal pairs of the bundled grammar: one choice of a derivation is made differently, so that the label is known.

Either a rule is exchanged for one that has the same parts and a few more, or less (a negation, an intensifier, a
clause), or one word for another of its class. The polarity then follows from the marks of the rules. Where other parts
of a rule would have to change their polarity too, the text would not be one of the grammar: no edit is made.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from probing.axes import Sentence
from probing.data.derivation import Derived, Part, Rule, Sampler
from probing.data.grammar import Grammar, spell
from probing.data.minimal_pair import Edit, Kind, spelt_out

# the symbols that a rule may have or lack, by what they are; ``do`` carries a negation and is none itself
OPTIONAL: dict[str, str] = {
    **dict.fromkeys(("not", "never", "do"), "negation"),
    "very": "intensifier",
    "But": "contrast",
    **dict.fromkeys(("Though", "ThoughFirst"), "concession"),
    **dict.fromkeys(("When", "WhenFirst", "Because", "Well", "And", "AndGood", "still"), "detail"),
}
KINDS: dict[tuple[str, bool], Kind] = {
    ("negation", False): "drop negation",
    ("negation", True): "add negation",
    ("intensifier", False): "drop intensifier",
    ("intensifier", True): "add intensifier",
    ("contrast", False): "drop contrast",
    ("contrast", True): "add contrast",
    ("concession", False): "drop concession",
    ("concession", True): "add concession",
    ("detail", False): "shorten",
    ("detail", True): "lengthen",
}
Change = tuple[Kind, Derived]


def exact_edits(text: Derived, tense: str, sampler: Sampler) -> tuple[Edit, ...]:
    """All edits of a text of the grammar; ``sampler`` draws what is added. No edit is made twice."""
    number = iter(range(len(text.leaves())))
    found: dict[tuple[str, ...], Edit] = {}
    for kind, new in _changes(_numbered(text, number), sampler):
        found.setdefault(spelt(new, tense), _edit(kind, new, tense, text.sign))
    found.pop(spelt(text, tense), None)
    return tuple(found.values())


def edits_of(grammar: Grammar) -> Callable[[Sentence], tuple[Edit, ...]]:
    """The exact edits of every sentence that ``grammar`` draws, the same in each call; none of any other sentence."""
    drawn = {
        sentence.words: (split, derived, tense)
        for split, sentences in grammar.derived().items()
        for sentence, derived, tense in sentences
    }

    def edits(sentence: Sentence) -> tuple[Edit, ...]:
        if (known := drawn.get(sentence.words)) is None:
            return ()
        split, derived, tense = known
        return exact_edits(derived, tense, grammar.sampler(split, "edits", *sentence.words))

    return edits


def spelt(text: Derived, tense: str) -> tuple[str, ...]:
    """The words of a text, as they are written."""
    return spell([leaf.tree(tense).word.text for leaf in text.leaves()])


def _edit(kind: Kind, new: Derived, tense: str, sign: int) -> Edit:
    words = spelt(new, tense)
    surface = spelt_out(["", *" " * (len(words) - 1)], words)
    flips = new.sign != sign
    source = tuple(leaf.place for leaf in new.leaves())
    return Edit(kind, surface, source, flips, "exact", "it follows from the rules of the grammar")


def _numbered(node: Derived, number: Iterator[int]) -> Derived:
    """The same derivation, each word with its place."""
    if node.rule is None:
        return replace(node, place=next(number))
    return replace(node, parts=tuple(_numbered(part, number) for part in node.parts))


def _changes(node: Derived, sampler: Sampler) -> Iterator[Change]:
    """What ``node`` can be changed to, in one place each."""
    if node.rule is None:
        yield from _other_words(node, sampler)
        return
    for rule in sampler.rules[node.symbol]:
        if rule.form in ("", node.form) and (change := _other_rule(node, rule, sampler)):
            yield change
    for at, part in enumerate(node.parts):
        for kind, new in _changes(part, sampler):
            if (whole := _with_part(node, at, new)) is not None:
                yield kind, whole


def _other_words(leaf: Derived, sampler: Sampler) -> Iterator[Change]:
    """Another word of the class; where it has a polarity, one of each half."""
    if leaf.symbol == "name":
        yield from _drawn("swap name", leaf, sampler)
    elif leaf.symbol not in sampler.lexicon:  # but its halves are
        yield from _drawn("swap synonym", leaf, sampler)
        yield from _drawn("swap antonym", replace(leaf, sign=-leaf.sign), sampler)


def _drawn(kind: Kind, leaf: Derived, sampler: Sampler) -> Iterator[Change]:
    new = replace(sampler.phrase(leaf.symbol, leaf.sign, leaf.form), place=leaf.place)
    if new.word != leaf.word:
        yield kind, new


def _other_rule(node: Derived, rule: Rule, sampler: Sampler) -> Change | None:
    """``node`` by another rule that has more optional parts, or fewer; None if the rules differ in another way."""
    assert node.rule is not None
    old, new = _by_name(node.rule), _by_name(rule)
    dropped, added = ([name for name in one if name not in other] for one, other in ((old, new), (new, old)))
    what = {OPTIONAL.get(symbol, "") for _, symbol in dropped + added}
    if bool(dropped) == bool(added) or len(what) != 1 or what == {""}:
        return None
    given = dict(zip(old, node.parts, strict=True))
    kept = {name: _with_form(given[name], new[name], node.number) for name in new if name in given}
    signs = {_sign_above(part, new[name]) for name, part in kept.items() if part is not None} - {0}
    if None in kept.values() or len(signs) > 1 or any(_counts(old[name]) != _counts(new[name]) for name in kept):
        return None
    sign = signs.pop() if signs else node.sign
    parts = tuple(kept.get(name) or _added(part, sign, node.number, sampler) for name, part in new.items())
    return KINDS[what.pop(), bool(added)], replace(node, sign=sign, rule=rule, parts=parts)


def _by_name(rule: Rule) -> dict[tuple[str, str], Part]:
    return {(part.relation, part.symbol): part for part in rule.parts}


def _counts(part: Part) -> bool:
    """Whether the polarity of a part counts for that of the phrase."""
    return part.sign in ("±", "∓")


def _sign_above(given: Derived, part: Part) -> int:
    """The polarity of the phrase that has ``given`` as its ``part``; 0: it does not say."""
    return given.sign * {"±": 1, "∓": -1}.get(part.sign, 0)


def _with_form(given: Derived, part: Part, number: str) -> Derived | None:
    """``given`` in the form of ``part``; None for a phrase that has another one."""
    form = {"#": number, "~": given.form}.get(part.form, part.form)
    if form == given.form:
        return given
    return replace(given, form=form) if given.rule is None else None


def _added(part: Part, sign: int, number: str, sampler: Sampler) -> Derived:
    signs = {"±": sign, "∓": -sign, "?": sign}
    form = {"#": number, "~": sampler.number()}.get(part.form, part.form)
    return sampler.phrase(part.symbol, signs.get(part.sign, 0), form)


def _with_part(node: Derived, at: int, new: Derived) -> Derived | None:
    """``node`` with another part, and the polarity that follows; None if the rule does not allow that polarity."""
    assert node.rule is not None
    parts = (*node.parts[:at], new, *node.parts[at + 1 :])
    if new.sign == node.parts[at].sign or not _counts(node.rule.parts[at]):
        return replace(node, parts=parts)
    if sum(map(_counts, node.rule.parts)) > 1:
        return None
    return replace(node, sign=-node.sign, parts=parts)
