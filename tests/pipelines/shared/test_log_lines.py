"""What libraries report reaches a user as one plain line, once."""

import logging
import warnings

import pytest

from pipelines.shared.log_lines import MOST_CHARACTERS, Lines, show_lines


@pytest.fixture
def lines():
    """The lines that are said; logging and warnings are as before afterwards."""
    root, said = logging.getLogger(), []
    handlers = root.handlers[:]
    logging.captureWarnings(False)  # an earlier test may have left it on, in a context that is over
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        show_lines(lambda text, style: said.append((text, style)))
        yield said
    logging.captureWarnings(False)
    root.handlers = handlers


def test_a_warning_is_one_line_without_the_place_in_the_code_and_is_said_once(lines):
    for _ in range(2):
        warnings.warn("the cells of\nthis figure are too small", RuntimeWarning, stacklevel=1)
    assert lines == [("RuntimeWarning: the cells of", "yellow")]


def test_a_librarys_record_names_the_library(lines):
    for _ in range(2):
        logging.getLogger("transformers.models.x").warning("causal_conv1d_fn is \n missing, %s path", "slow")
    logging.getLogger("transformers.models.x").info("loaded")
    logging.getLogger("some.package").error("x" * 1000)
    assert lines[0] == ("transformers: causal_conv1d_fn is missing, slow path", "yellow")
    assert len(lines) == 2
    assert len(lines[1][0]) == len("some: …") + MOST_CHARACTERS


def test_the_projects_own_records_are_shown_as_they_are_every_time(lines):
    for _ in range(2):
        logging.getLogger("probing.store.write").info("extracting %s", "x")
    assert lines == [("extracting x", None)] * 2


def test_lines_are_shown_once_however_often_they_are_set_up(lines):
    show_lines(lambda text, style: lines.append((text, style)))
    logging.getLogger("probing").warning("one")
    assert lines == [("one", "yellow")]
    assert sum(isinstance(handler, Lines) for handler in logging.getLogger().handlers) == 1
