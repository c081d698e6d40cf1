"""The token that begins a text (BOS): which sentences get one that their tokenizer's own template leaves out."""

from typing import TYPE_CHECKING

from probing.errors import ModelError
from probing.model.saved_tokenizer import SavedTokenizer, special_subwords

if TYPE_CHECKING:
    from tokenizers import Tokenizer

AUTO, ON, OFF = "auto", "on", "off"
CHOICES = (AUTO, ON, OFF)  # of the option model.bos


def missing_bos(choice: str, saved: SavedTokenizer, causal: bool) -> str | None:
    """The BOS token that a sentence is to get beside what the template of its tokenizer adds; None: no further one.

    ``on``: the tokenizer's BOS token, unless the template begins with it. ``off``: none. ``auto``: as ``on`` for a
    causal model whose BOS token is its EOS token too (GPT-2, Pythia): in training it stood between documents, so that
    each began after it. A BOS token that is not EOS and that the template leaves out (BLOOM) is taken to be left out on
    purpose.
    Raises: ModelError for ``on`` where the tokenizer has no BOS token.
    """
    token, number = saved.special.get("bos", (None, None))
    if choice == ON and token is None:
        raise ModelError("model.bos=on: the tokenizer of this model has no BOS token; type model.bos=auto")
    separates = causal and (token, number) == saved.special.get("eos")
    if token is None or not (choice == ON or (choice == AUTO and separates)):
        return None
    before, _ = special_subwords(saved.backend)
    return None if before[:1] == (number,) else token


def beginning_with(tokenizer: "Tokenizer", token: str | None) -> "Tokenizer":
    """``tokenizer``, from now on with ``token`` before what its template gives for a text or a pair; None: as it is."""
    from tokenizers import processors

    if token is not None:
        first = processors.TemplateProcessing(
            single=f"{token} $A", pair=f"{token} $A $B:1", special_tokens=[(token, tokenizer.token_to_id(token))]
        )
        own = tokenizer.post_processor
        tokenizer.post_processor = first if own is None else processors.Sequence([own, first])
    return tokenizer
