"""What does each head look at?  python -m pipelines.view text="The cat sat on the mat" model=minilm

Writes one HTML file that opens from disk, without a network or a server: heads, model, heatmap, query and key
vectors, rollout and flow, for a text, a pair, the lines of a file, or sentences of a corpus. A sentence whose maps are
in the store is shown without loading the model.

Options (group=option; every key of an option is set as group.key=value):
{groups}
  text        what to look at; text_b=… is read together with it
  file        UTF-8, each line a text, or a pair parted by a tab; most=20 lines are taken
  sentence    id of a sentence of data=…, or a list of ids; load=true loads the model even if the store would do
  out         the file (default outputs/views/<model>/<what is shown>.html)
  others      bits parts longest_flow longest_neurons runs strict device threads outputs (conf/view.yaml says what
              each means, or --cfg job)

Examples:
  python -m pipelines.view text="The cat sat on the mat, didn't it?"
  python -m pipelines.view text="A man sleeps." text_b="Nobody is asleep." model=bert
  python -m pipelines.view file=texts.txt out=texts.html bits=8
  python -m pipelines.view data=grammar sentence=[test-0001,test-0002] parts=[flow]
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
from pipelines.shared.notes import Note, announce
from pipelines.shared.options import CONF, Parts, own_options, parts_of
from pipelines.shared.progress import Bars
from pipelines.shared.stand_ins import find_corpus, find_model
from pipelines.shared.versions import code_version, versions
from pipelines.viewing.inputs import Settings, choose, sentences, target, texts
from pipelines.viewing.sources import MODEL, Seen, look_at
from probing.model.checkpoint import Checkpoint
from probing.view.bundle import page
from probing.view.pack import Packed, pack

GROUPS = ("data", "model", "store", "attention")


def view(config: DictConfig) -> Path:
    """One page from configuration to file. Raises ProbingError."""
    parts, corpus = build(config), None
    choose(parts.settings)
    inputs, notes = texts(parts.settings)
    parts, checkpoint, found = find_model(parts)
    notes += found
    if parts.settings.sentences:
        parts, corpus, found = find_corpus(parts)
        notes += found
    announce(notes)
    if corpus is not None:
        inputs = sentences(parts.settings, corpus)
    path = target(parts.settings, checkpoint.name)
    with Bars(CONSOLE) as bars:
        seen = look_at(parts, checkpoint, corpus, inputs, bars)
    packed = packed_with(seen, parts, checkpoint, notes)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(page(packed), encoding="utf-8")
    partial.replace(path)
    tell(seen, packed, parts, notes)
    say(f"{path.stat().st_size / 1e6:.2f} MB; numbers {packed[0].header['precision']}")
    say(f"wrote: {path}")
    return path


def build(config: DictConfig) -> Parts:
    """Every part of ``config``, checked. Raises ConfigError."""
    settings, resolved = own_options(Settings, config, GROUPS)
    return Parts(settings=settings, config=resolved, **parts_of(resolved, GROUPS))


def packed_with(seen: Sequence[Seen], parts: Parts, checkpoint: Checkpoint, notes: Sequence[Note]) -> list[Packed]:
    """The documents of the page, with where they come from and what a reader must know."""
    provenance = {
        "command": shlex.join(["python", "-m", "pipelines.view", *sys.argv[1:]]),
        "commit": code_version(CONF.parent),
        "checkpoint": {"name": checkpoint.name, "revision": checkpoint.revision},
        "requested": dict(parts.stand_ins),
        "attention": vars(parts.attention.rollout()),
        "versions": versions(),
    }
    said = [note.text for note in notes]
    found = []
    for view, source in ((one.view, one.source) for one in seen):
        about = {**view.about, "provenance": {**provenance, "maps": "model" if source == MODEL else Path(source).name}}
        told = list(map(without_folders, [*said, *view.notes]))
        found.append(pack(replace(view, about=about, notes=told), parts.settings.bits))
    return found


def tell(seen: Sequence[Seen], packed: Sequence[Packed], parts: Parts, notes: Sequence[Note]) -> None:
    """Whence the maps came, which probes speak, what is missing, and what else a reader must know."""
    for source, count in Counter(one.source for one in seen).items():
        say(f"attention of {count} {'input' if count == 1 else 'inputs'}: from {source}")
    probes = sorted({f"{found['task']} ({found['run']})" for one in packed for found in one.header["probes"]})
    below = ", ".join(map(str, parts.settings.runs))
    missing = f"none speaks; looked for below {below} (python -m pipelines.run task=pos trains some)"
    say(f"probes: {', '.join(probes) or missing}")
    for (name, reason), count in Counter(item for one in packed for item in one.header["missing"].items()).items():
        say(f"missing: {name}{f' of {count} inputs' if len(packed) > 1 else ''}: {reason}")
    said = [note.text for note in notes if note.kind != "substituted"]  # which is announced already
    for text in dict.fromkeys([*said, *(text for one in seen for text in one.view.notes)]):
        say(f"note: {text}")


@hydra.main(config_path=str(CONF), config_name="view", version_base="1.3")
def main(config: DictConfig) -> None:
    """One page."""
    job(lambda: view(config))


if __name__ == "__main__":
    launch(main, __doc__, GROUPS)
