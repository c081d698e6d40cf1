"""A few sentences of the sample that are short enough for a figure: their tokens, maps and rollout."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.analysis.study import Study
from probing.attention.flow.attention_rollout import rollout
from probing.axes import SPLITS, Sentence
from probing.store.stored_maps import read_sentence

EXAMPLES, FEWEST, MOST = 2, 6, 14  # number of sentences, and of their words: figures of longer ones are hard to read


@dataclass(frozen=True, eq=False)
class Example:
    """One sentence of S subwords. tokens (S,). words (S,): the word of each subword, -1 for none. maps (L, H, S, S).
    rollout (L, S, S). layers (L,): the blocks that these are of.
    """

    name: str
    sentence: Sentence
    tokens: tuple[str, ...]
    words: NDArray[np.int32]
    maps: NDArray[np.float16]
    rollout: NDArray[np.float32]
    layers: tuple[int, ...]

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """All arrays that figures need, named ``<name>/…``."""
        found: dict[str, NDArray[np.generic]] = {
            "sentence": np.array(self.sentence.id),
            "text": np.array(" ".join(self.sentence.words)),
            "tokens": np.array(self.tokens),
            "forms": np.array(self.sentence.words),
            "words": self.words,
            "heads": np.array(self.sentence.heads, dtype=np.int32),
            "deprel": np.array(self.sentence.deprel, dtype=np.str_),
            "maps": self.maps,
            "rollout": self.rollout,
            "layers": np.array(self.layers, dtype=np.int32),
        }
        return {f"{self.name}/{key}": array for key, array in found.items()}


def examples(study: Study) -> list[Example]:
    """The first EXAMPLES sentences of the sample with FEWEST to MOST words; if none has, the shortest one."""
    sentences = [s for split in SPLITS for s in study.corpus.splits[split]]
    kept = np.flatnonzero(study.maps.index.length)
    return [_example(study, f"example{i}", n, sentences[n]) for i, n in enumerate(_drawn(sentences, kept))]


def _drawn(sentences: Sequence[Sentence], kept: NDArray[np.int64]) -> list[int]:
    fitting = [int(i) for i in kept if FEWEST <= len(sentences[i].words) <= MOST]
    return fitting[:EXAMPLES] or [int(min(kept, key=lambda i: len(sentences[i].words)))]


def _example(study: Study, name: str, number: int, sentence: Sentence) -> Example:
    batch = read_sentence(study.maps, number)
    assert batch is not None  # only numbers of stored sentences are given
    [(_, maps, ids, words)] = batch.each()
    rolled = rollout(batch.attention, batch.lengths, study.rollout, facts=batch.of)[0].float().cpu().numpy()
    tokens = tuple(study.tokenizer.id_to_token(int(i)) or "?" for i in ids)
    found = (words.astype(np.int32), maps.astype(np.float16), rolled.astype(np.float32), batch.of.layers)
    return Example(name, sentence, tokens, *found)
