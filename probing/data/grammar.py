"""The bundled corpus: sentences drawn from a dependency grammar of English, whose labels are exact by construction.

The rules are in probing.data.english and the words in probing.data.lexicon. probing.data.derivation draws trees from
them, and this module turns the trees into sentences.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from probing.axes import SPLITS, Corpus, Sentence, Split
from probing.data.corpus import check_max_sentences, check_train_sentences
from probing.data.derivation import Derived, Node, Rule, Sampler, read_rules
from probing.data.lexicon import draw_held_out, read_lexicon
from probing.data.surface_text import SPACED
from probing.errors import not_negative, positive
from probing.rng import generator

HELD_OUT = 0.15  # share of the words of each open class that occur in dev and test only
SHORTEST, LONGEST = 4, 35  # words in a sentence
LABELS = {+1: "positive", -1: "negative"}
Drawn = tuple[Sentence, Derived, str]  # and the tense


@dataclass(frozen=True)
class Grammar:
    """Splits of ``train``, ``dev`` and ``test`` sentences. No sentence occurs twice; half of each split is positive.

    The same ``seed`` gives the same sentences. HELD_OUT of the open-class vocabulary never occurs in train.
    ``modifiers``: how many times as often as usual a phrase or a relative clause follows a noun, so that more nouns
    stand between subjects and their verbs.
    Raises: ConfigError for a split without sentences.
    """

    name: str = "grammar"
    train: int = 3000
    dev: int = 600
    test: int = 600
    seed: int = 0
    modifiers: int = 1
    stand_in: str | None = None
    max_sentences: int | None = None
    train_sentences: int | None = None

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        check_max_sentences(self.max_sentences)
        check_train_sentences(self.train_sentences)
        for split in SPLITS:
            positive(f"data.{split}", self._sizes[split])
        not_negative("data.seed", self.seed)
        positive("data.modifiers", self.modifiers)

    @property
    def _sizes(self) -> dict[Split, int]:
        return {"train": self.train, "dev": self.dev, "test": self.test}

    def load(self, text: str = SPACED) -> Corpus:
        """Draw all splits, the same for any ``text``."""
        derived = self.derived()
        return Corpus(self.name, {split: tuple(sentence for sentence, *_ in derived[split]) for split in SPLITS})

    def derived(self) -> dict[Split, list[Drawn]]:
        """The sentences of all splits, each with its derivation and its tense."""
        seen: set[tuple[str, ...]] = set()
        return {split: [*draw(self.sampler(split), split, self._sizes[split], seen)] for split in SPLITS}

    def sampler(self, split: Split, *purpose: str) -> Sampler:
        """Draws with the rules and the words of a split; without a ``purpose``, the sentences of that split."""
        held_out = draw_held_out(generator(self.seed, "grammar", "held out"), HELD_OUT)
        rules = [more_modified(rule, self.modifiers) for rule in read_rules()]
        lexicon = read_lexicon(held_out if split == "train" else frozenset())
        return Sampler(rules, lexicon, generator(self.seed, "grammar", split, *purpose))


def more_modified(rule: Rule, times: int) -> Rule:
    """The rule with ``times`` its weight, if it puts a phrase or a relative clause after a noun."""
    after = any(part.relation in ("nmod", "acl:relcl") for part in rule.parts)
    return replace(rule, weight=rule.weight * times) if after else rule


def draw(sampler: Sampler, split: Split, size: int, seen: set[tuple[str, ...]]) -> Iterator[Drawn]:
    """Draw ``size`` sentences, alternately positive and negative; none is in ``seen``, and each is added to it."""
    done = 0
    while done < size:
        sign = -1 if done % 2 else +1
        derived, tense = sampler.sentence(sign)
        sentence = write_down(derived.tree(tense), f"{split}-{done + 1:04d}", LABELS[sign])
        if SHORTEST <= len(sentence.words) <= LONGEST and sentence.words not in seen:
            seen.add(sentence.words)
            done += 1
            yield sentence, derived, tense


def write_down(tree: Node, sentence_id: str, label: str) -> Sentence:
    """The sentence of a tree, with its annotation."""
    rows = list(walk(tree))
    nodes = [node for node, _, _ in rows]
    position = {id(node): place for place, node in enumerate(nodes, start=1)}
    return Sentence(
        id=sentence_id,
        words=spell([node.word.text for node in nodes]),
        upos=tuple(node.word.upos for node in nodes),
        xpos=tuple(node.word.xpos for node in nodes),
        heads=tuple(0 if parent is None else position[id(parent)] for _, _, parent in rows),
        deprel=tuple(relation for _, relation, _ in rows),
        label=label,
    )


def walk(node: Node, relation: str = "root", parent: Node | None = None) -> Iterator[tuple[Node, str, Node | None]]:
    """The nodes of a tree in the order of the words, each with its relation and its parent."""
    for name, child in node.left:
        yield from walk(child, name, node)
    yield node, relation, parent
    for name, child in node.right:
        yield from walk(child, name, node)


def spell(words: list[str]) -> tuple[str, ...]:
    """Write ``an`` before a vowel, and the first word with a capital."""
    spelt = [
        "an" if word == "a" and follower[0] in "aeiou" else word
        for word, follower in zip(words, [*words[1:], "."], strict=True)
    ]
    return (spelt[0][0].upper() + spelt[0][1:], *spelt[1:])
