"""How a network computes attention: fused, which is fast, or step by step, which gives maps."""

from collections.abc import Iterator
from contextlib import contextmanager

from probing.model.network_pass import Network, quiet

STEP_BY_STEP = "eager"  # transformers' name for it


@contextmanager
def computing(network: Network, attention: str | None) -> Iterator[None]:
    """Passes inside the ``with`` statement compute attention with this implementation (None: as it is set)."""
    before = network.config._attn_implementation
    set_attention(network, attention or before)
    try:
        yield
    finally:
        set_attention(network, before)


def set_attention(network: Network, attention: str) -> None:
    """Let ``network`` compute attention with this implementation from now on, if it has it."""
    if network.config._attn_implementation != attention:
        with quiet():  # architectures with one implementation only say that they have no other
            network.set_attn_implementation(attention)
        if attention == STEP_BY_STEP:  # Falcon takes it from its configuration alone
            network.config._attn_implementation = attention
