"""What is typed is read as Hydra reads it; what Hydra's grammar refuses is taken as it stands, or named."""

from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from pipelines.shared.typed_options import explain, readable
from probing.errors import ConfigError


def value_of(argument: str) -> object:
    return OverridesParser.create().parse_override(argument).value()


@pytest.mark.parametrize("value", ["/x/a=b/c", "/x/copy (2)/c", "a'b", 'a"b', "/x/{a", "x]", "[1", "/x/#1=2", "x=y,z"])
def test_a_path_with_characters_that_hydra_refuses_is_taken_as_it_stands(value):
    [read] = readable([f"data.path={value}"])
    assert value_of(read) == value


@pytest.mark.parametrize(
    "argument",
    ["seed=3", "layers=[0,1]", "probe.l2=[1e-2]", "+x=null", "~model", "model@x=bert", "outputs=${tag}/x"],
)
def test_what_hydra_can_read_is_left_as_it_is(argument):
    assert readable([argument]) == [argument]


def test_switches_come_first_and_keep_their_values():
    assert readable(["tag=a", "-m", "--cfg", "job"]) == ["-m", "tag=a", "--cfg", "job"]


def test_in_a_sweep_a_value_that_may_be_several_is_refused_with_how_to_quote_each():
    with pytest.raises(ConfigError, match=r"data.path=x=1/a,x=2/a: .* type data.path='x=1/a','x=2/a', each in its own"):
        readable(["-m", "data.path=x=1/a,x=2/a"])
    typed = ["-m", "data.path='x=1/a','x=2/a'"]
    assert readable(typed) == typed
    [_, read] = readable(["-m", "data.path=x=1/a"])
    assert value_of(read) == "x=1/a"


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        ("model=minilm,bert", "type -m model=minilm,bert to run once for each"),
        (
            "analysis=heads,syntax",
            "type -m analysis=heads,syntax to run once for each, or 'analysis=[heads,syntax]' for one run with all of "
            "them",
        ),
        (
            "data.path=a,b",
            "type -m data.path=a,b to run once for each, or 'data.path=[a,b]' for one run with all of them, or "
            "\"data.path='a,b'\" for one value that has a comma in it",
        ),
        ("seed=range(1,3)", "type -m seed=range(1,3) to run once for each"),
    ],
)
def test_several_values_without_a_sweep_are_first_of_all_a_sweep(typed, advice):
    with pytest.raises(ConfigError) as refused:
        readable([typed])
    assert str(refused.value).startswith(f"{typed}: these are several values; {advice}")
    assert readable(["-m", typed]) == ["-m", typed]


@pytest.mark.parametrize("typed", [["model=_base"], ["-m", "model=minilm,_base"], ["model=[_base]"]])
def test_the_base_of_options_is_no_option(typed):
    with pytest.raises(ConfigError, match="_base: a name that begins with _ .* choose one of bert, ") as refused:
        readable(typed)
    assert "_base" not in str(refused.value).partition("choose")[2]


@pytest.mark.parametrize("sweep", [[], ["-m"]])
def test_an_option_that_a_group_does_not_have_is_named_with_those_it_has(sweep, here, refused):
    message = refused(here(*sweep, "model=berd", "data=grammar", small=False), 2)
    assert message.startswith("error: model=berd: no such option; choose one of bert, bert_cased, ")
    assert "_base" not in message and "model.checkpoint=<Hub id or folder>" in message


@pytest.mark.parametrize(("launcher", "extra"), [("submitit_slurm", "slurm"), ("ray", "ray")])
def test_a_launcher_that_is_not_installed_is_named_with_what_to_install(launcher, extra):
    error = HydraException(f"In 'run': Could not find 'hydra/launcher/{launcher}'\n\nAvailable options in …")
    message = f"{launcher} is not installed; type: pip install 'layer-probing[{extra}]'"
    assert explain(error) == f"hydra/launcher={launcher}: {message}"


@pytest.mark.parametrize(
    "argument", ["model=[1]", "task=[[a]]", "rollout={a: 1}", "model=[null]", "task=3", f"store={'x' * 5000}"]
)
def test_a_group_of_options_is_chosen_by_name(argument):
    group = argument.partition("=")[0]
    with pytest.raises(ConfigError, match=f"{group}=.*: the name of an option is expected, one of "):
        readable([argument])


def test_the_files_of_a_path_with_an_equals_sign_are_read(here, refused, tmp_path):
    folder = tmp_path / "lr=3e-5 (1)"
    folder.mkdir()
    given = ["data=conllu", "data.train=a.conllu", "data.test=b.conllu", f"data.path={folder}", "model=minilm"]
    message = refused(here(*given, f"outputs={tmp_path}/out", small=False), 1)
    assert f"no train file at {Path(folder, 'a.conllu')}" in message


def test_an_argument_that_is_no_option_is_named(here, refused):
    message = refused(here("data=grammar", "tag", small=False), 2)
    assert "tag: not an option; type <option>=<value>" in message


@pytest.mark.parametrize("typed", ["data.input=surface", "+data.input=words", "++data.input=surface,words"])
def test_an_option_of_an_earlier_version_is_refused_with_its_new_name(typed):
    with pytest.raises(ConfigError, match=r"data\.input: .* type model\.text=spaced or model\.text=as_written"):
        readable([typed])
