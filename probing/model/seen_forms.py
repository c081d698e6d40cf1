"""What a model reads of a word: its form after the tokenizer's normaliser. No weights are read."""

from collections.abc import Callable
from pathlib import Path

from probing.model.saved_tokenizer import from_file, read_tokenizer


def seen_form(folder: Path) -> Callable[[str], str]:
    """A function from a word to its form after the normaliser of the tokenizer in ``folder``.

    An uncased model reads *The* and *the* alike: they have one form. Where the tokenizer has no normaliser (most
    byte-level ones), the form is the word. Raises: ModelError if the tokenizer cannot be read.
    """
    path = folder / "tokenizer.json"
    # read alone where it is there: transformers would be slower, and its tokenizer has the same normaliser
    normaliser = (from_file(path) if path.is_file() else read_tokenizer(folder).backend).normalizer
    return str if normaliser is None else lambda word: str(normaliser.normalize_str(word))
