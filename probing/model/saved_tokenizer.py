"""The tokenizer of a checkpoint folder: its ``tokenizer.json`` if it has one, whatever transformers makes of it."""

import json
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from probing.errors import ModelError
from probing.model.network_pass import quiet

if TYPE_CHECKING:
    from tokenizers import Tokenizer

ClsPosition = Literal["first", "last", "none"]  # of the subword that stands for its sentence
ROLES = ("mask", "unk", "pad", "cls", "sep", "bos", "eos")
NO_LIMIT = 1_000_000  # tokenizers without a length of their own say 10 to the 30
# Case, accents, unknown scripts, runs of spaces, numbers, quotes: what tokenizers are known to read in different ways.
_SAMPLE = ("The Quick Fox jumps", "naïve CAFÉ — 1,234.5%", 'don\'t ("quoted")  two  spaces', "Москва 東京 العربية 🙂")


class SavedTokenizer(NamedTuple):
    """A fast tokenizer, the longest input it was saved for in subwords (None: no limit), and its special tokens.

    special: by role (``mask``, ``unk``, ``pad``, ``cls``, ``sep``, ``bos``, ``eos``) the token as it is spelled, and
    its number; a role that no token has is not in it. notes: what a reader of the scores must know.
    """

    backend: "Tokenizer"
    longest: int | None
    special: Mapping[str, tuple[str, int]]
    notes: tuple[str, ...] = ()


def read_tokenizer(folder: Path) -> SavedTokenizer:
    """The fast tokenizer saved in ``folder``.

    ``tokenizer.json`` is read as it stands, since transformers rebuilds many tokenizers from their vocabulary alone
    and then loses what else the file says (case, accents, special tokens). Only tokenizer_config.json overrules it, by
    saying whether a sentence begins with the bos token or ends with the eos token. A difference is noted.
    Raises: ModelError if it cannot be read or is not a fast one: only fast ones tell where subwords begin.
    """
    from transformers import AutoTokenizer

    try:
        with quiet():
            made: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        named = {role: getattr(made, f"{role}_token") for role in ROLES}
        longest = int(made.model_max_length)
    except Exception as error:
        raise ModelError(f"{folder}: the tokenizer cannot be read: {first_line(error)}") from error
    backend = getattr(made, "backend_tokenizer", None)
    notes: tuple[str, ...] = ()
    if (folder / "tokenizer.json").is_file():
        backend, notes = _from_file(folder, backend)
    if backend is None:
        raise ModelError(
            f"{folder}: {type(made).__name__} is not a fast tokenizer, and only those give character "
            "offsets; choose a checkpoint that has a tokenizer.json"
        )
    numbers = {role: (str(token), backend.token_to_id(str(token))) for role, token in named.items() if token}
    special = {role: (token, int(number)) for role, (token, number) in numbers.items() if number is not None}
    return SavedTokenizer(backend, longest if 0 < longest < NO_LIMIT else None, special, notes)


def _from_file(folder: Path, made: "Tokenizer | None") -> "tuple[Tokenizer, tuple[str, ...]]":
    """What tokenizer.json says, and a note if transformers' tokenizer ``made`` from it reads text in another way."""
    from tokenizers import Tokenizer

    path = folder / "tokenizer.json"
    try:
        saved = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises Exception itself
        raise ModelError(f"{path}: not a tokenizer: {first_line(error)}; save it again with tokenizer.save") from error
    if made is None:
        return saved, ()
    if _says_how_to_frame(folder):
        saved.post_processor = made.post_processor
    for text in _SAMPLE:
        try:
            ours, theirs = (found.encode(text).tokens for found in (saved, made))
        except Exception as error:  # the library raises Exception itself, such as for an unknown token that is missing
            raise ModelError(f"{folder}: the tokenizer cannot read {text!r}: {first_line(error)}") from error
        if ours != theirs:
            return saved, (f"tokenizer: {text!r} is {ours} as tokenizer.json says; transformers reads {theirs}",)
    return saved, ()


def _says_how_to_frame(folder: Path) -> bool:
    path = folder / "tokenizer_config.json"
    if not path.is_file():
        return False
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(f"{path}: not JSON: {first_line(error)}") from error
    return isinstance(said, dict) and bool({"add_bos_token", "add_eos_token"} & said.keys())


def special_subwords(tokenizer: "Tokenizer") -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The special subwords that ``tokenizer`` puts around a sentence. Raises: ModelError if it knows no text."""
    pieces = (tokenizer.decode([number]) for number in range(tokenizer.get_vocab_size()))
    for text in chain(("a",), pieces):  # not every alphabet has an "a"
        encoding = tokenizer.encode(text)
        if 0 in encoding.special_tokens_mask:
            before = encoding.special_tokens_mask.index(0)
            after = encoding.special_tokens_mask[::-1].index(0)
            return tuple(encoding.ids[:before]), tuple(encoding.ids[len(encoding.ids) - after :])
    raise ModelError("the tokenizer gives no subword for any text; save a working one beside the weights")


def cls_place(
    special: Mapping[str, tuple[str, int]], before: tuple[int, ...], after: tuple[int, ...]
) -> tuple[ClsPosition, str | None]:
    """Where the tokenizer puts its [CLS], given the special subwords around a sentence; and a note if it is not clear.

    BERT puts it first, XLNet last. Without a [CLS] of that name, the special subword before a sentence is taken.
    """
    token, number = special.get("cls", ("", None))
    if number is not None and before[:1] == (number,):
        return "first", None
    if number is not None and after[-1:] == (number,):
        return "last", None
    if number is not None and number in before + after:
        return "none", f"{token!r} stands neither first nor last, so that there is no task.vector=cls"
    if before:
        return "first", "the tokenizer names no [CLS]; for task.vector=cls the first subword of a sentence is taken"
    return "none", None


def first_line(error: Exception) -> str:
    """The first line of an error's message, or its type where it has none."""
    return str(error).strip().split("\n", maxsplit=1)[0] or type(error).__name__
