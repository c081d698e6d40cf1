"""What the README shows works as it stands there."""

import re
import sys
import types
from pathlib import Path

import numpy as np
import yaml

from probing.axes import Corpus, Sentence

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str, word: str) -> str:
    """The fenced block of ``language`` that holds ``word``."""
    return next(b for b in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL) if word in b)


def test_the_task_of_the_readme_labels_a_corpus() -> None:
    module = types.ModuleType("readme_task")
    sys.modules["readme_task"] = module
    source = ROOT.joinpath("README.md")
    code = compile(block("python", "class Capital"), str(source), "exec")
    types.FunctionType(code, module.__dict__)()
    options = yaml.safe_load(block("yaml", "Capital"))
    del options["defaults"], options["_target_"]
    task = module.Capital(**options)
    sentence = Sentence("1", ("The", "dog", "Rex"))
    assert task.gold(sentence) == ["upper", "lower", "upper"]
    labels = task.labels(Corpus("c", dict.fromkeys(("train", "dev", "test"), (sentence,))))
    assert labels.values["test"][0].tolist() == [1, 0, 1]
    assert labels.classes == ("lower", "upper")
    control = task.control(
        Corpus("c", dict.fromkeys(("train", "dev", "test"), (sentence,))), labels, np.random.default_rng(0)
    )
    assert control.values["test"][0].tolist() == control.values["train"][0].tolist()


def test_every_file_that_the_readme_names_is_there() -> None:
    for path in re.findall(r"\]\(([\w/.]+)\)", README):
        assert (ROOT / path).exists(), path


def test_every_option_that_the_readme_names_is_there() -> None:
    typed = re.sub(r"```python\n.*?```", "", README, flags=re.DOTALL)  # Python's arguments are no options
    own = {"capital", "centroid", "similarity"}  # which the README shows how to add
    for group in ("task", "probe", "attention", "analysis", "rollout", "experiment"):
        for name in re.findall(rf"(?<![.\w]){group}=(\w+)", typed):
            assert name in own or (ROOT / "conf" / group / f"{name}.yaml").exists(), f"{group}={name}"
