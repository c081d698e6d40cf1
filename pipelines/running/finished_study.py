"""The study of a finished run, put together again from its manifest, for programs that go on with its probes."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from pipelines.running.config import ANALYSES, GROUPS, build
from pipelines.running.identity import identify
from pipelines.running.one_run import Run, study_of
from pipelines.shared.option_files import options
from pipelines.shared.options import option
from pipelines.shared.stand_ins import find_corpus, find_model
from probing.analysis.study import Study
from probing.axes import Progress
from probing.errors import ConfigError, DataError, shown
from probing.result.folder import parsed_manifest
from probing.task.word_order import read_by


def run_in(folder: Path, device: str) -> Run:
    """The run in ``folder``, put together again; nothing is loaded but the corpus.

    Raises: DataError if corpus, checkpoint or code are others than those of the run; ConfigError for a class that is
    none of this program; UnavailableError.
    """
    manifest = parsed_manifest(folder)
    config = {**manifest["config"], "device": device, "strict": True}
    check_classes(config)
    experiment, checkpoint, _ = find_model(build(OmegaConf.create(config), {}))
    experiment, corpus, _ = find_corpus(experiment, checkpoint)
    corpus = read_by(experiment.task, corpus)
    run_id = identify(experiment, checkpoint, corpus)
    if run_id != manifest["run_id"]:
        raise DataError(
            f"{folder}: its corpus, its checkpoint or this program changed since it was made; run again: "
            f"{manifest.get('command')}"
        )
    return Run(experiment, checkpoint, corpus, folder, run_id, ())


def finished_study(this: Run, on_progress: Progress) -> Study:
    """The study of a finished run, with the model's own head; nothing is loaded."""
    names = {"task": this.experiment.task.name, "model": this.checkpoint.name, "data": this.corpus.name}
    return replace(study_of(this, on_progress, {**names, "run_id": this.run_id}), with_head=True)


def check_classes(config: Mapping[str, Any]) -> None:
    """Raise ConfigError unless every class that a configuration names is of this project, or of an option of it.

    A manifest is a file that anyone may have written, so no other class is built from it.
    """
    for target in classes_in(config):
        if not (isinstance(target, str) and target.startswith("probing.")) and target not in _of_options():
            raise ConfigError(
                f"_target_={shown(target)}: neither a class of this project nor one of an option here; for a part of "
                "your own type --config-dir and the folder of its options"
            )


def classes_in(node: object) -> Iterator[object]:
    """Every value of ``_target_`` in nested mappings and lists."""
    if isinstance(node, Mapping):
        yield from (value for key, value in node.items() if key == "_target_")
        node = list(node.values())
    if isinstance(node, list):
        for part in node:
            yield from classes_in(part)


def _of_options() -> set[object]:
    found: set[object] = set()
    for group in (*GROUPS, *ANALYSES):
        for name in options(group):
            with suppress(ConfigError):
                found.add(option(group, name).get("_target_"))
    return found
