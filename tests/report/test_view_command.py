"""The command that shows a sentence of a run is complete, and a shell and Hydra read it as it is."""

import shlex
from pathlib import Path

from probing.report.load import load_run
from probing.report.view_command import finished_folder, sentence_option, view_command


def test_a_run_names_its_corpus_and_model(make_run):
    folder = make_run("pos", inputs=["data=conllu", "data.train=my file.conllu", "model=minilm"])
    words = shlex.split(view_command(load_run(folder)))
    assert words[:3] == ["python", "-m", "pipelines.view"]
    assert words[3:] == ["data=conllu", "data.train=my file.conllu", "model=minilm", f"runs={folder}"]


def test_a_run_of_an_earlier_version_is_named_from_its_command(make_run):
    command = "python -m pipelines.run -m model=tiny,bert data.max_sentences=9 task=pos seed=1"
    words = shlex.split(view_command(load_run(make_run("pos", command=command))))
    assert words[3:6] == ["model=tiny", "data.max_sentences=9", words[5]]


def test_the_folder_of_an_unfinished_run_is_named_as_it_will_be():
    assert finished_folder(Path("a/.seed0.partial")) == Path("a/seed0")


def test_ids_with_signs_of_hydra_are_quoted():
    assert sentence_option("weblog-1_2.x") == "weblog-1_2.x"
    assert shlex.split(sentence_option('a,b "c"')) == ['"a,b \\"c\\""']
