"""The files that a classifier's folder has beside those of transformers: README.md for readers, one for programs."""

import json
import shlex
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.classifying.head_training import Fitted
from pipelines.classifying.wanted import Wanted
from pipelines.shared.option_files import CONF
from pipelines.shared.versions import code_version, versions
from probing.axes import Corpus, Labels
from probing.errors import ModelError
from probing.model.checkpoint import Checkpoint, row_name
from probing.model.json_files import read_object

FACTS = "training.json"
_TASK = {"sentence": "text-classification", "word": "token-classification"}
_CLASS = {"sentence": "AutoModelForSequenceClassification", "word": "AutoModelForTokenClassification"}
_READS = {"first": "the first subword", "last": "the last subword", "mean": "the mean of all subwords"}


def facts(
    this: Wanted, checkpoint: Checkpoint, corpus: Corpus, fitted: Fitted, of: Mapping[str, Any]
) -> dict[str, Any]:
    """What ``training.json`` holds; ``of``: the identity."""
    return {
        "identity": dict(of),
        "model": row_name(this.model),
        "data": corpus.name,
        "sentences": {split: len(some) for split, some in corpus.splits.items()},
        "skipped": dict(corpus.skipped),
        "fit": asdict(fitted.fit),
        "scores": [asdict(score) for score in fitted.scores],
        "most_frequent": fitted.most_frequent,
        "checkpoint": checkpoint.revision,
        "command": shlex.join(["python", "-m", "pipelines.classifier", *sys.argv[1:]]),
        "commit": code_version(CONF.parent),
        "versions": versions(),
    }


def same_as(folder: Path, of: Mapping[str, Any]) -> bool | None:
    """Whether ``folder`` holds the classifier of this identity; None if it holds another file or another one's."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    try:
        there = read_object(folder / FACTS).get("identity") if (folder / FACTS).is_file() else None
    except ModelError:
        there = None
    return True if there == json.loads(json.dumps(of)) else None


def card(this: Wanted, labels: Labels, fitted: Fitted, found: Mapping[str, Any], folder: Path) -> str:
    """README.md: what the classifier is, what it scores, how it is used, and where it comes from."""
    level = this.task.level
    reads = "the first subword of a word" if level == "word" else f"{_READS[fitted.head.reads]} of a text"
    how = "as a linear probe (logistic regression)" if fitted.fit.linear else "as a whole, by gradient descent (Adam)"
    layer = "the last layer" if this.settings.layer is None else f"layer {this.settings.layer}, above which it was cut"
    lines = [
        *(
            "---",
            "library_name: transformers",
            f"pipeline_tag: {_TASK[level]}",
            "tags: [probing, frozen-encoder]",
            "---",
        ),
        *("", f"# {this.task.name} from {found['model']}", ""),
        f"The encoder {found['model']}, whose weights are unchanged, and a head that predicts *{this.task.name}*.",
        f"The head reads {reads} in {layer}. It was fitted {how} on train of {found['data']};",
        f"dev chose the penalty (l2 = {fitted.fit.l2:g}, {fitted.fit.dev_nats:.4f} nats per item there).",
        "" if fitted.fit.converged else "**Training stopped before it converged.**",
        f"Classes: {', '.join(labels.classes)}.",
        *(
            "",
            "| split | accuracy | 95 % interval | always " + f"*{fitted.most_frequent}* | items |",
            "|---|---|---|---|---|",
        ),
        *(_row(score) for score in fitted.scores),
        *("", "dev chose the penalty, and train was trained on: only test says what to expect of new text.", ""),
        *_left_out(fitted),
        *("```python", f"from transformers import AutoTokenizer, {_CLASS[level]}, pipeline", ""),
        f"model = {_CLASS[level]}.from_pretrained({folder.name!r})",
        f"tokenizer = AutoTokenizer.from_pretrained({folder.name!r})",
        f'pipeline("{_TASK[level]}", model, tokenizer=tokenizer)("…")',
        *("```", "", f"- base model: {found['model']}, {found['checkpoint']} (its licence applies)"),
        f"- data: {found['data']}, "
        + ", ".join(f"{n:,} sentences of {split}" for split, n in found["sentences"].items()),
        f"- command: `{found['command']}`",
        f"- code: {found['commit']}; all versions and options: `{FACTS}`",
    ]
    return "\n".join(lines) + "\n"


def _row(score: Any) -> str:
    found, majority = score.accuracy, score.majority
    ends = f"{found.ci_low:.3f} to {found.ci_high:.3f}"
    return f"| {score.split} | {found.value:.3f} | {ends} | {majority.value:.3f} | {found.n_items:,} |"


def _left_out(fitted: Fitted) -> list[str]:
    found = [f"{n:,} {why} ({s.split})" for s in fitted.scores for why, n in s.left_out.items()]
    return [f"Items that were left out: {'; '.join(found)}.", ""] if found else []
