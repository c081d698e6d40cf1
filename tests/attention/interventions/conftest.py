"""Tiny checkpoints that are saved with a head."""

import pytest


@pytest.fixture(scope="session")
def saved(build, tmp_path_factory):
    """A tiny checkpoint saved with a head: its folder and the whole network."""
    import torch
    import transformers

    def saved(family, architecture, **options):
        folder = build(family, tmp_path_factory.mktemp(family))
        config = transformers.AutoConfig.from_pretrained(folder, **({"num_labels": 3} | options))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            full = getattr(transformers, architecture)(config).eval()
        full.save_pretrained(folder)
        return folder, full

    return saved
