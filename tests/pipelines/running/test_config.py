"""A mistyped option ends the program at once, before anything is loaded; the message names the valid options."""

import pytest
from omegaconf import OmegaConf

from pipelines.running.config import Settings
from pipelines.shared.schema import checked
from probing.errors import ConfigError

MISTYPED = {
    "task.vektor=mean": ["task.vektor", "column, name, vector"],
    "task=poss": ["task=poss: no such option", "deprel", "depth", "distance", "pos", "sentiment", "tree_depth", "xpos"],
    "model=brt": ["model=brt: no such option", "bert", "gpt2", "minilm"],
    "experiment=liu": ["experiment=liu: no such option", "none"],
    "sed=1": ["'sed'", "resamples, rollout, seed, store, strict"],
    "+sed=1": ["sed: no such option", "layers", "probe"],
    "+data.typo=1": ["data.typo: no such option", "data.train", "data.max_sentences"],
    "++task.typo=1": ["task.typo: no such option", "task.vector"],
    "seed=abc": ["seed=abc", "Integer"],
    "seed=-1": ["seed=-1", "0 or greater"],
    "seed=0,1": ["seed=0,1", "type -m seed=0,1 to run once for each"],
    "threads=0": ["threads=0", "greater than 0"],
    "controls=0": ["controls=0"],
    "resamples=none": ["resamples=none", "Integer"],
    "strict=perhaps": ["strict=perhaps", "bool"],
    "device=gpu": ["device=gpu", "cpu, cuda, mps"],
    "punctuation=drop": ["punctuation=drop", "keep, remove"],
    "task.vector=foo": ["task.vector=foo", "mean, first, last"],
    "task.column=lemma": ["task.column=lemma", "upos, xpos, deprel"],
    "store.dtype=int8": ["store.dtype=int8", "auto, float16, float32, bfloat16"],
    "store.pool=words": ["store.pool=words", "none, word, sentence"],
    "model.precision=float8": ["model.precision=float8", "float32, bfloat16"],
    "model.long=cut": ["model.long=cut", "window, truncate"],
    "model.stand_in=brt": ["model.stand_in=brt", "minilm"],
    "layers=foo": ["layers=foo", "layers=all, layers=3 or layers=[0,3,6]"],
    "layers=[]": ["layers=[]", "layers=[0,3,6]"],
    "layers=-1": ["layers=-1", "layers=[0,3,6]"],
    "layers=[0,1.5]": ["layers=[0, 1.5]", "layers=[0,3,6]"],
    "layers=[[0]]": ["layers=[0]", "a single value is expected"],
    "layers=true": ["layers=True", "layers=[0,3,6]"],
    "layers=[all,3]": ["layers=[all, 3]", "layers=all"],
    "layers=???": ["not set: layers; type layers=…"],
    "tag=???": ["not set: tag; type tag=…"],
    "data.train_sentences=0": ["data.train_sentences=0", "greater than 0"],
    "data.train_sentences=0.5": ["data.train_sentences=0.5"],
    "train_seed=1": ["train_seed=1", "data.train_sentences=1000"],
    "nulls=-1": ["nulls=-1", "0 or greater"],
    "nulls=1001": ["nulls=1001", "at most 1000 untrained twins"],
    "nulls=[1,2]": ["nulls=[1, 2]", "a single value is expected"],
    "nulls=2 model.untrained_seed=1": ["nulls", "untrained itself"],
    "data.max_sentences=0": ["data.max_sentences=0", "greater than 0"],
    "data.max_sentences=-1": ["data.max_sentences=-1", "greater than 0"],
    "data=grammar data.max_sentences=0": ["data.max_sentences=0", "greater than 0"],
    "data=sst2 data.max_sentences=0": ["data.max_sentences=0", "greater than 0"],
    "data=grammar data.test=0": ["data.test=0", "greater than 0"],
    "data=grammar data.seed=-1": ["data.seed=-1", "0 or greater"],
    "model.untrained_seed=-1": ["model.untrained_seed=-1", "0 or greater"],
    "model.max_subwords=0": ["model.max_subwords=0", "greater than 0"],
    "rollout.fusion=median": ["rollout.fusion=median", "mean, max, min"],
    "rollout.residual=1": ["'rollout.residual'", "residual_weight"],
    "attention=some": ["attention=some: no such option", "full", "none", "rollout"],
    "analysis=head": ["analysis=head: no such option", "heads", "hypotheses"],
    "analysis=null": ["analysis=null", "string or a list"],
    "+analysis.syntax.least=3": ["analysis.syntax", "type analysis=syntax"],
    "analysis.syntax.least=3": ["'analysis.syntax.least'", "type analysis=syntax for these options"],
    "analysis=syntax analysis.syntax.leest=3": ["'analysis.syntax.leest'", "valid under analysis.syntax: least\n"],
    "analysis=heads analysis.heads.foo=1": ["analysis.heads: it has no options"],
    "analysis=heads +analysis.heads.foo=1": ["analysis.heads.foo: no such option; there are none here"],
    "data=labelled data.labels={0:a}": ["data.labels: it is empty; type +data.labels.<name>=<value>"],
    "attention=full analysis.syntax.least=0": ["analysis.syntax.least=0", "greater than 0"],
    "attention=full analysis.values=null": ["analysis.values", "type analysis=values"],
    "analysis=hypotheses analysis.hypotheses.tested=[nothing]": [
        "analysis.hypotheses.tested=nothing",
        "the options are determiner_noun, pronoun_antecedent, verb_object",
    ],
    "store.attention.sentences=none": ["store.attention.sentences=none", "type a number from 1 on, or all"],
    "probe.l2=[[0.1]]": ["probe.l2=[0.1]", "a single value is expected"],
    "probe.l2=[a]": ["probe.l2=['a']", "Float"],
    "probe.l2=[]": ["probe.l2=[]", "probe.l2=[1e-4]"],
    "data=conllu": ["data.train=… data.test=…"],
    "tag=a/b": ["tag='a/b'", "names a folder"],
    "task.name=../x": ["task.name='../x'", "names a folder"],
    "model=null": ["must be a string", "model=null"],
    "~data": ["data is missing", "ewt, grammar"],
    "task=pos probe=structural": ["probe=structural", "task=depth or task=distance"],
    "task=distance probe=linear": ["probe=linear", "probe=structural"],
    "task=depth probe=mdl": ["probe=mdl", "probe=linear"],
    "task=pos probe=attention_pool": ["most words have a single one", "task=sentiment"],
    "task=sentiment task.vector=cls probe=attention_pool": ["task.vector=cls", "task.vector=mean"],
    "hydra/launcher=job": ["hydra/launcher/job", "basic"],
}


