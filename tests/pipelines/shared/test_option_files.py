"""Options from folders outside of conf/: found by every program, checked, and never without effect."""

import sys
from pathlib import Path

import pytest
from hydra.core.hydra_config import HydraConfig

from pipelines.shared.option_files import CONF, added, check_added, file_of, folders, options
from pipelines.shared.options import option
from probing.errors import ConfigError


@pytest.fixture
def own(tmp_path, monkeypatch) -> Path:
    """A folder with two options of its own, typed as --config-dir; no job runs."""
    folder = tmp_path / "my_study" / "conf"
    for name, text in (
        ("task/capital", "_target_: my_study.Capital\nname: capital\n"),
        ("model/mine", "defaults: [_base, _self_]\ncheckpoint: ./here\n"),
        ("model/_shared", "checkpoint: ./there\n"),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.yaml").write_text(text)
    monkeypatch.setattr(sys, "argv", ["run.py", "--config-dir", str(folder)])
    monkeypatch.setattr(HydraConfig, "initialized", lambda: False)
    return folder


@pytest.mark.parametrize(
    "typed",
    [
        ["--config-dir", "{}"],
        ["--config-dir={}"],
        ["-cd", "{}", "task=pos"],
        ["hydra.searchpath=[{}]"],
        ["+hydra.searchpath=['file://{}']"],
    ],
)
def test_a_folder_is_added_in_every_way_that_hydra_knows(typed, tmp_path):
    assert added([argument.format(tmp_path) for argument in typed]) == (tmp_path,)


def test_several_folders_and_packages_are_searched_in_hydras_order(tmp_path, monkeypatch):
    package = tmp_path / "study_of_mine" / "conf"
    package.mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path)
    typed = ["--config-dir", "/b", "hydra.searchpath=[/a,pkg://study_of_mine.conf]"]
    assert added(typed) == (Path("/a"), package, Path("/b"))
    with pytest.raises(ConfigError, match=r"pkg://no_such\.conf: no such package"):
        added(["hydra.searchpath=[pkg://no_such.conf]"])


@pytest.mark.parametrize("typed", [[], ["task=pos", "-m"], ["--config-dir"], ["hydra.searchpath=[]"]])
def test_without_a_folder_there_is_conf_alone(typed, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["run.py", *typed])
    monkeypatch.setattr(HydraConfig, "initialized", lambda: False)
    assert folders() == (CONF,)


def test_its_options_stand_beside_those_of_conf(own):
    assert {"capital", "pos"} <= set(options("task"))
    assert not any(name.startswith("_") for name in options("model"))
    assert file_of("task", "capital") == own / "task" / "capital.yaml"
    assert file_of("task", "pos") == CONF / "task" / "pos.yaml"
    assert file_of("task", "none_such") is None
    mine = option("model", "mine")
    assert (mine.checkpoint, mine.precision) == ("./here", "float32")  # based on conf/model/_base.yaml
    with pytest.raises(ConfigError, match="task=nothing: no such option; choose one of .*capital, "):
        option("task", "nothing")


def test_a_folder_that_cannot_have_an_effect_is_refused(own, tmp_path):
    check_added(sys.argv)
    with pytest.raises(ConfigError, match="nowhere: no such folder"):
        check_added(["--config-dir", str(tmp_path / "nowhere")])
    for without in (["--config-dir"], ["--config-dir="], ["-cd"]):
        with pytest.raises(ConfigError, match="a folder with options is expected; type -+c.* my_study/conf"):
            check_added(["task=pos", *without])
    with pytest.raises(ConfigError, match=f"no options in it; .*type --config-dir {own}"):
        check_added(["--config-dir", str(own.parent)])
    (own / "task" / "pos.yaml").write_text("_target_: my_study.Other\nname: pos\n")
    with pytest.raises(ConfigError, match=r"pos\.yaml would have no effect: .* task=pos of its own"):
        check_added(sys.argv)
    (own / "task" / "pos.yaml").write_bytes((CONF / "task" / "pos.yaml").read_bytes())  # a copy says the same
    check_added(sys.argv)


@pytest.mark.parametrize("program", ["run", "view", "explore", "report", "benchmark", "plan", "coverage", "classifier"])
def test_every_program_refuses_a_folder_that_is_not_there(program, here, refused):
    done = here("--config-dir", "/no/such/folder", program=program, small=False)
    assert "/no/such/folder: no such folder" in refused(done, 2)
