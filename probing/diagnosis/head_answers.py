"""The answers of a model's own classifier of words for many words, from one pass per sentence."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from probing.analysis.head_items import head_items
from probing.axes import Sentence, no_progress
from probing.diagnosis.split_items import SplitItems
from probing.model.encoder import Encoder

_CHUNK = 4096  # words whose logits are computed at once


def head_answers(encoder: Encoder, sentences: Sequence[Sentence], items: SplitItems) -> NDArray[np.float64]:
    """Log-probabilities of the head for these words, in its own order: (N, C'); sentences: all of the split.

    NaN for a word without a subword, and for one in a sentence that does not fit into one input.
    """
    import torch

    assert encoder.head is not None and items.words is not None
    found = np.full((len(items), len(encoder.head.id2label)), np.nan)
    wanted = [np.full(len(sentence.words), -1) for sentence in sentences]
    for number, (sentence, word) in enumerate(zip(items.sentences, items.words, strict=True)):
        wanted[sentence][word] = number
    asked = [place for place, labels in enumerate(wanted) if (labels >= 0).any()]
    if not asked:
        return found
    read = head_items(encoder, [sentences[place] for place in asked], [wanted[place] for place in asked], no_progress)
    numbers = np.concatenate(read.labels)
    for first in range(0, len(numbers), _CHUNK):
        some = slice(first, first + _CHUNK)
        with torch.inference_mode():
            logits = encoder.head.logits(torch.from_numpy(read.vectors[some]).to(encoder.device))
        found[numbers[some]] = logits.double().log_softmax(1).cpu().numpy()
    return found
