"""Removal of properties from single texts, with what a finished run has trained; what is built is kept."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pipelines.shared.hide_folders import without_folders
from probing.analysis.concept_changes import REMOVALS
from probing.analysis.text_removal import Wanted, check, text_removal
from probing.axes import SPLITS, Progress
from probing.distribution import as_typed
from probing.errors import ConfigError, DataError
from probing.probe.saved import FILE, Saved, from_file
from probing.result.folder import parsed_manifest
from probing.store.covering import covering
from probing.store.key import key_parts
from probing.task.properties import PROPERTIES
from probing.view.record import CorpusSentence
from probing.view.token_labels import is_byte_level, legible

if TYPE_CHECKING:
    from probing.analysis.property_removals import PropertyRemovals
    from probing.analysis.read_text import ReadText, TextOutput
    from probing.view.probe_predictions import TrainedProbes

LOADING = "loading the run, its model and its vectors"


class RemovableRun(NamedTuple):
    """A run with linear probes that give classes. properties: that its items may have; its task's own first."""

    task: str
    folder: Path
    properties: tuple[str, ...]
    layers: tuple[int, ...]


class Loaded(NamedTuple):
    """What removals from a run's vectors need, loaded once. output: of ``analysis=usage``, which is read."""

    removals: "PropertyRemovals"
    saved: Saved
    output: str
    found: dict[str, Any]  # what the run's own analysis=usage found


def removable_runs(trained: "Iterable[TrainedProbes]") -> list[RemovableRun]:
    """The runs among the probes that a page shows whose properties can be removed."""
    found = []
    for one in trained:
        saved, names = one.saved, [task.name for task in PROPERTIES.get(one.saved.level, ())]
        if saved.kind == "class" and names and one.folder is not None and len(saved.layers) > 1:
            properties = tuple(dict.fromkeys([saved.task, *names]))
            found.append(RemovableRun(saved.task, one.folder, properties, saved.layers))
    return found


@dataclass(eq=False)
class Remover:
    """Removals from texts, one at a time; whatever they need is loaded and built when it is first asked for.

    typed: how the model was asked for, such as ``model=minilm``. device: of the model. stage: what is being done, while
    something is.
    """

    runs: Sequence[RemovableRun]
    typed: str
    device: str = "auto"
    stage: str | None = None
    _loaded: dict[str, Loaded] = field(default_factory=dict)
    _layers: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def status(self) -> dict[str, Any]:
        """What can be asked for: of a run that is loaded, exactly; of another one, what it may have."""
        runs = [
            {"task": one.task, "properties": self._properties(one), "layers": self._layers.get(one.task, one.layers)}
            for one in self.runs
        ]
        missing = None if self.runs else self._no_run()
        return {"runs": runs, "methods": REMOVALS, "missing": missing, "stage": self.stage}

    def remove(self, text: str | CorpusSentence, wanted: Wanted, task: str | None = None) -> dict[str, Any]:
        """The effect of removing a property from a text, as JSON values. task: of the run; None: the run whose task is
        the property, else the first one that may have it. Raises: ProbingError, for what cannot be removed.
        """
        run = self._chosen(wanted.property, task)
        of, read, output = self._read(run, text)
        try:
            self.stage = f"building what removes {wanted.property} from layer {wanted.layer}, and the probes above"
            found = asdict(text_removal(of.removals, read, output, wanted))
        finally:
            self.stage = None
        used = of.found.get("used", {}).get(wanted.property, {}).get(wanted.method)
        measured = None if used is None else {"sample": of.found["sample"], "used": used}
        return {**found, "task": run.task, "run": without_folders(run.folder.as_posix()), "measured": measured}

    def check(self, text: str | CorpusSentence, wanted: Wanted) -> None:
        """Raise ProbingError for what cannot be removed from a text, before anything is built."""
        of, _, output = self._read(self._chosen(wanted.property, None), text)
        check(of.removals, output, wanted)

    def layers_of(self, text: str | CorpusSentence, name: str) -> tuple[int, ...]:
        """The layers that a property can be removed from. Raises: as ``remove``."""
        of, _, output = self._read(self._chosen(name, None), text)
        of.removals.concept(name)
        return output.layers

    def _read(self, run: RemovableRun, text: str | CorpusSentence) -> "tuple[Loaded, ReadText, TextOutput]":
        from probing.analysis.read_text import text_output

        self.stage = LOADING
        try:
            if run.task not in self._loaded:
                self._loaded[run.task] = loaded(run, self.device, self._progress)
            of = self._loaded[run.task]
            study, read = of.removals.study, read_text(of, text)
            byte_level = is_byte_level(study.encoder.tokenizer)
            output = text_output(study, of.saved, read, of.output, lambda token: legible(token, byte_level))
        finally:
            self.stage = None
        self._layers[run.task] = output.layers
        return of, read, output

    def _chosen(self, name: str, task: str | None) -> RemovableRun:
        if not self.runs:
            raise ConfigError(" ".join(self._no_run().split()))
        of_task = [one for one in self.runs if task in (None, one.task)]
        if not of_task:
            raise ConfigError(f"task={task}: no such run; choose one of {', '.join(one.task for one in self.runs)}")
        own = [one for one in of_task if one.task == name] or [one for one in of_task if name in one.properties]
        if not own:
            names = dict.fromkeys(name for one in of_task for name in self._properties(one))
            raise ConfigError(f"property={name}: no run here has it; choose one of {', '.join(names)}")
        return own[0]

    def _properties(self, run: RemovableRun) -> tuple[str, ...]:
        of = self._loaded.get(run.task)
        return run.properties if of is None else tuple(one.name for one in of.removals.known)

    def _no_run(self) -> str:
        return as_typed(
            "no finished run with linear probes of words or sentences was found for this model; type this, then ask "
            f"again:\npython -m pipelines.run {without_folders(self.typed)} data=grammar task=pos attention=none"
        )

    def _progress(self, stage: str, done: int, total: int) -> None:
        self.stage = f"{stage}, {done:,} of {total:,}"


