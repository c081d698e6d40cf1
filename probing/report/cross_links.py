"""Links inside a page: words to its glossary, citations to its list of papers; both have only what the page names."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

from probing.report.glossary import GLOSSARY
from probing.report.measure_terms import Entry
from probing.report.papers import PAPERS, Paper


class Links:
    """What the texts of one page have named so far."""

    def __init__(self) -> None:
        """A page without any text."""
        self._terms: set[str] = set()
        self._papers: set[str] = set()

    def linked(self, text: str) -> Markup:
        """``text``, escaped; each word of the glossary and each citation becomes a link where it first stands."""
        return self._with_links(text, WORDS)

    def cited(self, text: str) -> Markup:
        """``text``, escaped, with links to papers alone."""
        return self._with_links(text, CITATIONS)

    def terms(self) -> list[Entry]:
        """The entries that the page names, in the order of the alphabet."""
        return [entry for entry in GLOSSARY if entry.key in self._terms]

    def papers(self) -> list[Paper]:
        """The papers that the page and its glossary name, in the order of the alphabet."""
        return [paper for paper in PAPERS if paper.key in self._papers]

    def _with_links(self, text: str, forms: "Forms") -> Markup:
        parts, end, seen = [], 0, set[str]()
        for found in forms.pattern.finditer(text):
            place = forms.places.get(found[0]) or forms.places[_plain(found[0])]
            if place in seen:
                continue
            seen.add(place)
            kind, _, key = place.partition("-")
            (self._terms if kind == "term" else self._papers).add(key)
            style = Markup(' class="term"') if kind == "term" else ""
            parts += [
                escape(text[end : found.start()]),
                Markup('<a{} href="#{}">{}</a>').format(style, place, found[0]),
            ]
            end = found.end()
        return Markup("").join([*parts, escape(text[end:])])


class Forms(NamedTuple):
    """The ways to write what is linked, as one pattern; places: each way -> the id of its place on the page."""

    pattern: re.Pattern[str]
    places: Mapping[str, str]


def _plain(form: str) -> str:
    return form.replace("(", "").replace(")", "")


def _forms(terms: Sequence[Entry], papers: Sequence[Paper]) -> Forms:
    places = {form: f"term-{entry.key}" for entry in terms for form in (entry.name, *entry.forms)}
    patterns = {form: re.escape(form) for form in places}
    for paper in papers:
        places[paper.cited] = f"paper-{paper.key}"
        authors, _, year = paper.cited.rpartition(" ")
        patterns[paper.cited] = rf"{re.escape(authors)} (?:{year}|\({year}\))"
    longest_first = sorted(patterns, key=len, reverse=True)
    whole = "|".join(patterns[form] for form in longest_first)
    return Forms(re.compile(rf"(?<![\w.-])(?:{whole})(?![\w-])"), places)


WORDS, CITATIONS = _forms(GLOSSARY, PAPERS), _forms((), PAPERS)
