"""Every analysis of conf/analysis on a small study: its results, the sample it states, and what it leaves out."""

from dataclasses import replace

import numpy as np
import pytest

from probing.analysis.ablation import HeadAblation
from probing.analysis.agreement import Agreement, query_of
from probing.analysis.heads import HeadsOverCorpus
from probing.analysis.hypotheses import HeadHypotheses
from probing.analysis.many_comparisons import ADJUSTED
from probing.analysis.probes import Probes
from probing.analysis.redundancy import Redundancy
from probing.analysis.rollout import RolloutOfWords
from probing.analysis.syntax import SyntacticHeads
from probing.analysis.values import ValueVectors
from probing.attention.interventions.places import Places
from probing.axes import SPLITS, Corpus
from probing.errors import ConfigError, DataError, ModelError
from probing.result.tally import mean_over_heads
from probing.task.trees import Depth

VERB_OBJECT = {
    "name": "verb_object",
    "question": "Do verbs attend to their objects?",
    "query": {"upos": "VERB"},
    "relation": "dependent",
    "deprel": "obj",
}


def ends(rows):
    return all(row.ci_low <= row.value <= row.ci_high for row in rows)


def test_probes_leave_task_control_selectivity_and_baselines(study):
    found = Probes()(study)
    assert {row.target for row in found.rows} >= {"task", "control", "selectivity", "majority", "type_majority"}
    assert ends(found.rows)
    assert set(found.tables) == {"predictions", "sentences"}
    assert list(found.files) == ["probes.safetensors"]
    assert found.facts["layers"] == [0, 2]
    assert any(note.text.startswith("control: ") for note in found.notes)


def test_rollout_is_of_a_stated_sample(study):
    found = RolloutOfWords()(study)
    assert ends(found.rows)
    of = {(row.metric, row.layer): row for row in found.rows}
    assert {metric for metric, _ in of} >= {"mass_on_gold_head", "mass_on_matched_word", "rollout_entropy_nats"}
    for layer in range(1, 7):
        head, word = of["mass_on_gold_head", layer], of["mass_on_matched_word", layer]
        ratio = of["gold_head_over_matched_word", layer]
        assert ratio.value == pytest.approx(head.value / word.value)
        assert (ratio.n_items, ratio.n_sentences) == (head.n_items, head.n_sentences) == (word.n_items, 30)
        assert ratio.ci_high - ratio.ci_low < (head.ci_high - head.ci_low) / word.value  # both vary together
    assert {row.layer for row in found.rows} == set(range(1, 7))
    assert found.facts["sample"] == "30 of the 30 sentences of test"
    assert [note.kind for note in found.notes] == ["sample"]
    assert np.allclose(found.arrays["example0/rollout"].sum(-1), 1, atol=1e-5)


def test_the_mean_over_heads_has_an_interval_of_its_own(study):
    rows = [row for row in HeadsOverCorpus()(study).rows if row.metric == "entropy_nats"]
    of_heads = {layer: [row for row in rows if row.layer == layer and row.head is not None] for layer in range(1, 7)}
    means = {row.layer: row for row in rows if row.head is None}
    assert set(means) == set(range(1, 7))
    assert [means[layer].value for layer in of_heads] == pytest.approx(
        [np.mean([row.value for row in rows]) for rows in of_heads.values()]
    )
    widths = {layer: np.mean([row.ci_high - row.ci_low for row in rows]) for layer, rows in of_heads.items()}
    own = {layer: mean.ci_high - mean.ci_low for layer, mean in means.items()}
    assert all(0 < own[layer] < 1.01 * widths[layer] for layer in own)
    assert min(own[layer] / widths[layer] for layer in own) < 0.9  # where heads vary apart, their mean varies less


def test_syntax_says_whose_head_gains_over_a_fixed_offset(study):
    found = SyntacticHeads(least=5)(study)
    by_probe = {name: {r.target: r for r in found.rows if r.probe == name} for name in ("attention", "gain")}
    offsets = {row.target: row for row in found.rows if (row.probe or "").startswith("offset")}
    assert "nsubj dep→head" in by_probe["attention"]
    for target, row in by_probe["attention"].items():
        assert row.value - offsets[target].value == pytest.approx(by_probe["gain"][target].value)
        assert row.head is not None and offsets[target].head is None
    assert found.facts["sample"].count("30 of the 30") == 2


def test_the_gains_of_all_relations_have_intervals_that_hold_together(study):
    rows = SyntacticHeads(least=5)(study).rows
    alone, joint = ({r.target: r for r in rows if r.probe == name} for name in ("gain", "gain_adjusted"))
    assert len(joint) > 3 and alone.keys() == joint.keys()
    assert all(
        joint[target] == replace(row, probe="gain_adjusted", ci_low=joint[target].ci_low, ci_high=joint[target].ci_high)
        for target, row in alone.items()
    )
    wider = {
        t: (joint[t].ci_high - joint[t].ci_low) / (row.ci_high - row.ci_low)
        for t, row in alone.items()
        if row.ci_high > row.ci_low
    }
    assert min(wider.values()) > 1
    assert max(w for t, w in wider.items() if alone[t].n_sentences >= 15) < 3  # of fewer, Student's t is far wider


