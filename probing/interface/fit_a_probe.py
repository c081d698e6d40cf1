"""The short way to a fitted probe."""

from collections.abc import Hashable, Sequence

from numpy.typing import ArrayLike

from probing.interface.estimator import Probe
from probing.interface.representations import Representations
from probing.task.labels import Task


def fit_probe(
    X: "Representations | ArrayLike",
    y: ArrayLike | None = None,
    *,
    task: str | Task | None = None,
    layer: int | None = None,
    words: Sequence[str] | None = None,
    sentences: Sequence[Hashable] | None = None,
) -> Probe:
    """Fit a linear probe, with a control task, to the vectors of a corpus or to arrays.

    Its strength is chosen on dev, by the loss. ``Probe(…).fit`` does the same with other options.

    Args:
        X: vectors from ``extract``; or an array (N, D), one vector per item.
        y: with an array: one class per item, (N,).
        task: with vectors of ``extract``: ``pos``, ``xpos``, ``deprel``, ``depth`` (of words), ``sentiment`` (any label
            of sentences), ``tree_depth``, ``length``, ``word_content``, ``subject_number``, ``object_number``,
            ``tense``, ``agreement``; or an object of ``probing.task``.
        layer: with vectors of ``extract``: the layer to read; None: a probe for every layer, of which dev chooses one.
        words: with an array: the word of each item. The control task gives each word type one random label (Hewitt and
            Liang 2019). Without words each item is taken as a text of its own, and the control are shuffled labels.
        sentences: with an array of words: the sentence that each item comes from, any value. Intervals are for new
            sentences; without it, every item counts as one.

    Returns:
        The fitted probe. With an array, a tenth of the sentences was held out as dev.

    Raises:
        DataError: the corpus does not have the annotation, or shapes and labels that do not fit.
        ConfigError: an unknown task or layer, or arguments that exclude each other.
        ModelError: no item has both a label and a vector.

    Examples:
        >>> import probing
        >>> vectors = probing.extract(probing.load_model("minilm"), probing.load_corpus("grammar", max_sentences=40))
        >>> probe = probing.fit_probe(vectors, task="pos", layer=3)
        >>> probe
        Probe(), fitted to pos, layer 3 of minilm on grammar-40
        >>> bool(probe.score() > probe.score().control)
        True
    """
    return Probe().fit(X, y, task=task, layer=layer, words=words, sentences=sentences)
