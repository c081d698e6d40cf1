"""Options against a dataclass: one value or a list, nothing empty, no unknown key, at any depth."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from omegaconf import OmegaConf

from pipelines.shared.schema import check_machine, checked, class_of, listed, names_a_folder
from probing.errors import ConfigError


@dataclass
class Inner:
    size: int = 1
    kind: Any = "all"


@dataclass
class Schema:
    word: str = "a"
    optional: str | None = None
    number: int = 1
    share: float = 0.5
    flag: bool = False
    words: list[str] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    inner: Inner = field(default_factory=Inner)
    inners: list[Inner] = field(default_factory=list)


def made(group: str = "", **values) -> Schema:
    return checked(Schema, OmegaConf.create(values), group)


def test_what_is_not_given_has_its_default():
    found = vars(made())
    assert found.pop("inner") == vars(Inner())  # the options of a part of a part stay a dictionary
    assert found == {name: value for name, value in vars(Schema()).items() if name != "inner"}


@pytest.mark.parametrize(
    ("values", "name", "expected"),
    [
        ({"words": "one"}, "words", ["one"]),
        ({"words": ["one", "two"]}, "words", ["one", "two"]),
        ({"words": 3}, "words", ["3"]),
        ({"words": None}, "words", []),
        ({"shares": 1}, "shares", [1.0]),
        ({"optional": None}, "optional", None),
        ({"optional": "b"}, "optional", "b"),
        ({"number": "3"}, "number", 3),
        ({"share": 1}, "share", 1.0),
        ({"flag": 1}, "flag", True),
        ({"names": {"0": "negative"}}, "names", {"0": "negative"}),
        ({"names": {0: "negative"}}, "names", {"0": "negative"}),
        ({"_target_": "x", "word": "b"}, "word", "b"),
    ],
)
def test_values_are_taken_as_the_type_of_their_field(values, name, expected):
    assert getattr(made(**values), name) == expected


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"typo": 1}, "g.typo: no such option; the options are g.word, g.optional"),
        ({"inner": {"typo": 1}}, "g.inner.typo: no such option; the options are g.inner.size, g.inner.kind"),
        ({"inners": [{"typo": 1}]}, "g.inners.typo: no such option; the options are g.inners.size"),
        ({"word": "???", "share": "???"}, "not set: g.word, g.share; type g.word=… g.share=…"),
        ({"inner": {"size": "???"}}, "not set: g.inner.size; type g.inner.size=…"),
        ({"word": ""}, "g.word='': the value is empty"),
        ({"words": [""]}, "g.words='': the value is empty"),
        ({"word": None}, "g.word=null: a value is expected"),
        ({"words": [None]}, "g.words=null: a value is expected"),
        ({"inner": {"size": None}}, "g.inner.size=null: a value is expected"),
        ({"word": ["a"]}, r"g.word=\['a'\]: a single value is expected here"),
        ({"number": {"a": 1}}, "g.number={'a': 1}: a single value is expected here"),
        ({"shares": [[1.0]]}, r"g.shares=\[1.0\]: a single value is expected here"),
        ({"words": {"a": 1}}, "g.words={'a': 1}: a single value is expected here"),
        ({"number": "many"}, "g.number=many: .*Integer"),
        ({"number": 1.5}, "g.number=1.5: .*Integer"),
        ({"number": 10**30}, f"g.number={10**30}: the number is too large"),
        ({"share": float("nan")}, "g.share=nan: a finite number is expected"),
        ({"shares": [float("inf")]}, "g.shares=inf: a finite number is expected"),
        ({"flag": -1}, "g.flag=-1: type g.flag=true or g.flag=false"),
        ({"flag": "perhaps"}, "g.flag=perhaps: .*bool"),
        ({"inner": 3}, "g.inner=3: it is a group of options; type g.inner.size=…"),
    ],
)
def test_everything_else_is_refused_with_the_name_of_the_option(values, message):
    with pytest.raises(ConfigError, match=message):
        made("g", **values)


def test_the_number_of_threads_has_a_limit():
    check_machine("auto", None)
    check_machine("cpu", 1024)
    for threads in (0, -1, 1025):
        with pytest.raises(ConfigError, match=f"threads={threads}"):
            check_machine("cpu", threads)
    with pytest.raises(ConfigError, match="device=gpu"):
        check_machine("gpu", None)


def test_one_value_is_a_list_of_one():
    assert [listed(value) for value in (None, "ab", ["a"], ("a", "b"))] == [[], ["ab"], ["a"], ["a", "b"]]


def test_a_name_of_a_folder_is_one_part_of_a_path():
    names_a_folder("tag", "my study, 2nd")
    for name in ("", ".", "..", "a/b", "a\\b", "a\nb", "a\0", "a\x1b[1m", "a\u202eb", "a" * 101):
        with pytest.raises(ConfigError, match="names a folder or a file"):
            names_a_folder("tag", name)


@pytest.mark.parametrize(
    ("target", "seen"),
    [
        ("probing.task.trees.Depth", None),
        ("probing.task.trees.Nothing", "it cannot be imported"),
        ("probing.nothing.Nothing", "it cannot be imported"),
        ("probing.task.trees", "it is not a dataclass"),
        ("builtins.dict", "it is not a dataclass"),
        ("os.system", "it is not a dataclass"),
        ("Depth", "the name of a class is expected"),
        ("a b.c", "the name of a class is expected"),
        ("", "the name of a class is expected"),
        (3, "the name of a class is expected"),
        (None, "the name of a class is expected"),
        ([1], "the name of a class is expected"),
    ],
)
def test_a_part_is_a_dataclass_that_is_named(target, seen):
    if seen is None:
        assert class_of("task._target_", target).__name__ == "Depth"
    else:
        with pytest.raises(ConfigError, match=f"task._target_=.*: {seen}"):
            class_of("task._target_", target)
