"""The page of words, made from the glossary of the reports when the site is built, so that both explain alike."""

from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

GLOSSARY = "probing.report.glossary"
ADDRESS = "concepts/words.md"
BEGIN = "# Words\n\nWhat words and abbreviations mean on the pages of this tool.\n\n"


class Entry(Protocol):
    """One word. forms: how texts write it, besides its name."""

    name: str
    text: str
    forms: tuple[str, ...]


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the page to the concepts."""
    if find_spec(GLOSSARY) and config.nav is not None:
        [concepts] = [section["Concepts"] for section in config.nav if "Concepts" in section]
        concepts.append({"Words": ADDRESS})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Make the page."""
    if find_spec(GLOSSARY):
        files.append(File.generated(config, ADDRESS, content=words_page(import_module(GLOSSARY).GLOSSARY)))
    return files


def words_page(entries: Iterable[Entry]) -> str:
    """The page in Markdown."""
    return BEGIN + "".join(f"**{entry.name}**\n:   {entry.text}\n\n" for entry in entries)
