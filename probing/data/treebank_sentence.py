"""One sentence of a treebank from its tokens: words, columns, and a check that the heads are a tree."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from probing.axes import Sentence
from probing.data.entities import marks_of, mentions
from probing.errors import DataError

RANGES, EMPTY = "multiword ranges skipped", "empty nodes skipped"
BROKEN = "sentences whose heads are not one tree, kept without heads"


def sentence_of(
    tokens: Sequence[Mapping[str, Any]], sid: str, where: str, skipped: Counter[str], order: str | None = None
) -> Sentence:
    """A sentence from rows with the columns of CoNLL-U by name; what is left out is counted in ``skipped``.

    ``sid`` is its id, ``where`` its place for messages, ``order`` the file's comment ``global.Entity``. Raises
    DataError for no words and for ids with a gap. Heads that are not a tree are left out, and ``broken_tree`` says why.
    """
    words = [t for t in tokens if isinstance(t["id"], int)]
    for token in tokens:
        if isinstance(token["id"], tuple):
            skipped[RANGES if token["id"][1] == "-" else EMPTY] += 1
    if not words:
        raise DataError(f"{where}: sentence {sid} has no words; remove it or give it some")
    if [t["id"] for t in words] != list(range(1, len(words) + 1)):
        raise DataError(f"{where}: sentence {sid}: word ids must run from 1 to {len(words)} without a gap")
    heads: list[Any] = [t.get("head") for t in words]
    broken = None
    if all(h is None for h in heads):
        heads = []
    elif problem := tree_problem(heads):
        heads, broken = [], f"{where}: sentence {sid} is not a tree: {problem}"
        skipped[BROKEN] += 1
    marked = mentions([marks_of(t.get("misc")) for t in words], order, skipped)
    return Sentence(
        id=sid,
        words=tuple(t["form"] for t in words),
        upos=_column(words, "upos"),
        xpos=_column(words, "xpos"),
        heads=tuple(heads),
        deprel=_column(words, "deprel"),
        lemmas=_column(words, "lemma"),
        feats=_column(words, "feats"),
        entities=marked.mentions,
        entity_types=marked.types if any(marked.types) else (),
        broken_tree=broken,
    )


def _column(words: Sequence[Mapping[str, Any]], name: str) -> tuple[str, ...]:
    values = tuple(t.get(name) or "_" for t in words)
    return () if set(values) == {"_"} else values


def tree_problem(heads: Sequence[int | None]) -> str | None:
    """Why ``heads`` (1-based, 0 = root) are not one tree, or None if they are.

    >>> tree_problem([2, 0, 2]), tree_problem([2, 1])
    (None, 'no root (a word with head 0)')
    """
    n = len(heads)
    for word, head in enumerate(heads, start=1):
        if head is None or not 0 <= head <= n:
            return f"word {word} has head {'_' if head is None else head}; heads are 0 (root) to {n}"
    roots = [word for word, head in enumerate(heads, start=1) if head == 0]
    if len(roots) != 1:
        return f"two roots or more (words {', '.join(map(str, roots))})" if roots else "no root (a word with head 0)"
    for word in range(1, n + 1):
        node: int = word
        for _ in range(n):
            node = heads[node - 1] or 0
            if node == 0:
                break
        else:
            return f"a cycle through word {word}"
    return None


def document_of(sent_id: str | None) -> str | None:
    """The document in a sentence id such as UD English EWT's or GUM's.

    >>> document_of("GUM_academic_art-12")
    'GUM_academic_art'
    """
    found = re.fullmatch(r"(.+)-\d+", sent_id or "")
    return found and found[1]
