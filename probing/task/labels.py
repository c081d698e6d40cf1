"""What every task does with a corpus: turn its annotation into labels."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from probing.axes import SPLITS, Corpus, Kind, Labels, Level, Sentence, Split
from probing.errors import DataError

WORD_VECTORS = ("mean", "first", "last")  # over a word's subwords
SENTENCE_VECTORS = ("mean", "cls", "last")  # over a sentence
SPAN_VECTORS = ("mean", "ends", "cls")  # over a mention: its subwords, its first and last word, its sentence's [CLS]
RANGE_VECTORS = (*SPAN_VECTORS, "first", "last")  # over words in a row: also their first, or their last subword
PROMPT, ANSWER, LAST_PROMPT = "prompt", "answer", "last_prompt"  # over a part of a conversation
CONVERSATION_VECTORS = (*SENTENCE_VECTORS, "all", PROMPT, ANSWER, LAST_PROMPT)

HEADS = "heads"  # what tasks on trees need
ENTITIES, TYPES = "entity marks", "types of entity marks"  # what tasks on mentions need
LABELLED, MESSAGES, SPANS = "a label", "labels of messages", "labels of spans"  # what tasks on conversations need
# a corpus with what is needed; of anything else a treebank
EXAMPLES = {
    **{"label": "data=sst2 or data=labelled", ENTITIES: "data=gum", TYPES: "data=gum"},
    **dict.fromkeys((LABELLED, MESSAGES, SPANS), "data=prompts with labels in its lines"),
}

Form = Callable[[str], str]  # a word as a model reads it: two words of one form are the same to the model
Gold = Sequence[str | float | None]  # the labels of one sentence: one per word, or one in all; None: no label


class Task(Protocol):
    """What is to be predicted, as an option of conf/task describes it."""

    @property
    def name(self) -> str:
        """The task's name in rows and folders."""

    @property
    def level(self) -> Level:
        """What has a label: a word, a sentence, a pair of words, an edge, a mention or two of them."""

    @property
    def kind(self) -> Kind:
        """What a label is: a class, a number, or the place of another word of the sentence."""

    @property
    def vector(self) -> str:
        """Which vector represents a word or a sentence."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """What is measured; the first one chooses the best layer."""

    @property
    def control_note(self) -> str:
        """What the control of this task is, for the report."""

    @property
    def memorised(self) -> bool:
        """Whether no input tells the control's labels, so that only memorising them is possible.

        Such a control is scored on the sentences on which it was trained.
        """

    @property
    def surface(self) -> str:
        """The name of the surface baseline that belongs beside the score, one of probing.probe.surface."""

    def gold(self, sentence: Sentence) -> Gold | None:
        """The labels of one sentence: W of them for words, one for the sentence, one for each of its items.

        A word without a label has None. The result is None if the sentence does not have the annotation, and for word
        pairs.
        """

    def labels(self, corpus: Corpus) -> Labels:
        """The labels of every split. Raises DataError if the corpus does not have the annotation."""

    def control(self, corpus: Corpus, labels: Labels, rng: np.random.Generator, form: Form = str) -> Labels:
        """Random labels with the shape of ``labels``: one draw, fixed over all splits.

        Words of one ``form`` are of one type; by default every spelling is a type of its own.
        """


def labels_of(task: Task, corpus: Corpus, needs: str, *, partly: bool = False) -> Labels:
    """The labels of every split, from ``task.gold``: (W,) for words, (1,) for a sentence, (N,) for other items.

    ``needs`` names the annotation that ``task.gold`` reads. Raises DataError if a sentence does not have it
    (``partly``: if no sentence of a split has it), if a sentence has more or fewer labels than words, for fewer than
    two classes in train, and if dev or test has no class of train.
    """
    gold = {split: [task.gold(s) for s in corpus.splits[split]] for split in SPLITS}
    check_annotated(corpus, task.name, needs, {s: [g is not None for g in found] for s, found in gold.items()}, partly)
    rows = {
        split: [_one_each(task, s, g) for s, g in zip(corpus.splits[split], gold[split], strict=True)]
        for split in SPLITS
    }
    if task.kind != "class":
        none = np.nan if task.kind == "scalar" else -1
        values = {split: [np.array([none if v is None else v for v in row]) for row in rows[split]] for split in rows}
        return Labels(task.level, task.kind, values)
    found = {split: {str(v) for row in rows[split] for v in row if v is not None} for split in SPLITS}
    classes = classes_of(found["train"], task.name, corpus.name)
    unseen = unseen_of(found, classes, task.name)
    coded = {split: [encode(row, classes + unseen) for row in rows[split]] for split in SPLITS}
    return Labels(task.level, task.kind, coded, classes, unseen)


def _one_each(task: Task, sentence: Sentence, gold: Gold | None) -> Gold:
    """The labels of one sentence; without annotation None throughout, or no item."""
    if task.level not in ("word", "sentence"):
        return [] if gold is None else gold
    n = len(sentence.words) if task.level == "word" else 1
    if gold is not None and len(gold) != n:
        raise DataError(f"task={task.name} gives {len(gold)} labels for sentence {sentence.id}; {n} are expected")
    return [None] * n if gold is None else gold


def check_annotated(
    corpus: Corpus, task: str, needs: str, annotated: Mapping[Split, Sequence[bool]], partly: bool = False
) -> None:
    """Raise DataError unless every sentence (``partly``: some of every split) is ``annotated`` with ``needs``.

    Where heads are needed, sentences whose heads are not a tree are an error too, or skipped, as the corpus says.
    """
    for split in SPLITS:
        without = [s for s, there in zip(corpus.splits[split], annotated[split], strict=True) if not there]
        if needs == HEADS:
            broken = [s for s in without if s.broken_tree]
            if broken and corpus.broken_trees != "skip":
                raise DataError(
                    f"{broken[0].broken_tree}; correct its HEAD column, or type data.broken_trees=skip to leave out "
                    f"such sentences ({len(broken):,} of the {len(corpus.splits[split]):,} of {split})"
                )
            without = [s for s in without if not s.broken_tree]
        if without and not (partly and len(without) < len(corpus.splits[split])):
            raise DataError(
                f"task={task} needs {needs}, and corpus {corpus.name} has none for sentence {without[0].id} "
                f"({split}); choose a corpus with it, e.g. {_example(needs)}"
            )


def _example(needs: str) -> str:
    return EXAMPLES.get(needs, "data=ewt or data=conllu")


def with_product(task: Task) -> bool:
    """Whether a vector of two parts has their product, element by element, beside them (``task.product``)."""
    return bool(getattr(task, "product", False))


def classes_of(train: Iterable[str], task: str, corpus: str) -> tuple[str, ...]:
    """The sorted classes of train. Raises DataError if there are fewer than two."""
    classes = tuple(sorted(set(train)))
    if len(classes) < 2:
        seen = f"one class only ({some(classes)})" if classes else "no label"
        raise DataError(f"task={task}: train of {corpus} has {seen}; a probe needs two classes to tell apart")
    return classes


def unseen_of(found: Mapping[Split, Set[str]], classes: tuple[str, ...], task: str) -> tuple[str, ...]:
    """The sorted labels of dev and test that are not among the ``classes`` of train.

    Raises DataError if no label of dev, or none of test, is a class of train: then nothing can be right.
    """
    for split in ("dev", "test"):
        if found[split] and not found[split] & set(classes):
            raise DataError(
                f"task={task}: no label of {split} ({some(sorted(found[split]))}) occurs in train "
                f"({some(classes)}); write the same labels in every split"
            )
    return tuple(sorted((found["dev"] | found["test"]) - set(classes)))


def some(names: Sequence[str], most: int = 5) -> str:
    """The names with commas between them, at most ``most`` of them.

    >>> some(["a", "b", "c"], 2)
    'a, b, …'
    """
    shown = [" ".join(name.split()) for name in names[:most]]  # a message is one line, whatever a name holds
    return ", ".join([*shown, "…"] if len(names) > most else shown)


def encode(gold: Gold, classes: tuple[str, ...]) -> NDArray[np.int64]:
    """Labels to indices into ``classes``, None to -1."""
    index = {c: i for i, c in enumerate(classes)}
    return np.array([-1 if v is None else index[str(v)] for v in gold], dtype=np.int64)