@pytest.fixture
def nothing_loads(monkeypatch):
    """A test fails that reads a corpus or a checkpoint."""

    def load(*arguments):
        raise AssertionError("the configuration must be checked first")

    for name in ("resolve", "load_corpus"):
        monkeypatch.setattr(f"pipelines.shared.stand_ins.{name}", load)


@pytest.mark.parametrize("typed", MISTYPED)
def test_a_mistyped_option_is_named_with_the_valid_ones(typed, here, refused, nothing_loads, tmp_path):
    message = refused(here(*typed.split(), f"outputs={tmp_path}/out", small=False), 2)
    for words in MISTYPED[typed]:
        assert words in message
    assert "Config search path" not in message
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_layer_that_is_not_in_the_model_is_refused_before_extraction(here, refused, tmp_path):
    message = refused(here("layers=[0,99]", f"outputs={tmp_path}"), 2)
    assert "layers=99" in message
    assert "layers 0 (embedding output) to 6" in message
    assert list(tmp_path.rglob("*.h5")) == list(tmp_path.rglob("*.partial")) == []


def test_an_option_that_is_left_out_takes_its_default(here, refused, tmp_path):
    assert "device=gpu" in refused(here("~seed", "device=gpu", f"outputs={tmp_path}", small=False), 2)
    assert vars(checked(Settings, OmegaConf.create({}), "")) == vars(Settings())


@pytest.mark.parametrize(
    "typed, layers, probed",
    [("all", ["all"], None), (3, ["3"], (3,)), ([10, 2, "2"], ["2", "10"], (2, 10)), ("0", ["0"], (0,))],
)
def test_layers_are_all_or_numbers_in_ascending_order(typed, layers, probed):
    settings = checked(Settings, OmegaConf.create({"layers": typed}), "")
    assert (settings.layers, settings.probed_layers) == (layers, probed)


@pytest.mark.parametrize(
    "content, words",
    [
        (b"name: [unclosed", ":1: not YAML (expected ',' or ']'"),
        (b"name: \xe9", ":1: byte 0xe9 is not UTF-8"),
        (b"only a text", ": a hypothesis has keys such as name, question, query, key"),
        (b"name: mine", "the question of the hypothesis is missing"),
        (b"- a\n- list", ": a hypothesis has keys such as name, question, query, key"),
    ],
)
def test_a_hypothesis_file_that_cannot_be_read_is_named(content, words, here, refused, nothing_loads, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    given = ["analysis=hypotheses", f"analysis.hypotheses.tested={path}", f"outputs={tmp_path}/out"]
    message = refused(here(*given, small=False), 2)
    assert message.startswith(f"error: {path}:")
    assert words in message


@pytest.mark.parametrize("typed", ["+typo=1", "runs=[]  tag=a/b", "name=a/b", "tag=", "typo=1"])
def test_a_report_is_as_strict(typed, here, refused, tmp_path):
    refused(here(*typed.split(), f"outputs={tmp_path}", small=False, program="report"), 2)


def test_names_of_folders():
    for tag in ("", ".", "..", ".hidden", "a/b", "a\\b", "a\nb"):
        with pytest.raises(ConfigError, match="names a folder"):
            Settings(tag=tag)
    assert Settings(tag="my study, 2nd").tag == "my study, 2nd"
