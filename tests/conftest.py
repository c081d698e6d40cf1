"""What all tests share."""

import runpy
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Threads only wait for each other on the matrices of tests."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def tiny_network():
    """A network by its name in ``networks.py``, built once; leave it as it is."""
    build = runpy.run_path(str(Path(__file__).parent / "networks.py"))["build"]
    return cache(build)


@pytest.fixture(scope="session")
def mutations() -> SimpleNamespace:
    """The functions of mutations.py: damages of bytes, texts and documents."""
    return SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("mutations.py"))))
