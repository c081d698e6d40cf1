"""What a network can be given: how many subwords at once, and which ones."""

from probing.errors import ModelError
from probing.model.network_pass import Network


def longest_input(network: Network) -> int | None:
    """Subwords that the network was built for; None if its configuration names no limit.

    RoBERTa and models like it count positions from the padding number on: the rows of the table up to it are not used.
    """
    import torch

    named = ("max_position_embeddings", "max_encoder_position_embeddings")  # the second in LED
    positions = next((found for name in named if (found := getattr(network.config, name, None))), None)
    if positions is None or positions < 0:
        return None
    reserved = [
        table.padding_idx + 1
        for name, table in network.named_modules()
        if isinstance(table, torch.nn.Embedding) and "position" in name and table.num_embeddings == positions
        if table.padding_idx is not None
    ]
    return int(positions) - max(reserved, default=0)


def embeddings(network: Network) -> int:
    """Subwords that the network has an embedding for. Raises: ModelError if it has no table of embeddings."""
    try:
        return int(network.get_input_embeddings().weight.shape[0])
    except (AttributeError, NotImplementedError, TypeError) as error:
        raise ModelError(
            f"{type(network).__name__} has no table of subword embeddings; choose another model"
        ) from error
