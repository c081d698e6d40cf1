"""Usage through whole networks: a planted head and its decoy, and an output of every kind."""

import runpy
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from probing.analysis.concept_effects import Effects
from probing.analysis.concept_labels import halves
from probing.analysis.study_options import Options
from probing.analysis.usage import Usage
from probing.data.grammar import Grammar
from probing.errors import ConfigError, DataError
from probing.model.checkpoint import Model
from probing.probe.erasure.subspaces import angle_degrees, row_space
from probing.store.key import Store

planted = runpy.run_path(str(Path(__file__).parents[1] / "planted_network.py"))["planted"]
LAYERS = [0, 1, 2]
PLANTED = {"concepts": ["pos", "xpos"], "sentences": 80, "draws": 10}
SMALL = {"methods": ["leace", "mean_swap"], "sentences": 6, "items": 300, "draws": 3}


def value(found, metric, method, layer, target="pos"):
    [row] = [r for r in found.rows if (r.metric, r.target, r.probe, r.layer) == (metric, target, method, layer)]
    return row.value


@pytest.fixture(scope="module")
def of_planted(tmp_path_factory):
    """The findings of a planted network, and its study."""
    study = planted(tmp_path_factory.mktemp("planted"), seed=0)
    with closing(study):
        methods = ["mean_projection", "leace", "probe_subspace", "mean_swap"]
        yield Usage(methods=methods, **PLANTED)(study), study


def test_what_a_networks_head_reads_is_used_on_all_layers_and_the_decoy_on_none(of_planted):
    found, _ = of_planted
    assert (found.facts["output"], found.facts["own_head"]) == ("the model's own classifier of words", True)
    for concept in ("pos", "xpos"):
        assert min(value(found, "decodable", "validation", layer, concept) for layer in LAYERS) > 0.95
    assert {*map(tuple, found.facts["used"]["pos"].values())} == {(0, 1, 2)}
    assert {*map(tuple, found.facts["used"]["xpos"].values())} == {()}


def test_moves_bring_the_head_to_the_wanted_class_and_random_moves_do_not(of_planted):
    found, _ = of_planted
    for layer in LAYERS:
        assert value(found, "moved_to_wanted", "mean_swap", layer) > 0.95
        assert value(found, "moved_to_wanted", "mean_swap_random", layer) < 0.2
        lengths = [value(found, "change_size", f"mean_swap{against}", layer) for against in ("", "_random")]
        assert lengths[0] == pytest.approx(lengths[1])
    assert {row.target for row in found.rows if row.metric == "moved_to_wanted"} == {"pos"}  # it has no other classes


def by_hand(study, layer):
    """What removing the differences between class means of a layer costs the head: transformers and plain sums only."""
    import torch
    from transformers import BertForTokenClassification

    full = BertForTokenClassification.from_pretrained(study.checkpoint.folder).eval()
    vocabulary = (Path(study.checkpoint.folder) / "vocab.txt").read_text().split()

    def states(split):
        rows = [["[CLS]", *sentence.words, "[SEP]"] for sentence in study.corpus.splits[split]]
        ids = torch.tensor([[vocabulary.index(word) for word in row] for row in rows])
        return full.bert(ids, output_hidden_states=True).hidden_states[layer]

    def head(x):
        for block in full.bert.encoder.layer[layer:]:
            x = block(x)[0] if isinstance(block(x), tuple) else block(x)
        return full.classifier(x).log_softmax(2)[:, 1:-1]

    with torch.inference_mode():
        half = torch.from_numpy(halves(study, 2000)[0])
        train = states("train")[:, 1:-1].flatten(0, 1)[half].double()
        names = [tag for sentence in study.corpus.splits["train"] for tag in sentence.upos]
        tags = np.array(names)[half]
        mean, deviation = train.mean(0), train.std(0, correction=0)
        means = torch.stack([((train - mean) / deviation)[torch.from_numpy(tags == tag)].mean(0) for tag in {*names}])
        basis = torch.linalg.svd(means - means.mean(0), full_matrices=False)[2][:2]
        x, erased = states("test"), states("test").clone()
        inside = (x[:, 1:-1].double() - mean) / deviation
        erased[:, 1:-1] = (x[:, 1:-1].double() - (inside @ basis.T @ basis) * deviation).float()
        gold = [[full.config.label2id[tag] for tag in s.upos] for s in study.corpus.splits["test"]]
        before, after = (head(states).gather(2, torch.tensor(gold)[:, :, None]) for states in (x, erased))
        return float((before - after).mean())


@pytest.mark.parametrize("layer", LAYERS)
def test_an_effect_is_what_the_network_gives_by_hand(of_planted, layer):
    found, study = of_planted
    assert value(found, "effect_nats", "mean_projection", layer) == pytest.approx(by_hand(study, layer), rel=2e-3)


@pytest.mark.slow
def test_every_method_tells_the_head_from_the_decoy_for_nine_of_ten_networks(tmp_path):
    right = np.zeros((2, 7))
    for seed in range(10):
        (tmp_path / str(seed)).mkdir()
        with closing(planted(tmp_path / str(seed), seed)) as study:
            called = Usage(**PLANTED)(study).facts["used"]
        right += [[layers == LAYERS for layers in called["pos"].values()], [not of for of in called["xpos"].values()]]
    assert right.min() >= 9


