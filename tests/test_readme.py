"""What the README shows works as it stands there."""

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_file_that_the_readme_names_is_there() -> None:
    for path in re.findall(r"\]\(([\w/.]+)\)", README):
        assert (ROOT / path).exists(), path


def test_every_option_that_the_readme_names_is_there() -> None:
    typed = re.sub(r"```python\n.*?```", "", README, flags=re.DOTALL)  # Python's arguments are no options
    own = {"capital", "centroid", "words_alike"}  # of docs/template
    for group in ("task", "probe", "attention", "analysis", "rollout", "experiment", "report"):
        for name in re.findall(rf"(?<![.\w]){group}=(\w+)", typed):
            assert name in own or (ROOT / "conf" / group / f"{name}.yaml").exists(), f"{group}={name}"


def test_the_python_of_the_readme_prints_a_score_with_its_control(tmp_path, capsys) -> None:
    [lines] = [block for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "fit_probe" in block]
    (tmp_path / "readme.py").write_text(lines, encoding="utf-8")
    runpy.run_path(str(tmp_path / "readme.py"))
    assert "control" in capsys.readouterr().out
