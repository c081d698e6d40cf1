"""The names of tasks and probes as a reader says them: ``part of speech`` for pos, ``a linear probe`` for linear."""

TASKS = {
    "pos": "part of speech",
    "xpos": "part of speech (XPOS, the tags of the treebank)",
    "deprel": "dependency relation",
    "arc": "relation of an edge",
    "head": "head of a word",
    "coref": "coreference of two mentions",
    "entity": "type of a mention",
    "depth": "depth in the tree",
    "distance": "distance in the tree",
    "tree_depth": "depth of the tree",
    "sentiment": "sentiment",
    "length": "number of words",
    "word_content": "which word occurs",
    "subject_number": "number of the subject",
    "object_number": "number of the object",
    "tense": "tense of the main clause",
    "bigram_shift": "swapped words",
    "agreement": "number of the verb's subject",
    "conversation": "label of a conversation",
    "message": "label of a message",
    "span": "label of a span",
    "span_word": "label of the span that a word is in",
}
PROBES = {
    "mdl": "an online-code probe",
    "sklearn": "a scikit-learn probe",
    "mlp": "an MLP probe",
    "pair_mlp": "an MLP probe of pairs",
    "low_rank": "a low-rank linear probe",
    "mix": "a probe of mixed layers",
    "attention_pool": "a probe with attention pooling",
    "aggregate": "a probe of all subwords",
}


def task_in_words(name: str) -> str:
    """A task, with its options in brackets; a task of one's own keeps its name.

    >>> task_in_words("sentiment,vector=cls"), task_in_words("tree_depth")
    ('sentiment (vector=cls)', 'depth of the tree')
    """
    task, options = _parts(name)
    return TASKS.get(task, task.replace("_", " ")) + options


def probe_in_words(name: str) -> str:
    """A probe with its article, and its options in brackets.

    >>> probe_in_words("linear"), probe_in_words("structural,rank=128")
    ('a linear probe', 'a structural probe (rank=128)')
    """
    probe, options = _parts(name)
    article = "an" if probe[:1].lower() in "aeiou" else "a"
    return PROBES.get(probe, f"{article} {probe} probe") + options


def source_in_words(probe: str, layer: object) -> str:
    """What the row of a layer is read from.

    >>> source_in_words("linear", 3), source_in_words("mix,hidden_layers=1", 3), source_in_words("mix", 0)
    ('layer 3', 'the mix of layers 0 to 3', 'layer 0')
    """
    return f"the mix of layers 0 to {layer}" if is_mix(probe) and str(layer) != "0" else f"layer {layer}"


def is_mix(probe: str) -> bool:
    """Whether rows of this probe are about mixes of layers."""
    return _parts(probe)[0] == "mix"


def _parts(name: str) -> tuple[str, str]:
    first, _, options = name.partition(",")
    return first, f" ({options.replace(',', ', ')})" if options else ""