def found_and_read(folder, seed, monkeypatch):
    """Of the last layer the largest angle between what removals take away and what the head reads; where it is used."""
    folder.mkdir()
    given = []
    monkeypatch.setattr("probing.analysis.usage.Effects", lambda *parts: given.append(Effects(*parts)) or given[-1])
    with closing(planted(folder, seed, aligned=True)) as study:
        called = Usage(methods=["mean_projection", "leace"], **PLANTED)(study).facts["used"]
        made = given[0].made[2]
        reads = load_file(Path(study.checkpoint.folder) / "model.safetensors")["classifier.weight"] * made.scale[1]
        x = np.random.default_rng(seed).standard_normal((99, reads.shape[1]))
        no_class = np.zeros(99, np.int64)
        taken = [x - change.apply(x, no_class, no_class) for change in made.changes["pos"] if not change.against]
        degrees = [angle_degrees(row_space(by), row_space(reads - reads.mean(axis=0))) for by in taken]
    return (
        max(degrees),
        all(2 in of for of in called["pos"].values()),
        not any(2 in of for of in called["xpos"].values()),
    )


def test_what_is_removed_from_the_last_layer_is_what_the_head_reads(tmp_path, monkeypatch):
    degrees, used, decoy_is_not = found_and_read(tmp_path / "planted", 0, monkeypatch)
    assert degrees < 5
    assert (used, decoy_is_not) == (True, True)


@pytest.mark.slow
def test_that_is_so_for_nine_of_ten_networks(tmp_path, monkeypatch):
    found = [found_and_read(tmp_path / str(seed), seed, monkeypatch) for seed in range(10)]
    assert sum(degrees < 5 for degrees, _, _ in found) >= 9
    assert min(np.sum([one[1:] for one in found], axis=0)) >= 9


@pytest.fixture
def with_head(make, tmp_path):
    """with_head(family, architecture): a study of parts of speech with a tiny model and its own head."""

    def with_head(family, architecture):
        import torch
        import transformers

        folder = tmp_path / family
        runpy.run_path(str(Path(__file__).parents[1] / "model" / "conftest.py"))["build"](family, folder)
        torch.manual_seed(0)
        config = transformers.AutoConfig.from_pretrained(folder)
        getattr(transformers, architecture)(config).save_pretrained(folder)
        corpus = Grammar(name="grammar", train=60, dev=30, test=30).load()
        options, store = Options(resamples=20, layers=(0, 2, 3)), Store(str(tmp_path / "store"))
        return make(corpus=corpus, model=Model(str(folder)), store=store, options=options, with_head=True)

    return with_head


@pytest.mark.parametrize(
    ("family", "architecture", "name"),
    [
        ("bert", "BertForMaskedLM", "the model's own masked-word head"),
        ("gpt2", "GPT2LMHeadModel", "the model's own next-word head"),
        ("qwen2", "Qwen2ForCausalLM", "the model's own next-word head"),
    ],
)
def test_heads_that_predict_words_are_read_in_encoders_and_decoders(with_head, family, architecture, name):
    found = Usage(**SMALL)(with_head(family, architecture))
    assert (found.facts["output"], found.facts["own_head"]) == (name, True)
    effects = {row.layer: row.value for row in found.rows if (row.metric, row.probe) == ("effect_nats", "mean_swap")}
    assert [*effects] == [0, 2, 3]
    assert min(map(abs, effects.values())) > 1e-6
    assert not any(row.metric == "moved_to_wanted" for row in found.rows)


def test_a_probe_can_be_read_instead_of_the_head(with_head):
    study = with_head("gpt2", "GPT2LMHeadModel")
    found = Usage(**SMALL, output="probe")(study)
    assert (found.facts["output"], found.facts["own_head"]) == ("the linear probe of pos on layer 3", False)
    assert {row.target for row in found.rows if row.metric == "moved_to_wanted"} == {"pos"}


def test_the_probe_of_another_property_can_be_read(study):
    found = Usage(**SMALL, concepts=["task", "head_side"], output="head_side")(study)
    assert found.facts["output"] == "the linear probe of head_side on layer 2"
    assert {row.target for row in found.rows if row.metric == "effect_nats"} == {"pos", "head_side"}
    assert {row.target for row in found.rows if row.metric == "moved_to_wanted"} == {"head_side"}
    assert value(found, "effect_nats", "mean_swap", 0, "head_side") > 0


def test_outputs_that_are_not_there_are_refused(study, make):
    with pytest.raises(ConfigError, match=r"output=head: the checkpoint has no head.*type analysis.usage.output=probe"):
        Usage(**SMALL, output="head").check(study)  # before anything is extracted
    for unknown in ("sentiment", "pos"):  # of sentences; the task itself, which is called probe
        with pytest.raises(ConfigError, match=r"analysis.usage.output"):
            Usage(output=unknown).check(make())


def test_a_property_that_the_corpus_lacks_cannot_be_read(tmp_path):
    with (
        closing(planted(tmp_path, seed=1)) as of_words,
        pytest.raises(DataError, match=r"usage.output=deprel: plant"),
    ):
        Usage(**SMALL, output="deprel")(of_words)