def loaded(run: RemovableRun, device: str, on_progress: Progress) -> Loaded:
    """Load a run: its probes, its items, and how its own ``analysis=usage`` builds removals, if it has one.

    Raises: as ``run_in``; DataError if the store does not have the run's vectors, for a damaged file, and for too few
    sentences.
    """
    from pipelines.running.finished_study import finished_study, run_in
    from probing.analysis.property_removals import PropertyRemovals
    from probing.analysis.usage import Usage
    from probing.analysis.usage_output import AUTO, OUTPUTS

    this, manifest = run_in(run.folder, device), parsed_manifest(run.folder)
    study = finished_study(this, on_progress)
    wanted = key_parts(study.store, study.model, study.checkpoint, study.corpus) | study.chosen.parts
    if covering(Path(study.store.folder), wanted)[0] is None:
        raise DataError(
            f"{study.store.folder} has no vectors of {study.corpus.name} by {study.checkpoint.name}, from which a "
            f"removal is learnt; delete {run.folder} and make both again: {manifest.get('command')}"
        )
    usage = this.experiment.analyses.get("usage")
    removals = PropertyRemovals(study, usage if isinstance(usage, Usage) else Usage())
    _ = removals.known
    output = removals.usage.output if removals.usage.output in OUTPUTS else AUTO
    found = manifest.get("analyses", {}).get("usage", {})
    return Loaded(removals, from_file(run.folder / FILE), output, found)


def read_text(of: Loaded, text: str | CorpusSentence) -> "ReadText":
    """A text; a sentence with the labels that it has in the run's corpus, if it is in it."""
    from probing.analysis.read_text import corpus_text, unknown_text
    from probing.diagnosis.edited_texts import text_sentence

    study = of.removals.study
    if isinstance(text, str):
        return unknown_text(study, text_sentence(text))
    for split in SPLITS:
        for number, sentence in enumerate(study.corpus.splits[split]):
            if (sentence.id, sentence.words) == (text.sentence.id, text.sentence.words):
                if not len(study.items.words[split][number]):
                    raise DataError(f"{sentence.id} has no label of {study.task.name}; choose another sentence")
                return corpus_text(study, of.removals.known, split, number)
    return unknown_text(study, text.sentence)
