"""Every option composes, builds what it names and lists what can be set; a task selects its corpus."""

import dataclasses
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import get_class
from omegaconf import DictConfig, OmegaConf

from pipelines.benchmark import Settings as BenchmarkSettings
from pipelines.explore import Settings as ExploreSettings
from pipelines.report import Settings as ReportSettings
from pipelines.running.config import GROUPS, Experiment, Settings, build
from pipelines.shared.options import CONF, option, options
from pipelines.viewing.inputs import Settings as ViewSettings

EVERY = [(group, name) for group in GROUPS for name in options(group)]
FILES = sorted(CONF.rglob("*.yaml"))
PRESETS = [name for name in options("experiment") if name != "none"]
# what must be given with an option
NEEDS = {
    "conllu": ["data.train=a.conllu", "data.test=b.conllu"],
    "labelled": ["data.train=a.tsv", "data.test=b.tsv"],
    "structural": ["task=depth"],
}


def composed(*overrides: str) -> tuple[DictConfig, dict[str, str]]:
    """The configuration of a run, and which option of each group it takes."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("run", overrides=list(overrides), return_hydra_config=True)
    choices = {str(group): str(name) for group, name in config.hydra.runtime.choices.items()}
    return OmegaConf.masked_copy(config, [key for key in config if key != "hydra"]), choices


def built(*overrides: str) -> Experiment:
    return build(*composed(*overrides))


@pytest.mark.parametrize("group, name", EVERY)
def test_every_option_builds_what_it_names(group, name):
    experiment = built(f"{group}={name}", *NEEDS.get(name, []))
    part = getattr(experiment, group)
    assert type(part) is get_class(option(group, name)._target_)
    if group in ("task", "probe"):
        assert part.name == name
    if group in experiment.differences:
        assert experiment.differences[group] == ""


@pytest.mark.parametrize("group, name", EVERY)
def test_every_option_lists_exactly_what_can_be_set(group, name):
    listed = option(group, name)
    fields = {field.name for field in dataclasses.fields(get_class(listed._target_))}
    assert set(listed) - {"_target_"} == fields


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(CONF)))
def test_every_file_opens_with_what_it_is(file: Path):
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("# @package")]
    assert lines[0].startswith("# ")


@pytest.mark.parametrize(
    "file, cls",
    [
        ("run.yaml", Settings),
        ("report.yaml", ReportSettings),
        ("benchmark.yaml", BenchmarkSettings),
        ("view.yaml", ViewSettings),
        ("explore.yaml", ExploreSettings),
    ],
)
def test_the_settings_of_a_program_are_commented_and_their_defaults_are_the_classes_own(file, cls):
    text = (CONF / file).read_text(encoding="utf-8")
    for field in dataclasses.fields(cls):
        [line] = [line for line in text.splitlines() if line.startswith(f"{field.name}:")]
        assert " # " in line
    written = OmegaConf.create(text)
    assert {key: written[key] for key in vars(cls())} == vars(cls())


@pytest.mark.parametrize("program", ["view", "explore"])
def test_a_sweep_writes_nothing_outside_of_outputs(program):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        hydra = compose(program, overrides=["outputs=/there"], return_hydra_config=True).hydra
    assert (hydra.run.dir, hydra.sweep.dir, hydra.sweep.subdir) == ("/there", "/there", ".")
    assert hydra.output_subdir is None


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_builds_under_a_tag_of_its_own_with_its_command(name):
    experiment = built(f"experiment={name}")
    assert experiment.settings.tag == name
    assert f"experiment={name}" in (CONF / "experiment" / f"{name}.yaml").read_text()
    assert built(f"experiment={name}", "model=minilm").model.checkpoint == "bundled"


@pytest.mark.parametrize("name", options("task"))
def test_a_task_brings_its_corpus_unless_told_otherwise(name):
    config, _ = composed(f"task={name}")
    assert config.data.name == {"sentiment": "sst2"}.get(name, "ewt")
    for overrides in ([f"task={name}", "data=grammar"], ["data=grammar", f"task={name}"]):
        assert composed(*overrides)[0].data.name == "grammar"


def test_pairs_of_words_bring_their_probe_unless_told_otherwise():
    assert composed("task=distance")[0].probe.name == "structural"
    assert composed("task=distance", "probe=linear")[0].probe.name == "linear"
    assert composed("task=depth")[0].probe.name == "linear"


def test_without_a_word_it_is_bert_and_parts_of_speech():
    config, choices = composed()
    assert (choices["model"], choices["task"], choices["data"]) == ("bert", "pos", "ewt")
    assert config.model.checkpoint == "google-bert/bert-base-uncased"


@pytest.mark.parametrize("group, name", [(g, n) for g in ("data", "model") for n in options(g)])
def test_every_stand_in_is_an_option_that_needs_none(group, name):
    stand_in = option(group, name).stand_in
    if stand_in is not None:
        assert option(group, stand_in).stand_in is None
