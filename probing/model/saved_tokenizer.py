"""The tokenizer of a checkpoint folder: its ``tokenizer.json`` if it has one, whatever transformers makes of it."""

from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from probing.errors import ModelError, first_line
from probing.model.json_files import read_object
from probing.model.network_pass import quiet

if TYPE_CHECKING:
    from tokenizers import Tokenizer

ClsPosition = Literal["first", "last", "none"]  # of the subword that stands for its sentence
ROLES = ("mask", "unk", "pad", "cls", "sep", "bos", "eos")
# how special tokens are spelled most often; bos and eos are not looked for, since many vocabularies have them unused
USUAL = {
    **{"mask": ("[MASK]", "<mask>"), "unk": ("[UNK]", "<unk>"), "pad": ("[PAD]", "<pad>")},
    **{"cls": ("[CLS]", "<cls>"), "sep": ("[SEP]", "<sep>")},
}
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
    saying whether a sentence begins with the bos token or ends with the eos token. Where transformers reads text in
    another way, or cannot build the tokenizer at all, tokenizer.json is followed, and a note says so.
    Raises: ModelError if it cannot be read or is not a fast one: only fast ones tell where subwords begin.
    """
    path = folder / "tokenizer.json"
    beside = [folder / name for name in ("special_tokens_map.json", "tokenizer_config.json")]
    said = {key: value for file in beside if file.is_file() for key, value in read_object(file).items()}
    saved = from_file(path) if path.is_file() else None
    try:
        made = by_transformers(folder)
    except Exception as error:
        if saved is None:
            raise ModelError(f"{folder}: the tokenizer cannot be read: {first_line(error)}") from error
        note = f"tokenizer: transformers cannot build it ({first_line(error)}); tokenizer.json alone is read"
        return SavedTokenizer(saved, _length(said.get("model_max_length")), _special(saved, said), (note,))
    named = {f"{role}_token": getattr(made, f"{role}_token", None) for role in ROLES}
    theirs: Any = getattr(made, "backend_tokenizer", None)
    if saved is None and theirs is None:
        raise ModelError(
            f"{folder}: {type(made).__name__} is not a fast tokenizer, and only those give character "
            "offsets; choose a checkpoint that has a tokenizer.json"
        )
    notes: tuple[str, ...] = ()
    if saved is not None and theirs is not None:
        if {"add_bos_token", "add_eos_token"} & said.keys():
            saved.post_processor = theirs.post_processor
        notes = _difference(saved, theirs)
    backend: Tokenizer = theirs if saved is None else saved
    return SavedTokenizer(backend, _length(made.model_max_length), _special(backend, named), notes)


def by_transformers(folder: Path) -> Any:
    """The tokenizer that transformers makes of the files in ``folder``. Raises whatever transformers does."""
    from transformers import AutoTokenizer

    with quiet():
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


def from_file(path: Path) -> "Tokenizer":
    """The tokenizer in ``path``. Raises: ModelError if it cannot be read, or does not read every kind of text."""
    from tokenizers import Tokenizer

    try:
        saved = Tokenizer.from_file(str(path))
        for text in _SAMPLE:
            saved.encode(text)
    except Exception as error:  # the library raises Exception itself, such as for an unknown token that is missing
        advice = "save it again with tokenizer.save"
        raise ModelError(f"{path}: the tokenizer cannot be read: {first_line(error)}; {advice}") from error
    return saved


def _difference(saved: "Tokenizer", theirs: "Tokenizer") -> tuple[str, ...]:
    """A note if transformers' tokenizer reads text in another way, or cannot read it."""
    for text in _SAMPLE:
        ours = saved.encode(text).tokens
        try:
            other = theirs.encode(text).tokens
        except Exception as error:
            return (f"tokenizer: transformers cannot read {text!r} ({first_line(error)}); tokenizer.json is followed",)
        if ours != other:
            return (f"tokenizer: {text!r} is {ours} as tokenizer.json says; transformers reads {other}",)
    return ()


def _length(longest: object) -> int | None:
    return int(longest) if isinstance(longest, int | float) and 0 < longest < NO_LIMIT else None


def _special(backend: "Tokenizer", named: Mapping[str, Any]) -> dict[str, tuple[str, int]]:
    """Special tokens by role: those that are ``named`` and in the vocabulary, else one that is spelled as usual."""
    added = {token.content for token in backend.get_added_tokens_decoder().values() if token.special}
    found = {}
    for role in ROLES:
        given = named.get(f"{role}_token")
        name = _utf8(str(given.get("content") if isinstance(given, dict) else given or ""))
        usual = [spelled for spelled in USUAL.get(role, ()) if spelled in added]
        token = name if name and backend.token_to_id(name) is not None else next(iter(usual), None)
        number = None if token is None else backend.token_to_id(token)
        if token is not None and number is not None:
            found[role] = (token, number)
    return found


def _utf8(text: str) -> str:
    """``text`` without half characters, which JSON can hold and no vocabulary has."""
    return text.encode("utf-8", "ignore").decode("utf-8")


def special_subwords(tokenizer: "Tokenizer") -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The special subwords that ``tokenizer`` puts around a sentence. Raises: ModelError if it knows no text."""
    pieces = (tokenizer.decode([number]) for number in range(tokenizer.get_vocab_size()))
    for text in chain(("a",), pieces):  # not every alphabet has an "a"
        encoding = tokenizer.encode(text)
        if 0 in encoding.special_tokens_mask:
            before = encoding.special_tokens_mask.index(0)
            after = encoding.special_tokens_mask[::-1].index(0)
            return tuple(encoding.ids[:before]), tuple(encoding.ids[len(encoding.ids) - after :])
    raise ModelError("the tokenizer gives no subword for any text; save a working one in the folder of the weights")


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
        return "none", f"{token!r} is neither first nor last in a sentence, so there is no task.vector=cls"
    if before:
        return "first", "the tokenizer names no [CLS]; for task.vector=cls the first subword of a sentence is taken"
    return "none", None
