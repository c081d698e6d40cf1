"""Experiments as the command line builds them, and a run with all analyses."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from pipelines.running.config import Experiment, build
from pipelines.shared.option_files import CONF

FULL = (
    "attention=full",
    "analysis.ablation.sentences=6",
    "analysis.agreement.sentences=3",
    "analysis.values.sentences=6",
    "analysis.syntax.least=5",
    "analysis.hypotheses.tested=[determiner_noun]",
    "analysis.hypotheses.least=5",
    "layers=[1,2]",
    "probe.l2=[1e-2]",
    "resamples=50",
)


@cache
def built(*overrides: str) -> Experiment:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("run", overrides=["model=minilm", "data=grammar", *overrides], return_hydra_config=True)
    own = OmegaConf.masked_copy(config, [key for key in config if key != "hydra"])
    return build(own, config.hydra.runtime.choices)


@pytest.fixture(scope="session")
def experiment() -> Callable[..., Experiment]:
    """experiment("seed=1", …): the parts of a run of the bundled model and corpus; nothing is loaded."""
    return built


@pytest.fixture(scope="session")
def all_analyses() -> tuple[str, ...]:
    """Options of a small run with every analysis."""
    return FULL


@pytest.fixture(scope="session")
def full(make) -> Path:
    """The folder of a run with every analysis."""
    return make(*FULL)


@pytest.fixture(scope="session")
def manifest_of() -> Callable[[Path], dict[str, Any]]:
    """manifest_of(folder): the manifest of a run."""
    return lambda folder: json.loads((folder / "manifest.json").read_text())
