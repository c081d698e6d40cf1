"""The boxes of the documentation: found in its pages, and run one after the other as a reader would run them.

As a program, in a process of its own: python docs_blocks.py FOLDER PAGE …  runs the boxes of each page in FOLDER/<page>
and writes what failed to FOLDER/failed.json.
"""

import json
import os
import re
import runpy
import shlex
import sys
import traceback
import types
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).resolve().parent
DOCS = TESTS.parent / "docs"
FENCE = re.compile(r"^```(\w*)(?: title=\"([^\"]*)\")?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LEFT_OUT = ("Needs ", "Takes ", "Stays ")  # how the title of a box begins that the tests do not run
OWN = {"train": (60, "train"), "dev": (20, "dev"), "test": (20, "test")}  # sentences of a reader's own corpus


class Box(NamedTuple):
    """One box of a page. line: where it begins. title: what stands above it on the page, or empty."""

    page: str
    line: int
    language: str
    title: str
    text: str

    @property
    def left_out(self) -> bool:
        """Whether its title says why it cannot be run everywhere."""
        return self.title.startswith(LEFT_OUT)


def pages() -> list[str]:
    """The pages of the documentation, as paths in docs/, and the page for contributors."""
    found = sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md") if "template" not in path.parts)
    return [*found, "../CONTRIBUTING.md"]


def boxes(page: str) -> list[Box]:
    """The boxes of a page, in their order."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return [
        Box(page, text[: m.start()].count("\n") + 1, *(part or "" for part in m.groups())) for m in FENCE.finditer(text)
    ]


def commands(text: str) -> list[list[str]]:
    """The words of each command of a shell box; redirections, and what a pipe leads to, are left out."""
    lines = text.replace("\\\n", " ").splitlines()
    return [
        shlex.split(re.split(r" [|>] ", line)[0], comments=True) for line in lines if line.strip() and line[0] != "#"
    ]


def program(words: list[str]) -> tuple[str, list[str]] | None:
    """The module and the arguments of ``python -m pipelines.run …`` or ``probe run …``; None for another command."""
    words = [word for word in words if word != "nohup"]
    if words[:2] == ["python", "-m"]:
        return words[2], words[3:]
    return (f"pipelines.{words[1]}", words[2:]) if words[:1] == ["probe"] else None


def run_page(page: str, folder: Path) -> list[str]:
    """Run the boxes of a page in ``folder``; returns what failed, with the line of the page."""
    folder.mkdir(parents=True)
    os.chdir(folder)
    sys.path[0] = str(folder)  # as for a reader who types python -m in this folder
    for name in ("my", "path"):
        (folder / name).symlink_to(folder.parent / name)
    (folder / "outputs").mkdir()
    (folder / "outputs" / "store").symlink_to(folder.parent / "store")
    namespace = types.ModuleType("page").__dict__
    failed = []
    for box in boxes(page):
        try:
            run_box(box, namespace)
        except (Exception, SystemExit):
            failed.append(f"{page}:{box.line}: {traceback.format_exc(limit=-3)}")
    return failed


def run_box(box: Box, namespace: dict[str, object]) -> None:
    """Write the file that a box shows, or run its code or its commands."""
    if box.left_out:
        return
    if "." in box.title and " " not in box.title:
        Path(box.title).parent.mkdir(parents=True, exist_ok=True)
        Path(box.title).write_text(box.text, encoding="utf-8")
    elif box.language == "python":
        types.FunctionType(compile(box.text, f"{box.page}:{box.line}", "exec"), namespace)()
    elif box.language == "bash":
        for words in commands(box.text):
            run_command(words)


def run_command(words: list[str]) -> None:
    """Run ``python -m module arguments`` in this process. Raises SystemExit if it fails, ValueError for another."""
    from hydra.core.global_hydra import GlobalHydra

    found = program(words)
    if found is None:
        raise ValueError(f"{words[0]}: give a box with other commands a title that says what it needs")
    module, arguments = found[0], [smaller(argument) for argument in found[1]]
    GlobalHydra.instance().clear()
    sys.argv = [module, *arguments]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if ended.code:
            raise


def smaller(argument: str) -> str:
    """The numbers of training sentences for a bundled corpus that has 60 of them (test_docs.py) instead of 3,000."""
    option, _, sizes = argument.partition("=")
    if option != "data.train_sentences":
        return argument
    return f"{option}={','.join(str(min(OWN['train'][0], 10 + int(size) // 50)) for size in sizes.split(','))}"


def write_own(folder: Path) -> None:
    """What a reader has: a treebank and reviews in my/, models in path/to/your/, all tiny."""
    from probing.data.grammar import Grammar

    corpus = Grammar(name="own", **{name: size for name, (size, _) in OWN.items()}).load()
    (folder / "my").mkdir()
    for name, sentences in corpus.splits.items():
        (folder / "my" / f"{name}.conllu").write_text("".join(map(conllu, sentences)), encoding="utf-8")
        rows = "".join(f'"{" ".join(s.words)}",{s.label}\n' for s in sentences)
        (folder / "my" / f"{name}.csv").write_text(f"review,stars\n{rows}", encoding="utf-8")
    build = runpy.run_path(str(TESTS / "model" / "conftest.py"))["build"]
    yours = folder / "path" / "to" / "your"
    build("bert", yours / "model")
    build("gpt2", yours / "decoder")
    runpy.run_path(str(TESTS / "chat_models.py"))["chat_model"]("chatml", yours / "chat_model")
    with_classes(build("bert", yours / "classifier"))


def with_classes(folder: Path) -> None:
    """Give a saved BERT the head of a classifier of the reviews."""
    from transformers import AutoConfig, AutoModelForSequenceClassification

    names = {0: "negative", 1: "positive"}
    config = AutoConfig.from_pretrained(folder, id2label=names, label2id={name: i for i, name in names.items()})
    AutoModelForSequenceClassification.from_config(config).save_pretrained(folder)


def conllu(sentence: object) -> str:
    """A sentence of the grammar as a treebank has it."""
    columns = zip(sentence.words, sentence.upos, sentence.heads, sentence.deprel, strict=True)  # type: ignore[attr-defined]
    rows = [f"{i}\t{w}\t_\t{u}\t_\t_\t{h}\t{d}\t_\t_\n" for i, (w, u, h, d) in enumerate(columns, start=1)]
    return f"# sent_id = {sentence.id}\n{''.join(rows)}\n"  # type: ignore[attr-defined]


def main(folder: Path, *chosen: str) -> None:
    """Run the boxes of some pages. With --without-figures figures are not drawn, which takes seconds each."""
    if "--without-figures" in chosen:
        import probing.report.page

        probing.report.page.write_figures = lambda run, sections, table: []
    (folder / "store").mkdir()
    write_own(folder)
    named = [page for page in chosen if not page.startswith("--")]
    failed = {page: run_page(page, folder / page.replace("/", "-").replace(".", "-")) for page in named}
    (folder / "failed.json").write_text(json.dumps(failed), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), *sys.argv[2:])