def test_syntax_of_a_corpus_without_trees_is_skipped_with_a_reason(make, corpus):
    bare = {s: tuple(replace(x, heads=(), deprel=()) for x in corpus.splits[s]) for s in SPLITS}
    found = SyntacticHeads()(make(corpus=Corpus("bare", bare)))
    assert found.rows == ()
    assert found.notes[0].kind == "skipped"


def test_sentences_without_tags_or_trees_cost_their_own_items_alone_and_are_counted(make, corpus, study):
    bare = [replace(s, upos=(), heads=(), deprel=()) for s in corpus.splits["test"][:2]]
    mixed = make(corpus=Corpus("mixed", {**corpus.splits, "test": (*bare, *corpus.splits["test"][2:])}))

    def of_punctuation(found):
        return [row for row in found.rows if row.metric == "mass_punctuation"]

    heads = HeadsOverCorpus()(mixed)
    assert {row.n_sentences for row in of_punctuation(HeadsOverCorpus()(study))} == {30}
    assert {row.n_sentences for row in of_punctuation(heads)} == {28}
    assert {row.n_sentences for row in heads.rows if row.metric == "mass_self"} == {30}
    for analysis, said in (
        (HeadsOverCorpus(), "heads: 2 of 30 sentences of test have no UPOS tags and do not count in mass_punctuation"),
        (RolloutOfWords(), "rollout: 2 of 30 sentences have no tree, or fewer than three words, and do not count in "),
        (SyntacticHeads(least=5), "syntax: 2 of the 30 sentences of test have no tree: not counted"),
    ):
        found = analysis(mixed)
        assert found.rows
        assert any(note.kind == "skipped" and note.text.startswith(said) for note in found.notes), analysis


def test_heads_whose_mean_is_undefined_keep_all_other_rows(study, monkeypatch):
    def uneven(tally):
        items = np.ones(tally.sums.shape)
        items[:, :, 0] = 2
        return mean_over_heads(replace(tally, items=items))

    monkeypatch.setattr("probing.analysis.heads.mean_over_heads", uneven)
    found = HeadsOverCorpus()(study)
    assert {row.metric for row in found.rows} >= {"entropy_nats", "mass_self"}
    assert all(row.head is not None for row in found.rows)
    assert any(n.kind == "skipped" and "heads of a layer count different items" in n.text for n in found.notes)


def test_hypotheses_are_tested_and_counter_examples_kept(study):
    analysis = HeadHypotheses(tested=[VERB_OBJECT], least=3)
    analysis.check(study)
    found = analysis(study)
    assert "hypothesis verb_object" in {row.target for row in found.rows}
    assert isinstance(found.facts["counter_examples/hypothesis verb_object"], list)
    assert HeadHypotheses()(study).rows == ()


def test_a_hypothesis_that_matches_nothing_is_refused_before_anything_is_computed(make):
    study = make()
    with pytest.raises(ConfigError, match="xyzzy"):
        HeadHypotheses(tested=[{**VERB_OBJECT, "query": {"form": ["xyzzy"]}}]).check(study)
    assert "encoder" not in vars(study)


def test_two_hypotheses_of_one_name_are_refused():
    with pytest.raises(ConfigError, match=r"analysis\.hypotheses\.tested: two hypotheses have the name verb_object"):
        HeadHypotheses(tested=[VERB_OBJECT, VERB_OBJECT])


def test_a_model_with_one_head_has_no_clusters_but_layers_are_compared(study, monkeypatch):
    monkeypatch.setattr("probing.analysis.redundancy.Divergence.finish", lambda _self: np.zeros((1, 1)))
    found = Redundancy(items=40)(study)
    assert "redundancy/map" not in found.arrays
    assert found.arrays["redundancy/cka"].shape == (7, 7)
    assert found.notes[0] == ("skipped", found.notes[0].text)
    assert "only one head" in found.notes[0].text


def test_layers_are_compared_on_items_drawn_from_all_of_test(study):
    found = Redundancy(items=40)(study)
    assert found.arrays["redundancy/js_nats"].shape == (72, 72)
    assert np.allclose(np.diag(found.arrays["redundancy/cka"]), 1)
    assert found.facts["vectors"].startswith("40 of the ")
    assert found.facts["vectors"].endswith("drawn at random")


