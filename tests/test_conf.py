"""Every option composes, builds what it names and lists what can be set; a task brings its corpus."""

import dataclasses
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import get_class
from omegaconf import DictConfig, OmegaConf

from pipelines.benchmark import Settings as BenchmarkSettings
from pipelines.classifying.wanted import Settings as ClassifierSettings
from pipelines.coverage import Settings as CoverageSettings
from pipelines.diagnosing.diagnosis_settings import Settings as DiagnoseSettings
from pipelines.explore import Settings as ExploreSettings
from pipelines.extracting.extract_settings import Settings as ExtractSettings
from pipelines.plan import Settings as PlanSettings
from pipelines.report import Settings as ReportSettings
from pipelines.reproducing.settings import Settings as ReproduceSettings
from pipelines.running.config import ANALYSES, GROUPS, PROBES, Experiment, Settings, build
from pipelines.running.run_folder import USUAL, labels, run_folder
from pipelines.shared.option_files import CONF, options
from pipelines.shared.options import option
from pipelines.shared.schema import checked
from pipelines.viewing.inputs import Settings as ViewSettings
from probing.analysis.concept_changes import METHODS

EVERY = [(group, name) for group in GROUPS for name in options(group)]
NAMED = [name for name in options("analysis") if name != "none"]
NOT_IN_FULL = {PROBES, "information", "pruning", "attractors", "explanation", "usage", "long_texts"}
FILES = sorted(CONF.rglob("*.yaml"))
# what must be given with an option
NEEDS = {
    "conllu": ["data.train=a.conllu", "data.test=b.conllu"],
    "dataset": ["data.hub=a/b"],
    "labelled": ["data.train=a.tsv", "data.test=b.tsv"],
    **dict.fromkeys(["prompts", "conversation", "message", "span", "span_word"], ["data.train=a.jsonl"]),
    "structural": ["task=depth"],
    "bilinear": ["task=head"],
    "pair_mlp": ["task=head"],
    "attention_pool": ["task=sentiment"],
    "aggregate": ["task=sentiment"],
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
    # what is not changed is not named
    assert not any("," in name for name in labels(experiment, "corpus").values())
    of_option = {("task", "agreement"): ",analysis=attractors", ("probe", "aggregate"): ",analysis=long_texts"}
    brought = of_option.get((group, name), "")
    assert (group, name) == ("rollout", "raw") or run_folder(experiment, "corpus").name == f"seed0{brought}"


@pytest.mark.parametrize("group, name", EVERY)
def test_every_option_lists_exactly_what_can_be_set(group, name):
    listed = option(group, name)
    fields = {field.name for field in dataclasses.fields(get_class(listed._target_))}
    assert set(listed) - {"_target_"} == fields


@pytest.mark.parametrize("name", NAMED)
def test_every_analysis_builds_what_it_names_and_lists_exactly_what_can_be_set(name):
    listed = option("analysis", name)
    experiment = built("attention=none", f"analysis={name}")
    assert set(experiment.analyses) == {PROBES, name}
    cls = type(experiment.analyses[name])
    assert cls is get_class(listed._target_)
    assert cls.__module__ == f"probing.analysis.{name}"
    assert set(listed) - {"_target_"} == {field.name for field in dataclasses.fields(cls)}
    given = {key: value for key, value in vars(experiment.analyses[name]).items() if key in listed}
    assert given == vars(cls())  # what is written in the file is the default of the class


@pytest.mark.parametrize("group", ANALYSES)
def test_an_option_that_brings_analyses_is_no_part_itself(group):
    for name in options(group):
        config, _ = composed(f"{group}={name}")
        assert "_target_" not in config.analysis
        assert "attention" not in config
    assert "_target_" not in option("attention", "full")


def test_attention_brings_no_analysis_or_rollout_or_all():
    brought = {name: set(built(f"attention={name}").analyses) - {PROBES} for name in options("attention")}
    assert brought == {"none": set(), "rollout": {"rollout"}, "full": set(NAMED) - NOT_IN_FULL}


@pytest.mark.parametrize("group, name", USUAL.items())
def test_what_a_folder_leaves_out_is_what_runs_without_an_option(group, name):
    assert composed()[1][group] == name


def test_usage_full_removes_every_concept_with_every_method():
    for chosen in (["usage=full"], ["usage=full", "analysis=usage"]):
        analyses = built("attention=none", *chosen).analyses
        assert set(analyses) == {PROBES, "usage"}
        assert (analyses["usage"].concepts, analyses["usage"].methods) == (["all"], [*METHODS])
    fewer = built(
        "attention=none", "usage=full", "analysis.usage.concepts=[task,deprel]", "analysis.usage.methods=leace"
    )
    assert (fewer.analyses["usage"].concepts, fewer.analyses["usage"].methods) == (["task", "deprel"], ["leace"])
    assert set(built("attention=none", "usage=none").analyses) == {PROBES}


def test_further_analyses_are_added_to_those_of_attention():
    assert set(built("analysis=[heads,syntax]").analyses) == {PROBES, "rollout", "heads", "syntax"}
    others = sorted(NOT_IN_FULL - {PROBES})
    assert set(built("attention=full", f"analysis=[{','.join(others)}]").analyses) == set(NAMED)
    assert [*built("analysis=[syntax,heads]").analyses][0] == PROBES


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(CONF)))
def test_every_file_opens_with_what_it_is(file: Path):
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("# @package")]
    assert lines[0].startswith("# ")


