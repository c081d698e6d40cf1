"""Values of every type for every option of every program: each is taken, or ends in one message without a traceback."""

import importlib
import re
from collections.abc import Callable, Iterable, Iterator
from random import Random

import pytest
from omegaconf import OmegaConf

from pipelines.shared.option_files import CONF, options
from pipelines.shared.options import option
from probing.errors import ConfigError

PROGRAMS = ("run", "view", "explore", "report", "plan", "benchmark")
VALUES = (
    *("3", "-1", "1.5", "1e400", "nan", "0x10", f"{10**30}", "true", "null", "", "abc", "a b", "é", "'x'", '"y"'),
    *("[]", "[1]", "[a,b]", "[[1]]", "[null]", "{}", "{a:1}", "{1:2}", "{a:{b:[c]}}", "[{a:1}]", "x" * 5000),
    *("${tag}", "${nothing}", "${oc.env:NOTHING}", "???", "a=b", "a,b", "[", "}", "'", "\\", "a:b", "#", "../x", "~"),
)
STRANGE = (
    *("+x=1", "+1=2", "++tag.x=1", "+é=1", "tag", "=", "=1", "+=1", "a.b.c=1", "+a.b.c=1", "~tag", "~none", "~model"),
    *("+model.x=1", "+hydra.x=1", "hydra.job.chdir=[1]", "model@x=bert", "+model@x=bert", "model=nothing", "task=[1]"),
    *("model=[bert,gpt2]", "data=null", "model={a:1}", "+analysis.x=1", "analysis=[1]", "analysis=[heads,heads]"),
    *("attention=[1]", "analysis=nothing", "task.name.x=1", "rollout=3", "store=true", "+store=[hdf5]", "store.x.y=1"),
    *("", " ", "--", "tag=a tag=b", "+_target_=os.system", "model._target_=os.system", "model._target_=[1]"),
    *("task._target_=probing.task.words", "data._target_=null", "probe._target_=", "store._target_=nothing.x"),
    *("+model._partial_=true", "model._target_=builtins.dict", "task._target_=probing.errors.ConfigError"),
)
FULL = {"run": ["attention=full"], "view": ["text=hello"], "plan": ["runs=[nowhere]"]}
OTHER_ERRORS = re.compile(r"\b(Type|Value|Key|Attribute|Index|Assertion|Recursion)Error\b")
Outcome = Callable[[str, str], str | None]


def keys(program: str) -> Iterator[str]:
    """Every option of a program: its own, and those of the groups' default options."""
    entry = OmegaConf.load(CONF / f"{program}.yaml")
    yield from (str(key) for key in entry if key not in ("defaults", "hydra"))
    for group in getattr(importlib.import_module(f"pipelines.{program}"), "GROUPS", ()):
        yield group
        chosen = next((one[group] for one in entry.defaults if group in one), options(group)[0])
        yield from (f"{group}.{key}" for key in option(group, chosen))
        yield from (["store.attention.sentences"] if group == "store" else [])
    if program == "run":
        names = [name for name in options("analysis") if name not in ("none", "probes")]
        nodes = {name: OmegaConf.load(CONF / "analysis" / f"{name}.yaml") for name in names}
        yield from (f"analysis.{name}.{key}" for name, node in nodes.items() for key in node)
        yield from ("attention", "analysis", "experiment", "analysis.probes")


@pytest.fixture
def outcome(here, monkeypatch, tmp_path) -> Outcome:
    """outcome(program, typed): None if the program took it or ended with one message, else how it ended.

    Whatever would be loaded is refused with a message, so that a value that is taken costs no time.
    """

    def load(*arguments, **options):
        raise ConfigError("the options are taken")

    for name in ("shared.stand_ins.resolve", "shared.stand_ins.load_corpus", "report.find_runs", "explore.listening"):
        monkeypatch.setattr(f"pipelines.{name}", load)
    monkeypatch.chdir(tmp_path)

    def outcome(program: str, typed: str) -> str | None:
        try:
            done = here(*FULL.get(program, []), typed, small=False, program=program)
        except Exception as error:
            return f"{program} {typed[:80]}: {type(error).__name__}: {str(error)[:200]}"
        said = done.out + done.err
        one_message = done.code in (1, 2) and done.err.startswith("error: ") and done.err.count("error: ") == 1
        fine = one_message and "Traceback" not in said and not OTHER_ERRORS.search(said) and len(done.err) < 2000
        return None if fine else f"{program} {typed[:80]}: {done.code} {done.err[-400:]}"

    return outcome


def faults(outcome: Outcome, cases: Iterable[tuple[str, str]]) -> list[str]:
    return [fault for program, typed in cases if (fault := outcome(program, typed)) is not None]


def test_a_few_odd_values_end_in_one_message(outcome):
    rng = Random(0)
    cases = [(program, f"{key}={rng.choice(VALUES)}") for program in PROGRAMS for key in keys(program)]
    cases += [(program, typed) for program in PROGRAMS for typed in STRANGE]
    assert faults(outcome, rng.sample(cases, 30)) == []


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS)
def test_every_odd_value_of_every_option_ends_in_one_message(program, outcome):
    typed = [f"{key}={value}" for key in keys(program) for value in VALUES]
    assert faults(outcome, ((program, one) for one in [*typed, *STRANGE])) == []
