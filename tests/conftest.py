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


@pytest.fixture(scope="session")
def small_subject(tmp_path_factory):
    """The classifier of small_subject.py: a probe on layer 2 of a tiny BERT; leave it as it is."""
    build = runpy.run_path(str(Path(__file__).with_name("small_subject.py")))["subject"]
    return build(tmp_path_factory.mktemp("subject"))


@pytest.fixture(scope="session")
def word_subject(tmp_path_factory):
    """A classifier of words, of small_subject.py: a probe on layer 2 of a tiny BERT; leave it as it is."""
    build = runpy.run_path(str(Path(__file__).with_name("small_subject.py")))["of_words"]
    return build(tmp_path_factory.mktemp("words"))


@pytest.fixture(scope="session")
def constant_head(word_subject, tmp_path_factory):
    """The same probes below a head that calls every word NOUN; leave it as it is."""
    build = runpy.run_path(str(Path(__file__).with_name("small_subject.py")))["with_constant_head"]
    found = build(word_subject, tmp_path_factory.mktemp("head"), "NOUN")
    yield found
    found.study.close()


@pytest.fixture(scope="session")
def small_texts(small_subject):
    """Two texts, diagnosed: one with a negation, one with characters that mean something in HTML."""
    from probing.analysis.text_parts import reference
    from probing.diagnosis.diagnosed_text import diagnosed_text
    from probing.diagnosis.edited_texts import text_sentence

    means = reference(small_subject.encoder, small_subject.study.sample("dev", 20).subwords)
    given = {"The movie was unexpectedly not boring": "positive", '<b>bold</b> & ] "quoted" film was dull': "negative"}
    numbers = {text: small_subject.classes.index(label) for text, label in given.items()}
    return [diagnosed_text(small_subject, text_sentence(text), label, means) for text, label in numbers.items()]


@pytest.fixture(scope="session")
def small_split(small_subject):
    """The answers for dev and the cause of its errors; the groups are those with an even and with an odd length."""
    import numpy as np

    from probing.diagnosis.answers import Groups
    from probing.diagnosis.cause import cause
    from probing.diagnosis.split_answers import split_answers

    splits = small_subject.study.corpus.splits
    dev, train = (
        Groups(("even", "odd"), np.array([[len(one.words) % 2 == 0, len(one.words) % 2 == 1] for one in splits[split]]))
        for split in ("dev", "train")
    )
    found = split_answers(small_subject, "dev", dev, train)
    return found, cause(found.answers, small_subject.study.resampling("dev", found.numbers))
