"""The part of a network that reads text: an encoder of an encoder-decoder, the text part of a model of images or sound."""

from typing import Any

from probing.errors import ModelError
from probing.model.network_pass import Network

TEXT = "input_ids"


def require_text(config: Any) -> None:
    """Raise ModelError if a network of this configuration reads images, sound or numbers, and no text.

    Nothing is loaded: transformers' class of the architecture names what it reads.
    """
    import transformers

    mapping: Any = transformers.MODEL_MAPPING
    found = mapping[type(config)] if type(config) in mapping else None
    first = found[0] if isinstance(found, list | tuple) else found
    reads = getattr(first, "main_input_name", TEXT)
    if first is not None and reads != TEXT and not any("text" in name for name in config.sub_configs):
        raise ModelError(f"{first.__name__} reads {reads}, no text; choose a model of text")


def text_part(full: Network) -> tuple[Network, str | None]:
    """The encoder inside ``full`` that reads text, and where it stands there; None: ``full`` itself.

    Of an encoder-decoder the encoder, also where only the encoder was saved. Of a model of text and something else
    (CLIP, LLaVA, Gemma 3) the network that its text configuration belongs to.
    """
    from transformers import PreTrainedModel

    text = full.config.get_text_config()
    inside = [
        (name, module)
        for name, module in full.named_modules()
        if name and isinstance(module, PreTrainedModel) and module.config is text
    ]
    where, network = inside[0] if text is not full.config and inside else (None, full)
    if hasattr(network, "encoder") and hasattr(network, "decoder"):
        return network.encoder, where
    return network, where


def without_projection(network: Network) -> bool:
    """Take away a projection after the last block, so that all layers are of one width; whether there was one.

    OPT-350m alone has it: its last block gives vectors of 1,024 numbers as all others, and ``project_out`` makes them
    as narrow as its embeddings.
    """
    import torch

    for name, module in network.named_modules():
        if name.endswith("project_out") and isinstance(module, torch.nn.Linear):
            parent = network.get_submodule(name.rpartition(".")[0])
            parent.project_out = torch.nn.Identity()
            return True
    return False
