"""The papers in conf/paper: two files each, <name>.yaml and the published numbers in <name>.csv."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from pipelines.shared.option_files import file_of, options
from probing.errors import ConfigError, first_line, shown
from probing.report.published.paper_data import Paper, paper_of, read_numbers

ALL = "all"
MINUTE = 60


def names() -> list[str]:
    """The papers, in the order of the alphabet."""
    return options("paper")


def read_paper(name: str) -> Paper:
    """A paper from its two files. Raises ConfigError for an unknown paper (naming the valid ones) and a wrong file."""
    path = file_of("paper", name)
    if path is None:
        raise ConfigError(f"paper={shown(name)}: no such paper; choose one of {', '.join(names())}, or {ALL}")
    try:
        node: Any = OmegaConf.to_container(OmegaConf.load(path))
    except (OmegaConfBaseException, YAMLError) as error:
        raise ConfigError(f"{path} cannot be read: {first_line(error)}") from error
    return paper_of(name, node, read_numbers(numbers_of(path)))


def numbers_of(path: Path) -> Path:
    """The file of published numbers beside a paper's file. Raises ConfigError if there is none."""
    numbers = path.with_suffix(".csv")
    if not numbers.is_file():
        raise ConfigError(f"{numbers}: no such file; the published numbers of the paper are expected there")
    return numbers


def chosen(wanted: Sequence[str]) -> list[Paper]:
    """The papers that were asked for, each once. Raises ConfigError if none was."""
    if not wanted:
        raise ConfigError(f"paper is missing; type paper=… with one of {', '.join(names())}, or paper={ALL}")
    every = [one for name in wanted for one in (names() if name == ALL else [name])]
    return [read_paper(name) for name in dict.fromkeys(every)]


def listing() -> str:
    """One line for each paper: name, minutes for minilm on 2 cores, disk, and its question."""
    found = [read_paper(name) for name in names()]
    return "\n".join(
        f"  {one.name:17}{minutes(one.seconds):>4} min {one.disk_gb:>5.1f} GB  {one.question}" for one in found
    )


def minutes(seconds: float) -> str:
    """Seconds as minutes, at least one."""
    return f"{max(1, round(seconds / MINUTE)):,}"
