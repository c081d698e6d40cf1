"""Train a head, use it anywhere.  python -m pipelines.classifier model=minilm task=sentiment

Puts a classification head on an encoder, which stays as it is, fits the head on a corpus, and writes a folder that
transformers loads without this project: from_pretrained(folder), safetensors, no code of its own. Every program here
takes it as model.checkpoint=<folder>, and measures its own output.

Options (group=option; every key of an option is set as group.key=value):
{groups}
  layer       the head reads this layer; the blocks above it are left out (default: the last layer)
  out         the folder (default outputs/classifiers/<model>-<data>-<task>)
  probe.l2    strengths of the penalty that dev chooses from
  others      seed resamples strict device threads outputs (what each means: conf/classifier.yaml)

Examples:
  python -m pipelines.classifier model=minilm task=sentiment data=grammar
  python -m pipelines.classifier task=pos layer=4
  python -m pipelines.classifier model=roberta data=labelled data.train=my/train.csv data.test=my/test.csv out=mine
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import hydra
from omegaconf import DictConfig

from pipelines.classifying.head_training import Fitted, encoder_in, fitted
from pipelines.classifying.model_card import FACTS, card, facts, same_as
from pipelines.classifying.wanted import GROUPS, Wanted, folder_of, identity, wanted
from pipelines.shared.cli import CONSOLE, job, launch, say
from pipelines.shared.machine import alone, set_threads
from pipelines.shared.notes import announce
from pipelines.shared.option_files import CONF
from pipelines.shared.progress import Bars
from pipelines.shared.stand_ins import find_corpus, find_model
from probing.axes import Corpus
from probing.data.corpus import fingerprint
from probing.errors import ConfigError, ModelError
from probing.model.checkpoint import Checkpoint
from probing.task.word_order import read_by

_SAME = 1e-4  # what logits may differ after they were written and read again


def classifier(config: DictConfig) -> Path:
    """Make one classifier from a configuration, unless it is there; returns its folder. Raises ProbingError."""
    this, checkpoint, of_model = find_model(wanted(config))
    this, corpus, of_data = find_corpus(this, checkpoint)
    corpus = read_by(this.task, corpus)
    if chats := [s.id for sentences in corpus.splits.values() for s in sentences if s.messages]:
        raise ConfigError(
            f"{chats[0]} is a conversation, and a head reads plain texts; type data=labelled, for example"
        )
    announce(of_model + of_data)
    folder = folder_of(this, corpus.name)
    set_threads(this.settings.threads)
    of = identity(this, checkpoint.revision, fingerprint(corpus))
    with alone(folder):
        there = same_as(folder, of)
        if there is None:
            raise ConfigError(
                f"{folder} exists and holds something else than this classifier; type another out=… or delete it"
            )
        if not there:
            make(this, checkpoint, corpus, of, folder)
    shown = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    tell(shown)
    say(f"{'already done' if there else 'wrote'}: {folder}  (use it as model.checkpoint={folder})")
    return folder


def make(this: Wanted, checkpoint: Checkpoint, corpus: Corpus, of: Mapping[str, Any], folder: Path) -> None:
    """Fit a head and write the folder, which appears when it is complete."""
    from probing.model.new_head import save_classifier, with_new_head

    labels = this.task.labels(corpus)
    full = with_new_head(checkpoint, this.task.level, labels.classes, this.settings.layer, this.settings.seed)
    half = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(half, ignore_errors=True)
    try:
        save_classifier(full, checkpoint, half)
        with Bars(CONSOLE) as bars:
            found = fitted(this, corpus, labels, encoder_in(this, half), bars)
        full.load_state_dict({name: weight.cpu() for name, weight in found.head.weights.items()}, strict=False)
        save_classifier(full, checkpoint, half)
        check(this, half, found)
        told = facts(this, checkpoint, corpus, found, of)
        (half / FACTS).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        (half / "README.md").write_text(card(this, labels, found, told, folder), encoding="utf-8")
        if folder.is_dir():
            folder.rmdir()  # it is empty
        half.rename(folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)


def check(this: Wanted, folder: Path, found: Fitted) -> None:
    """Read the classifier again, and raise ModelError unless its head computes what was scored."""
    import torch

    again = encoder_in(this, folder)
    vectors = torch.eye(again.width, device=again.device)
    assert again.head is not None
    with torch.inference_mode():
        apart = float((again.head.logits(vectors) - found.head.logits(vectors)).abs().max())
    if not apart <= _SAME:
        raise ModelError(f"{folder}: read again, its logits differ by {apart:.1e} from those that were scored")


def tell(found: Mapping[str, Any]) -> None:
    """Print the accuracy of every split, with its interval and the baseline."""
    from rich.table import Table

    table = Table(title=f"{found['model']}, {found['data']}", box=None, padding=(0, 1), title_justify="left")
    for name in ("split", "accuracy", "95 % interval", f"always {found['most_frequent']}", "items"):
        table.add_column(name, justify="left" if name == "split" else "right")
    for line in found["scores"]:
        score = line["accuracy"]
        ends = f"{score['ci_low']:.3f} to {score['ci_high']:.3f}"
        baseline = f"{line['majority']['value']:.3f}"
        table.add_row(line["split"], f"{score['value']:.3f}", ends, baseline, f"{score['n_items']:,}")
        for why, n in line["left_out"].items():
            say(f"{line['split']}: {n:,} items are left out: {why}", "yellow")
    CONSOLE.print(table)
    if not found["fit"]["converged"]:
        say("training stopped before it converged", "bold yellow")


@hydra.main(config_path=str(CONF), config_name="classifier", version_base="1.3")
def main(config: DictConfig) -> None:
    """One classifier."""
    job(lambda: classifier(config))


if __name__ == "__main__":
    launch(main, __doc__, GROUPS)
