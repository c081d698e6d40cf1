"""A small list of English words of judgement, each with its opposite, and the words that change or weaken a judgement.

Limits: one sense a word, that of reviews (a ``strong`` cast, not a strong wind); words that are mostly something else
(like, well, kind, moving, flat) are left out. Opposites are of the same kind and about as strong; they are no synonyms
of each other's negation: what is not brilliant need not be stupid. Domains with other words need another list.
"""

from collections.abc import Iterator, Mapping
from functools import cache

from probing.data.inflection import inflect

# kind, good, bad; of a word that stands twice, the first line gives the opposite
PAIRS = """
adj  good bad
adj  great terrible
adj  excellent awful
adj  wonderful dreadful
adj  interesting boring
adj  exciting dull
adj  entertaining tedious
adj  fascinating tedious
adj  brilliant stupid
adj  clever silly
adj  smart dumb
adj  funny unfunny
adj  amusing unfunny
adj  enjoyable unpleasant
adj  pleasant unpleasant
adj  beautiful ugly
adj  lovely horrible
adj  delightful horrible
adj  superb dire
adj  original derivative
adj  inventive clichéd
adj  lively lifeless
adj  fresh stale
adj  engaging tiresome
adj  gripping plodding
adj  memorable forgettable
adj  impressive disappointing
adj  charming annoying
adj  convincing unconvincing
adj  satisfying unsatisfying
adj  successful unsuccessful
adj  thoughtful mindless
adj  strong weak
adj  perfect flawed
adj  best worst
adj  better worse
verb love hate
verb enjoy detest
verb admire despise
verb succeed fail
verb delight bore
verb amuse annoy
verb impress disappoint
noun success failure
noun masterpiece disaster
noun triumph flop
noun delight nuisance
noun pleasure ordeal
noun gem dud
noun charm tedium
"""
GROUPS = """
intensifier  very really so extremely incredibly absolutely totally completely utterly truly highly pretty quite rather
intensifier  thoroughly remarkably exceptionally
downtoner    hardly barely scarcely
contrast     but yet however
concession   although though despite while
hearsay      said says say claim claims claimed supposedly allegedly reportedly critics according
hearsay      think thinks thought expected expect hoped hope wanted
condition    if unless would could should might wish
be           is are was were am be been
short_be     it's that's he's she's they're we're you're i'm
modal        can could will would should may might must
deleted      not never n't hardly barely scarcely
no_adverb    only early family likely lovely friendly ugly silly lonely lively deadly costly
"""


def group(name: str) -> frozenset[str]:
    """The words of a group of GROUPS."""
    lines = [line.split() for line in GROUPS.splitlines() if line]
    return frozenset(word for of, *words in lines if of == name for word in words)


INTENSIFIERS, DOWNTONERS = group("intensifier"), group("downtoner")
CONTRASTS, CONCESSIONS = group("contrast"), group("concession")


@cache
def opposites() -> Mapping[str, str]:
    """The opposite of each word, in the same form; lower case."""
    found: dict[str, str] = {}
    for _, good, bad in _pairs():
        found.setdefault(good, bad)
        found.setdefault(bad, good)
    return found


@cache
def good_words() -> frozenset[str]:
    """The words that judge something good."""
    return frozenset(good for _, good, _ in _pairs())


@cache
def adjectives() -> frozenset[str]:
    """The words of judgement that are adjectives."""
    return frozenset(word for kind, *words in _pairs() for word in words if kind == "adj")


def _pairs() -> Iterator[tuple[str, str, str]]:
    """Kind, good and bad word, in every form."""
    for line in filter(None, PAIRS.splitlines()):
        kind, *words = line.split()
        good, bad = (inflect(word, kind) for word in words)
        yield from ((kind, good[form].text, bad[form].text) for form in good)
