"""What a reader must know of a model's own head and of probes: where they read, and classes that only the head has."""

from probing.diagnosis.subject import OTHER, Subject

READ = {"first": "the first subword", "last": "the last subword", "mean": "the mean of all subwords"}


def head_caveats(of: Subject) -> tuple[str, ...]:
    """The caveats of a classifier; none of one that is a probe."""
    if not of.has_own_head:
        return ()
    others = [name for name, known in zip(of.names, of.in_corpus, strict=True) if known == OTHER]
    further = f"the head also has the classes {', '.join(others)}, which count as wrong: no label is one of them"
    return (*_places(of), *([further] if others else []))


def _places(of: Subject) -> tuple[str, ...]:
    """That the head reads another place than the probes; nothing if both read a word's first subword."""
    head, vector = of.encoder.head, of.saved.vector
    if of.of_words:
        reads, pooled, item = "the first subword of a word", f"the {vector} of its subwords", "words"
        if vector == "first":
            return ()
    else:
        reads = "the last place of the prompt" if of.prompt is not None or head is None else READ[head.reads]
        pooled = f"{'the mean of the words' if vector == 'mean' else f'the vector {vector}'} in the text alone"
        item = "sentences"
    return (
        f"the head reads {reads}, and the probes and nearest {item} {pooled}: “unused” can also mean that the "
        "information has not reached the place that the head reads",
    )
