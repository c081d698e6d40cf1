"""A task: does a word begin with a capital?"""

from collections.abc import Sequence
from dataclasses import dataclass

from probing.axes import Sentence
from probing.task.words import WordTask


@dataclass(frozen=True)
class Capital(WordTask):
    """Predict whether a word begins with a capital. For labels of a sentence, derive from ``SentenceTask``."""

    def gold(self, sentence: Sentence) -> Sequence[str]:
        """One label per word."""
        return ["upper" if word[0].isupper() else "lower" for word in sentence.words]
