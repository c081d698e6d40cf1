"""What replaces heads in a diagnosis: means over a sample of dev, read as the classifier reads."""

import numpy as np

from probing.analysis.text_parts import Reference, reference
from probing.attention.interventions.readouts import HeadReadout
from probing.axes import Note
from probing.diagnosis.subject import Subject
from probing.errors import ModelError

SENTENCES = 100  # of dev, over which the means are taken


def head_reference(subject: Subject, most: int = SENTENCES) -> Reference:
    """The means over at most ``most`` sentences of dev; compute them once for many texts.

    Without any mean, and with a note, for an architecture whose heads are not known. Raises: DataError if no sentence
    of dev fits into one input.
    """
    dev = subject.study.corpus.splits["dev"]
    some = [dev[number] for number in subject.study.sample("dev", most).sentences]
    nowhere = [0] * len(some)
    subwords, readout = subject.read(some, nowhere, nowhere if subject.of_words else None)
    said = readout.notes if subject.prompt is not None and isinstance(readout, HeadReadout) else ()
    cut = tuple(Note("truncated", f"means of heads over dev: {one}") for one in said)
    try:
        found = reference(subject.encoder, subwords)
    except ModelError as error:
        why = Note("skipped", f"effects of heads and layers left out: {error}")
        return Reference(np.zeros((0, 0, 0), np.float32), None, (*cut, why))
    return Reference(found.heads, found.neurons, (*cut, *found.notes))