@pytest.mark.parametrize(
    "file, cls",
    [
        ("run.yaml", Settings),
        ("report.yaml", ReportSettings),
        ("plan.yaml", PlanSettings),
        ("benchmark.yaml", BenchmarkSettings),
        ("coverage.yaml", CoverageSettings),
        ("classifier.yaml", ClassifierSettings),
        ("reproduce.yaml", ReproduceSettings),
        ("view.yaml", ViewSettings),
        ("explore.yaml", ExploreSettings),
        ("classifier.yaml", ClassifierSettings),
        ("diagnose.yaml", DiagnoseSettings),
        ("extract.yaml", ExtractSettings),
    ],
)
def test_the_settings_of_a_program_are_commented_and_their_defaults_are_the_classes_own(file, cls):
    text = (CONF / file).read_text(encoding="utf-8")
    for field in dataclasses.fields(cls):
        [line] = [line for line in text.splitlines() if line.startswith(f"{field.name}:")]
        assert " # " in line
    written = OmegaConf.masked_copy(OmegaConf.create(text), [field.name for field in dataclasses.fields(cls)])
    OmegaConf.resolve(written)
    assert vars(checked(cls, written, "")) == vars(cls())


@pytest.mark.parametrize("program", ["view", "explore"])
def test_a_sweep_writes_nothing_outside_of_outputs(program):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        hydra = compose(program, overrides=["outputs=/there"], return_hydra_config=True).hydra
    assert (hydra.run.dir, hydra.sweep.dir, hydra.sweep.subdir) == ("/there", "/there", ".")
    assert hydra.output_subdir is None


def test_published_set_ups_are_papers_and_no_presets_beside_them():
    assert "hewitt2019" in options("paper")
    assert options("experiment") == ["none"]
    assert composed("experiment=none") == composed()


@pytest.mark.parametrize("name", options("task"))
def test_a_task_brings_its_corpus_unless_told_otherwise(name):
    config, _ = composed(f"task={name}")
    brought = {"sentiment": "sst2", "entity": "gum", "coref": "gum", "agreement": "modified"}
    of_prompts = {"conversation", "message", "span", "span_word"}  # of files that have no name yet
    assert config.data.name == (None if name in of_prompts else brought.get(name, "ewt"))
    for overrides in ([f"task={name}", "data=grammar"], ["data=grammar", f"task={name}"]):
        assert composed(*overrides)[0].data.name == "grammar"


def test_pairs_of_words_bring_their_probe_unless_told_otherwise():
    assert composed("task=distance")[0].probe.name == "structural"
    assert composed("task=distance", "probe=linear")[0].probe.name == "linear"
    assert composed("task=depth")[0].probe.name == "linear"


def test_without_options_it_is_bert_and_parts_of_speech():
    config, choices = composed()
    assert (choices["model"], choices["task"], choices["data"]) == ("bert", "pos", "ewt")
    assert config.model.checkpoint == "google-bert/bert-base-uncased"


@pytest.mark.parametrize("group, name", [(g, n) for g in ("data", "model") for n in options(g)])
def test_every_stand_in_is_an_option_that_has_no_stand_in_itself(group, name):
    stand_in = option(group, name).stand_in
    if stand_in is not None:
        assert option(group, stand_in).stand_in is None
