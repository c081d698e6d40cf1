"""What the runs of papers need to know of a model before they are made: its blocks, its size, which way it reads."""

from dataclasses import dataclass

from probing.model.checkpoint import Checkpoint

MINILM = 6 * 384**2  # blocks times squared width of the model that times are stated for


@dataclass(frozen=True)
class Kind:
    """name: as in rows and folders. decoder: each vector depends on earlier subwords only.

    times: how many times the multiplications of minilm it needs for a text, roughly. stands_in_for: the option that was
    asked for, if this model runs in its place.
    """

    name: str
    blocks: int
    decoder: bool
    times: float
    stands_in_for: str = ""


def kind_of(checkpoint: Checkpoint, stands_in_for: str = "") -> Kind:
    """From the configuration of a checkpoint; its weights are not loaded."""
    from transformers import AutoConfig
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
        MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    )

    config = AutoConfig.from_pretrained(checkpoint.folder).get_text_config()
    kind = config.model_type
    decoder = kind in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES and kind not in MODEL_FOR_MASKED_LM_MAPPING_NAMES
    blocks, width = int(config.num_hidden_layers), int(config.hidden_size)
    return Kind(checkpoint.name, blocks, decoder, blocks * width**2 / MINILM, stands_in_for)


def placed(override: str, blocks: int) -> str:
    """An override with the places of layers as numbers: ``layers={two_thirds}`` -> ``layers=8`` of 12 blocks."""
    return override.replace("{two_thirds}", str(max(1, round(2 * blocks / 3))))
