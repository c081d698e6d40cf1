"""The attention stage from the command line: every analysis, its rows, tables and figures, and what it refuses."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from probing.report.attended import attention_tables
from probing.report.attention import write_attention
from probing.report.joined import write_joined

from probing.report.load import load_run
from probing.result.folder import find_runs
from probing.result.rows import read_rows

FULL = ("attention=full", "attention.interventions=6", "attention.least=5", "attention.hypotheses=[determiner_noun]")
QUICK = ("layers=[1,2]", "probe.l2=[1e-2]")


def folder_of(out: str) -> Path:
    return Path(out.rpartition(": ")[2].strip())


@pytest.fixture(scope="module")
def full(here) -> Path:
    """A run with every analysis."""
    done = here(*FULL, *QUICK)
    assert (done.code, done.err) == (0, "")
    return folder_of(done.out)


@pytest.fixture(scope="module")
def rows(full) -> pd.DataFrame:
    return read_rows(full / "rows.csv")


def test_every_analysis_leaves_rows_with_intervals(rows):
    probes = {"rollout", "attention", "gain", "norm", "ablation_mean", "ablation_joint", "ablation_layer", "explain"}
    assert probes <= set(rows["probe"])
    there = rows[rows["probe"].isin(probes)]
    assert ((there["ci_low"] <= there["value"]) & (there["value"] <= there["ci_high"])).all()
    heads = there[(there["probe"] == "attention") & (there["metric"] == "entropy_nats")]
    assert len(heads) == 6 * 12
    assert set(heads["head"]) == set(range(12))


def test_masses_and_shares_are_of_a_distribution(rows):
    masses = rows[rows["metric"].str.startswith("mass_") | (rows["metric"] == "entropy_share")]
    assert masses["value"].between(0, 1).all()
    ratios = rows[rows["metric"] == "mixing_ratio"]
    assert ratios["value"].between(0, 1).all()


def test_effects_are_of_the_probe_that_dev_chose_and_of_layers_that_it_can_feel(full, rows):
    facts = json.loads((full / "manifest.json").read_text())["attention"]
    assert facts["output"] == facts["layer_output"]
    layer = int(facts["output"].rpartition(" ")[2])
    effects = rows[(rows["metric"] == "effect_nats") & rows["head"].notna()]
    assert set(effects["layer"]) == set(range(1, layer + 1))
    assert facts["blank"] == "[MASK]"
    assert any("ablation" in text for text in facts["said"])


def test_a_head_is_chosen_for_each_relation_and_held_against_an_offset(rows):
    chosen = rows[(rows["probe"] == "attention") & (rows["metric"] == "head_accuracy")]
    assert "nsubj dep→head" in set(chosen["target"])
    assert "hypothesis determiner_noun" in set(chosen["target"])
    gains = rows[rows["probe"] == "gain"].set_index("target")["value"]
    offsets = rows[rows["probe"].str.startswith("offset")].set_index("target")["value"]
    for _, row in chosen.iterrows():
        assert row["value"] - offsets[row["target"]] == pytest.approx(gains[row["target"]])


def test_tables_and_figures_are_made_from_the_folder_alone(full, tmp_path):
    run = load_run(full)
    names = {table.name for table in attention_tables(run)}
    assert names == {"joined", "rollout", "heads", "relations", "hypotheses", "effects", "explain", "mixing"}
    joined = next(table for table in attention_tables(run) if table.name == "joined")
    assert {"score", "attended", "used"} <= set(joined.raw)
    made = {path.stem for path in [*write_attention(run, tmp_path), *write_joined(run, tmp_path / "joined")]}
    assert made == {"rollout", "head", "heads", "entropy", "headmap", "cka", "explain", "ablation", "joined"}
    page = (full / "index.html").read_text()
    assert "Decodable, attended, used" in page
    assert "Counter-examples to hypothesis determiner_noun" in page


def test_arrays_need_no_pickle_and_hold_distributions(full):
    with np.load(full / "attention.npz", allow_pickle=False) as arrays:
        maps = arrays["example0/maps"].astype(float)
        assert np.allclose(maps.sum(-1), 1, atol=1e-2)
        assert np.allclose(arrays["example0/rollout"].sum(-1), 1, atol=1e-5)
        assert arrays["redundancy/js_nats"].shape == (72, 72)
        assert arrays["redundancy/cka"].shape == (7, 7)
        assert (np.diff(arrays["quantiles/weight"], axis=-1) >= 0).all()


def test_without_the_stage_there_is_nothing_of_it(here):
    done = here("attention=none", *QUICK)
    assert done.code == 0
    folder = folder_of(done.out)
    assert folder.name.endswith("attention=none")
    assert set(read_rows(folder / "rows.csv")["probe"]) == {"linear,l2=0.01"}
    assert not (folder / "attention.npz").exists()


@pytest.mark.parametrize(
    "options, message",
    [
        (["attention.hypotheses=[verb_object]"], "type attention=full"),
        (["attention=full", "attention.hypotheses=[nothing]"], "the options are determiner_noun"),
        (["attention.fusion=median"], "choose one of mean, max, min"),
        (["attention.first_layer=9"], "this model has 6 layers"),
        (["store.attention.sentences=none"], "type a number from 1 on, or all"),
    ],
)
def test_what_cannot_be_meant_is_told_without_a_traceback(options, message, here, outputs):
    before = find_runs(outputs)
    done = here("tag=refused", *options, *QUICK)
    assert done.code in (1, 2)
    assert message in done.err
    assert "Traceback" not in done.out + done.err
    assert find_runs(outputs) == before


def test_a_hypothesis_that_matches_nothing_is_refused_before_extraction(here, tmp_path):
    path = tmp_path / "odd.yaml"
    path.write_text("name: odd\nquestion: who?\nquery: {form: [xyzzy]}\nrelation: head\n")
    done = here("attention=full", f"attention.hypotheses=[{path}]", *QUICK, f"outputs={tmp_path / 'out'}")
    assert done.code == 2
    assert "xyzzy" in done.err
    assert list(tmp_path.rglob("*.h5")) == []


def test_a_corpus_without_trees_keeps_what_needs_none(here):
    done = here("task=sentiment", "layers=2", "attention=full", "attention.interventions=4", "attention.least=5")
    assert (done.code, done.err) == (0, "")
    assert "the linear probe of sentiment on layer 2" in json.dumps(
        json.loads((folder_of(done.out) / "manifest.json").read_text())
    )


def test_a_model_without_maps_keeps_its_probes_and_says_so(here, tiny, tmp_path):
    from transformers import AutoConfig, FNetConfig, FNetModel

    config = AutoConfig.from_pretrained(tiny)
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "intermediate_size": 32, "max_position_embeddings": 64}
    folder = Path(shutil.copytree(tiny, tmp_path / "fnet"))
    FNetModel(FNetConfig(vocab_size=config.vocab_size, pad_token_id=config.pad_token_id, **sizes)).save_pretrained(
        folder
    )
    given = (f"model.checkpoint={folder}", "model.stand_in=null", "probe.l2=[1e-2]", f"outputs={tmp_path / 'out'}")
    done = here(*given, "layers=1")
    assert (done.code, done.err) == (0, "")
    assert "this model gives no attention map per layer; type attention=none" in done.out
    rows = read_rows(folder_of(done.out) / "rows.csv")
    assert set(rows["probe"]) == {"linear,l2=0.01"}
    strict = here(*given, "layers=0", "strict=true")
    assert strict.code != 0
    assert "no attention map" in strict.err


def test_a_comparison_sets_the_attention_of_runs_side_by_side(full, here, tmp_path):
    done = here(f"runs=['{full}']", f"outputs={tmp_path}", small=False, program="report")
    assert (done.code, done.err) == (0, "")
    [table] = tmp_path.rglob("tables/attention.csv")
    curves = pd.read_csv(table)
    assert set(curves["layer"]) == set(range(1, 7))
    assert "rollout mass on the gold head" in set(curves["what"])
    assert "rollout mass on the gold head" in next(tmp_path.rglob("index.html")).read_text()
