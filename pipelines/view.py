"""What does each head attend to?  python -m pipelines.view text="The cat sat on the mat" model=minilm

Writes one HTML file that opens from disk, without a network or a server: heads, model, heatmap, query and key
vectors, rollout and flow, for a text, a pair of texts, the lines of a file, or sentences of a corpus. A sentence
whose maps are in the store is shown without loading the model.

Options (group=option; every key of an option is set as group.key=value):
{groups}
  text        a text; text_b=… is read together with it
  file        UTF-8, each line a text, or two texts separated by a tab; the first most=20 lines are shown
  sentence    id of a sentence of data=…, or a list of ids; load=true loads the model even if the store has the maps
  out         the file (default outputs/views/<model>/<what is shown>.html)
  layers      layers=[3,6] keeps these layers only, for a small file
  beside      another model to compare with: both are shown, and their difference (minilm, a folder or a Hub id)
  probes      show probes trained on this corpus, or a list (default: the corpus of the sentence, or of data=)
  remove      remove=pos takes a property out of the text's vectors, by a run with linear probes, and shows the effect
              beside random directions; remove_layers=[0,3] (default all), remove_method=leace
  others      bits parts longest_flow longest_neurons runs strict device threads outputs (conf/view.yaml explains
              each, --cfg job lists them)

Examples:
  python -m pipelines.view text="The cat sat on the mat, didn't it?"
  python -m pipelines.view text="A man sleeps." text_b="Nobody is asleep." model=bert
  python -m pipelines.view file=texts.txt out=texts.html bits=8
  python -m pipelines.view data=grammar sentence=[test-0001,test-0002] parts=[flow]
  python -m pipelines.view data=grammar sentence=test-0001 remove=pos remove_layers=[0,3]
"""

import shlex
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import hydra
from omegaconf import DictConfig

from pipelines.shared.cli import CONSOLE, job, launch, say
from pipelines.shared.hide_folders import without_folders
from pipelines.shared.notes import announce
from pipelines.shared.option_files import CONF
from pipelines.shared.options import Parts, own_options, parts_of
from pipelines.shared.progress import Bars
from pipelines.shared.stand_ins import find_corpus, find_model
from pipelines.shared.versions import code_version, versions
from pipelines.viewing.inputs import Settings, choose, sentences, target, texts
from pipelines.viewing.sources import MODEL, views
from probing.axes import Note
from probing.distribution import as_typed
from probing.view.bundle import page
from probing.view.pack import Packed, pack
from probing.view.record import View

GROUPS = ("data", "model", "store", "rollout")


def view(config: DictConfig) -> Path:
    """Make one page from a configuration, and return the file. Raises ProbingError."""
    parts, corpus = build(config), None
    choose(parts.settings)
    inputs, notes = texts(parts.settings)
    parts, checkpoint, of_model = find_model(parts)
    notes += of_model
    if parts.settings.sentences:
        parts, corpus, of_data = find_corpus(parts, checkpoint)
        notes += of_data
    announce(notes)
    if corpus is not None:
        inputs = sentences(parts.settings, corpus)
    path = target(parts.settings, checkpoint.name)
    with Bars(CONSOLE) as bars:
        found = views(parts, checkpoint, corpus, inputs, bars)
    packed = packed_with(found, parts, notes)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        opens = "view=compare" if parts.settings.beside else ""
        partial.write_text(page(packed, opens=opens), encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)  # of a disk that is full
    summary(found, packed, parts, notes)
    say(f"{path.stat().st_size / 1e6:.2f} MB; {packed[0].header['precision']}")
    say(f"wrote: {path}")
    return path


def build(config: DictConfig) -> Parts:
    """Every part of ``config``, checked. Raises ConfigError."""
    settings, resolved = own_options(Settings, config, GROUPS)
    return Parts(settings=settings, config=resolved, **parts_of(resolved, GROUPS))


def packed_with(found: Sequence[View], parts: Parts, notes: Sequence[Note]) -> list[Packed]:
    """The documents of the page, with their provenance and the notes of the program."""
    provenance = {
        "command": as_typed(shlex.join(["python", "-m", "pipelines.view", *sys.argv[1:]])),
        "commit": code_version(CONF.parent),
        "requested": dict(parts.stand_ins),
        "rollout": vars(parts.rollout),
        "versions": versions(),
    }
    texts_of_notes = [note.text for note in notes]
    documents = []
    for one in found:
        maps = str(one.about["maps"])
        of_model = {"name": one.about["model"], "revision": one.about["checkpoint"]}
        own = {"checkpoint": of_model, "maps": maps if maps == MODEL else Path(maps).name}
        about = {**one.about, "provenance": {**provenance, **own}}
        shown = list(map(without_folders, [*texts_of_notes, *one.notes]))
        documents.append(pack(replace(one, about=about, notes=shown), parts.settings.bits))
    return documents


def summary(found: Sequence[View], packed: Sequence[Packed], parts: Parts, notes: Sequence[Note]) -> None:
    """Print where the maps come from, which probes predict, what is missing, and the notes."""
    for source, count in Counter(one.about["maps"] for one in found).items():
        say(f"attention of {count} {'input' if count == 1 else 'inputs'}: from {source}")
    probes = sorted({f"{probe.task} ({probe.run})" for one in found for probe in one.probes})
    below = ", ".join(map(str, parts.settings.runs))
    none = f"none to show from {below} (python -m pipelines.run task=pos trains some)"
    say(f"probes: {', '.join(probes) or none}")
    for (name, reason), count in Counter(item for one in packed for item in one.header["missing"].items()).items():
        say(f"missing: {name}{f' of {count} inputs' if len(packed) > 1 else ''}: {reason}")
    said = [note.text for note in notes if note.kind != "substituted"]  # these were announced
    of_probes = (f"{probe.task}: {text}" for one in found for probe in one.probes for text in probe.notes)
    for text in dict.fromkeys([*said, *(text for one in found for text in one.notes), *of_probes]):
        say(f"note: {text}")


@hydra.main(config_path=str(CONF), config_name="view", version_base="1.3")
def main(config: DictConfig) -> None:
    """One page."""
    job(lambda: view(config))


if __name__ == "__main__":
    launch(main, __doc__, GROUPS)