def test_value_vectors_and_interventions_state_their_samples(study):
    for analysis in (ValueVectors(sentences=5), HeadAblation(sentences=5), Agreement(sentences=5, longest=20)):
        found = analysis(study)
        assert found.rows and ends(found.rows)
        assert found.facts["sample"].startswith("5 of the ")
        assert any(note.kind == "sample" for note in found.notes)


def test_a_score_that_an_architecture_does_not_allow_costs_no_other(study, monkeypatch):
    whole = Agreement(sentences=3, longest=16)(study)

    def refuse(*_given, **_options):
        raise ModelError("value vectors are not known")

    for name in (
        "token_scores.norms",
        "token_scores.value_zeroing",
        "agreement.replaced_weights",
        "agreement.special_token",
    ):
        monkeypatch.setattr(f"probing.analysis.{name}", refuse)
    found = Agreement(sentences=3, longest=16)(study)
    targets = {
        f"{score} × {name}, other words' labels"
        for score in ("raw", "rollout", "flow")
        for name in ("gradient", "gradient × input")
    }
    assert {row.target for row in found.rows} == targets
    alone = {row for row in found.rows if not str(row.probe).endswith(ADJUSTED)}  # a smaller family has other intervals
    assert alone and alone <= set(whole.rows)
    left_out = [note.text.partition(" left out: ")[0] for note in found.notes if note.kind == "skipped"]
    assert left_out == [f"agreement: {name}" for name in ("norm", "value zeroing", "blank-out", "replaced weights")]


def test_effects_are_of_the_probe_and_of_layers_below_it(study):
    found = HeadAblation(sentences=4, replacement="zero")(study)
    heads = [row for row in found.rows if row.head is not None]
    assert {row.layer for row in heads} == {1, 2}
    assert found.facts["output"] == "the linear probe of pos on layer 2"


def test_a_task_that_no_readout_reads_is_skipped(make):
    study = make(task=Depth("depth"))
    for analysis in (HeadAblation(), Agreement()):
        found = analysis(study)
        assert found.rows == ()
        assert found.notes[0].kind == "skipped"


def test_sentences_that_are_all_too_long_are_a_data_error(study):
    with pytest.raises(DataError, match="3 to 3 subwords"):
        Agreement(longest=3)(study)


@pytest.mark.parametrize(
    ("analysis", "option", "value", "message"),
    [
        (SyntacticHeads, "least", 0, r"analysis\.syntax\.least=0: must be greater than 0"),
        (HeadHypotheses, "least", 0, r"analysis\.hypotheses\.least=0: must be greater than 0"),
        (Redundancy, "clusters", 0, r"analysis\.redundancy\.clusters=0: must be greater than 0"),
        (Redundancy, "items", -1, r"analysis\.redundancy\.items=-1: must be greater than 0"),
        (ValueVectors, "sentences", 0, r"analysis\.values\.sentences=0: must be greater than 0"),
        (HeadAblation, "sentences", 0, r"analysis\.ablation\.sentences=0: must be greater than 0"),
        (HeadAblation, "replacement", "noise", r"replacement=noise: .*choose one of zero, mean, uniform"),
        (Agreement, "draws", 0, r"analysis\.agreement\.draws=0: must be greater than 0"),
        (Agreement, "gradient", "logit", r"analysis\.agreement\.gradient=logit"),
        (Agreement, "query", "median", r"query=median: .*choose one of auto, mean, max, first, last"),
    ],
)
def test_impossible_options_are_refused(analysis, option, value, message):
    with pytest.raises(ConfigError, match=message):
        analysis(**{option: value})


@pytest.mark.parametrize("name, query", [("mean", "mean"), ("max", "max"), ("first", 0), ("last", -1)])
def test_whose_attention_is_compared(name, query):
    nowhere = Places(np.zeros(0, dtype=int), np.zeros((0, 3)), np.zeros((0, 3), dtype=bool))
    assert query_of(name, nowhere) == query
    assert query_of("auto", nowhere) is nowhere


def test_a_words_own_label_is_apart_from_the_labels_of_others(study):
    found = Agreement(sentences=6, longest=20, draws=1)(study)
    effects = {row.target: row for row in found.rows if row.metric == "blank_out_nats"}
    own, others = effects["own label"], effects["other words' labels"]
    [share] = [row for row in found.rows if row.metric == "blank_out_own_share"]
    both = own.value * own.n_items + others.value * others.n_items
    assert share.value == pytest.approx(own.value * own.n_items / both)
    assert (share.n_items, share.n_sentences) == (own.n_items, own.n_sentences)
    assert own.value > 3 * others.value > 0
    references = {row.target.partition(" × ")[2] for row in found.rows if row.metric == "spearman"}
    assert references == {f"{name}, other words' labels" for name in ("blank-out", "gradient", "gradient × input")}
    assert found.facts["query"].endswith("except those of the token's own word")
    assert found.facts["draws"] == 1
