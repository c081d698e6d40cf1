"""Treebanks in CoNLL-U: Universal Dependencies, or any user's own files."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probing.axes import Corpus, Sentence, Split
from probing.data.corpus import hold_out
from probing.data.locate import find, from_hub
from probing.data.text import read_lines
from probing.errors import DataError

_COLUMNS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
RANGES, EMPTY = "multiword ranges skipped", "empty nodes skipped"


@dataclass(frozen=True)
class Conllu:
    """One CoNLL-U file per split. Words are syntactic words: multiword ranges and empty nodes are skipped.

    Looked for in ``path``, then under ``$PROBING_DATA/folder``, then on the Hub (``hub``, ``hub_config``).
    Without a dev file the last tenth of train serves as dev.
    """

    name: str | None
    train: str
    test: str
    dev: str | None = None
    path: str | None = None
    folder: str | None = None
    hub: str | None = None
    hub_config: str | None = None
    stand_in: str | None = None
    max_sentences: int | None = None

    def load(self) -> Corpus:
        """Read the splits. Raises DataError (file and line) or UnavailableError."""
        name = self.name or Path(self.train).stem
        skipped: Counter[str] = Counter()
        named = {"train": self.train, "dev": self.dev, "test": self.test}
        files = find(name, self.path, self.folder, {s: f for s, f in named.items() if f is not None})
        splits: dict[Split, tuple[Sentence, ...]]
        if files is not None:
            splits = {split: tuple(read(file, skipped)) for split, file in files.items()}
        else:
            splits = self._from_hub(name, skipped)
        if "dev" not in splits:
            splits["train"], splits["dev"] = hold_out(splits["train"])
            skipped["train sentences held out as dev, for lack of a dev file"] = len(splits["dev"])
        return Corpus(name, splits, tuple(files.values()) if files else (), dict(skipped))

    def _from_hub(self, name: str, skipped: Counter[str]) -> dict[Split, tuple[Sentence, ...]]:
        splits = from_hub(name, self.hub, self.hub_config, self.train)
        return {split: tuple(_from_rows(rows, split, skipped)) for split, rows in splits.items()}


def read(path: Path, skipped: Counter[str]) -> Iterator[Sentence]:
    """Sentences of one file, adding what is skipped to ``skipped``.

    Raises DataError naming file and line: not UTF-8, malformed rows, a sentence without words, a tree
    with a cycle, no root or two roots.
    """
    import conllu

    keep = dict.fromkeys(("feats", "deps", "misc"), lambda row, column: row[column])
    block: list[str] = []
    for number, line in enumerate([*read_lines(path), ""], start=1):
        if line.strip():
            block.append(line)
            continue
        if block:
            where = f"{path}:{number - len(block)}"
            _check_rows(block, path, number - len(block))
            try:
                (tokens,) = conllu.parse("\n".join(block) + "\n\n", fields=_COLUMNS, field_parsers=keep)
            except (conllu.exceptions.ParseException, ValueError) as error:
                raise DataError(f"{where}: not CoNLL-U: {error}") from error
            fallback = f"{path.stem}-{number - len(block)}"
            yield _sentence(tokens, tokens.metadata.get("sent_id") or fallback, where, skipped)
            block = []


def _check_rows(block: Sequence[str], path: Path, start: int) -> None:
    for number, line in enumerate(block, start=start):
        if not line.startswith("#") and (columns := line.count("\t") + 1) != len(_COLUMNS):
            raise DataError(
                f"{path}:{number}: {columns} columns between tabs; CoNLL-U has {len(_COLUMNS)}: {line[:60]!r}"
            )


def _sentence(tokens: Sequence[Mapping[str, Any]], sid: str, where: str, skipped: Counter[str]) -> Sentence:
    words = [t for t in tokens if isinstance(t["id"], int)]
    for token in tokens:
        if isinstance(token["id"], tuple):
            skipped[RANGES if token["id"][1] == "-" else EMPTY] += 1
    if not words:
        raise DataError(f"{where}: sentence {sid} has no words; remove it or give it some")
    if [t["id"] for t in words] != list(range(1, len(words) + 1)):
        raise DataError(f"{where}: sentence {sid}: word ids must run from 1 to {len(words)} without a gap")
    heads = [t["head"] for t in words]
    if all(h is None for h in heads):
        heads = []
    elif problem := tree_problem(heads):
        raise DataError(f"{where}: sentence {sid} is not a tree: {problem}")
    return Sentence(
        id=sid,
        words=tuple(t["form"] for t in words),
        upos=_column(words, "upos"),
        xpos=_column(words, "xpos"),
        heads=tuple(heads),
        deprel=_column(words, "deprel"),
    )


def _column(words: Sequence[Mapping[str, Any]], name: str) -> tuple[str, ...]:
    values = tuple(t[name] or "_" for t in words)
    return () if set(values) == {"_"} else values


def tree_problem(heads: Sequence[int | None]) -> str | None:
    """What keeps ``heads`` (1-based, 0 = root) from being one tree, or None.

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


def _from_rows(rows: Sequence[Mapping[str, Any]], split: Split, skipped: Counter[str]) -> Iterator[Sentence]:
    """Sentences of the Hub's Universal Dependencies tables, whose rows keep multiword ranges as words."""
    names = rows.features["upos"].feature.names  # type: ignore[attr-defined]
    for number, row in enumerate(rows):
        keep = [i for i, head in enumerate(row["head"]) if head != "None"]
        skipped[RANGES] += len(row["head"]) - len(keep)
        tokens = [
            {
                "id": position,
                "form": row["tokens"][i],
                "upos": names[row["upos"][i]],
                "xpos": row["xpos"][i],
                "head": int(row["head"][i]),
                "deprel": row["deprel"][i],
            }
            for position, i in enumerate(keep, start=1)
        ]
        yield _sentence(tokens, row["idx"], f"{split} row {number}", skipped)
