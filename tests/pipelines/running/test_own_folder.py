"""Checkpoints and corpora of one name: each has a folder of its own, whichever comes first, and stays apart."""

import json
import shutil
from pathlib import Path

import pytest

from probing.report.gather import gather
from probing.result.folder import find_runs

WORDS = {"one": [("dogs", "NOUN"), ("bark", "VERB")], "other": [("cats", "NOUN"), ("sleep", "VERB"), ("now", "ADV")]}


def conllu(words: list[tuple[str, str]]) -> str:
    lines = [f"{i}\t{form}\t_\t{upos}\t_\t_\t{i - 1}\tdep\t_\t_\n" for i, (form, upos) in enumerate(words, 1)]
    return ("".join(lines) + "\n") * 8


@pytest.fixture
def given(tiny, tmp_path, monkeypatch) -> list[str]:
    """What both runs have in common; below the working folder are two models and two corpora of the same names."""
    from safetensors.torch import load_file, save_file

    for name, words in WORDS.items():
        for split in ("train", "dev", "test"):
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / f"{split}.conllu").write_text(conllu(words))
        shutil.copytree(tiny, tmp_path / name / "bert")
    file = tmp_path / "other" / "bert" / "model.safetensors"
    save_file({key: weight + 1 for key, weight in load_file(file).items()}, file, metadata={"format": "pt"})
    monkeypatch.chdir(tmp_path)
    files = [f"data.{split}={split}.conllu" for split in ("train", "dev", "test")]
    return ["data=conllu", "data.name=words", *files, "layers=0", "attention=none", "resamples=20", "threads=1"]


def made(here, *arguments: str) -> Path:
    done = here(*arguments, small=False)
    assert (done.code, done.err) == (0, "")
    return Path(done.out.splitlines()[-1].partition(": ")[2])


@pytest.mark.parametrize("what", ["model", "corpus"])
def test_two_of_one_name_have_a_folder_each_and_are_not_joined(what, given, here):
    model, path = ("model.checkpoint={}/bert", "data.path=one") if what == "model" else ("{}", "data.path={}")
    model = model if what == "model" else "model.checkpoint=one/bert"
    one, other = (made(here, *given, model.format(name), path.format(name)) for name in WORDS)
    assert one.name == "seed0,layers=0,resamples=20,attention=none"
    assert other.name.startswith(f"{one.name}~")
    assert one.parent == other.parent
    # the same commands find them again, whatever the other one is
    assert made(here, *given, model.format("other"), path.format("other")) == other
    assert made(here, *given, model.format("one"), path.format("one")) == one
    part, key = ("checkpoint", "revision") if what == "model" else ("data", "fingerprint")
    first, second = (json.loads((run / "manifest.json").read_text())[part][key] for run in (one, other))
    assert first != second
    conditions, notes = gather(find_runs(Path("outputs")))
    assert [len(condition.runs) for condition in conditions] == [1, 1]
    assert len({condition.model for condition in conditions}) == 2
    assert notes == []


@pytest.mark.parametrize(
    ("here_is", "differs", "advice"),
    [
        (("one", "other"), "(data.path: one there, other here)", "type data.name=…"),
        (("other", "one"), "(the weights: sha256-", "type model.name=…"),
        (("other", "other"), "(data.path: one there, other here; the weights: ", "type data.name=… and model.name=…"),
    ],
)
def test_a_run_that_has_to_go_elsewhere_says_what_differs_and_what_to_type(here_is, differs, advice, given, here):
    made(here, *given, "model.checkpoint=one/bert", "data.path=one")
    model, corpus = here_is
    done = here(*given, f"model.checkpoint={model}/bert", f"data.path={corpus}", small=False)
    assert done.code == 0
    [line] = [line for line in done.out.splitlines() if "of the same name" in line]
    assert differs in line and line.endswith(advice)
    assert done.out.splitlines()[-1].removeprefix("wrote: ") in line


def test_without_a_name_corpora_of_two_folders_are_named_apart(given, here):
    unnamed = [option for option in given if not option.startswith("data.name=")]
    runs = [made(here, *unnamed, "model.checkpoint=one/bert", f"data.path={name}") for name in WORDS]
    assert [run.parts[-4] for run in runs] == ["one-train", "other-train"]


def test_a_run_of_another_version_of_the_same_model_and_corpus_is_still_refused(given, here, refused):
    command = [*given, "model.checkpoint=one/bert", "data.path=one"]
    folder = made(here, *command)
    manifest = json.loads((folder / "manifest.json").read_text())
    unsigned = {name: part for name, part in manifest.items() if name not in ("checksums", "sha256")}
    (folder / "manifest.json").write_text(json.dumps({**unsigned, "run_id": "0" * 12}))  # as earlier versions wrote it
    assert "holds a run of another configuration" in refused(here(*command, small=False), 2)
