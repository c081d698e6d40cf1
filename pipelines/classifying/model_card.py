"""The files that a classifier's folder has beside those of transformers: README.md for readers, one for programs."""

import json
import shlex
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.classifying.head_training import Fitted, SplitScore
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
    level, fit = this.task.level, fitted.fit
    reads = "the first subword of a word" if level == "word" else f"{_READS[fitted.head.reads]} of a text"
    how = "as a linear probe (logistic regression)" if fit.linear else "as a whole, by gradient descent (Adam)"
    layer = "the last layer" if this.settings.layer is None else f"layer {this.settings.layer}, above which it was cut"
    sentences = ", ".join(f"{n:,} sentences of {split}" for split, n in found["sentences"].items())
    lines = [
        *("---", "library_name: transformers", f"pipeline_tag: {_TASK[level]}", "---", ""),
        f"# {this.task.name} from {found['model']}\n",
        f"The encoder {found['model']}, whose blocks are unchanged, and a head that predicts *{this.task.name}*. The",
        f"head reads {reads} in {layer}. It was fitted {how} on train of {found['data']}; dev chose the",
        f"penalty (l2 = {fit.l2:g}, {fit.dev_nats:.4f} nats per item there). Classes: {', '.join(labels.classes)}.",
        "" if fit.converged else "\n**Training stopped before it converged.**\n",
        *_scores(fitted),
        *_usage(level, folder.name),
        f"- base model: {found['model']}, {found['checkpoint']} (its licence applies)",
        f"- data: {found['data']}, {sentences}",
        f"- command: `{found['command']}`",
        f"- code: {found['commit']}; all versions and options: `{FACTS}`",
    ]
    return "\n".join(lines) + "\n"


def _usage(level: str, folder: str) -> list[str]:
    return [
        *("```python", f"from transformers import AutoTokenizer, {_CLASS[level]}, pipeline", ""),
        f'model = {_CLASS[level]}.from_pretrained("{folder}")',
        f'tokenizer = AutoTokenizer.from_pretrained("{folder}")',
        f'pipeline("{_TASK[level]}", model, tokenizer=tokenizer)("…")',
        *("```", ""),
    ]


def _scores(fitted: Fitted) -> list[str]:
    """A table, and what must be known to read it."""
    left_out = [f"{n:,} {why} ({s.split})" for s in fitted.scores for why, n in s.left_out.items()]
    return [
        f"| split | accuracy | 95 % interval | always *{fitted.most_frequent}* | items |",
        "|---|---|---|---|---|",
        *map(_row, fitted.scores),
        "\ndev chose the penalty, and train was trained on: only test says what to expect of new text.\n",
        *([f"Items that were left out: {'; '.join(left_out)}.\n"] if left_out else []),
    ]


def _row(score: SplitScore) -> str:
    found, majority = score.accuracy, score.majority
    ends = f"{found.ci_low:.3f} to {found.ci_high:.3f}"
    return f"| {score.split} | {found.value:.3f} | {ends} | {majority.value:.3f} | {found.n_items:,} |"
