"""An encoder with a new head: the network of transformers' own class for a task, whose head is still to be trained."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from probing.axes import Level
from probing.errors import ConfigError, ModelError, first_line
from probing.model.checkpoint import Checkpoint
from probing.model.files import TOKENIZER_EXTRAS, VOCABULARIES
from probing.model.loading import read_with
from probing.model.network_pass import Network, quiet
from probing.model.weights import require_weights

# by what has a label: the class that adds a head for it
_READERS = {"sentence": "AutoModelForSequenceClassification", "word": "AutoModelForTokenClassification"}


def with_new_head(
    checkpoint: Checkpoint, level: Level, classes: Sequence[str], blocks: int | None, seed: int
) -> Network:
    """The encoder of ``checkpoint``, its first ``blocks`` blocks (None: all), with a random head for these classes.

    Weights of the head that the file has (a pooler's, often) are those of the file; the others are drawn from ``seed``.
    Raises: ConfigError for more blocks than there are; ModelError if transformers has no such class for this
    architecture, or cannot build it with fewer blocks.
    """
    import torch
    import transformers

    reader = getattr(transformers, _READERS[level])
    with quiet():
        config = transformers.AutoConfig.from_pretrained(checkpoint.folder, local_files_only=True)
        if type(config) not in reader._model_mapping or config.is_encoder_decoder:
            raise ModelError(
                f"{checkpoint.name}: transformers has no class for {type(config).__name__} that gives a class to a "
                f"{level} ({_READERS[level]}); choose an encoder, or a decoder without an encoder"
            )
        _keep_blocks(config, checkpoint.name, blocks)
        config.id2label = dict(enumerate(classes))
        config.label2id = {name: number for number, name in enumerate(classes)}
        config.problem_type = "single_label_classification" if level == "sentence" else None
        try:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                full, missing = read_with(reader, checkpoint.folder, config, dtype=torch.float32)
        except Exception as error:  # configurations fail in as many ways as there are architectures
            raise ModelError(f"{checkpoint.name}: a new head cannot be added: {first_line(error)}") from error
    require_weights(checkpoint.folder, full, full.base_model, missing)
    return full.eval()


def _keep_blocks(config: Any, name: str, blocks: int | None) -> None:
    """Let a configuration ask for its first ``blocks`` blocks only, also where it lists something for each block."""
    there = config.num_hidden_layers
    if blocks is None or blocks == there:
        return
    if not 1 <= blocks < there:
        raise ConfigError(f"layer={blocks}: {name} has layers 1 to {there}; choose one of them")
    for option, value in [*vars(config).items()]:
        if isinstance(value, list) and len(value) == there:
            setattr(config, option, value[:blocks])
    config.num_hidden_layers = blocks


def save_classifier(full: Network, checkpoint: Checkpoint, folder: Path) -> None:
    """Write ``full`` with its configuration and the tokenizer files of ``checkpoint``, as they are, into ``folder``."""
    with quiet():
        full.save_pretrained(folder)
    for weights in folder.glob("*.safetensors"):
        weights.chmod((folder / "config.json").stat().st_mode)  # the library lets only its owner read it
    for path in checkpoint.sources:
        if path.name in (*VOCABULARIES, *TOKENIZER_EXTRAS):
            shutil.copyfile(path, folder / path.name)
