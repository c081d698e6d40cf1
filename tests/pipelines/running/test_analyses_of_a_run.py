"""The analyses of a run from the command line: their rows, facts, tables and figures, and what is refused."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from probing.report.load import load_run
from probing.report.sections import sections
from probing.result.folder import find_runs
from probing.result.rows import read_rows

QUICK = ("layers=[1,2]", "probe.l2=[1e-2]", "resamples=50")
BROUGHT = {"rollout", "heads", "syntax", "hypotheses", "redundancy", "values", "ablation", "agreement"}


@pytest.fixture(scope="module")
def rows(full) -> pd.DataFrame:
    return read_rows(full / "rows.csv")


@pytest.fixture(scope="module")
def facts(full, manifest_of) -> dict:
    """What each analysis states in the manifest."""
    return manifest_of(full)["analyses"]


def test_every_analysis_leaves_rows_with_intervals_or_arrays_and_states_its_sample(full, rows, facts, manifest_of):
    assert set(facts) == BROUGHT | {"probes"}
    assert set(rows["analysis"]) == set(facts) - {"redundancy"}  # which leaves arrays
    assert all(facts[name]["sample"] for name in BROUGHT - {"redundancy"})
    assert manifest_of(full)["failed"] == {}
    assert manifest_of(full)["timings"].keys() == {"extract", *facts}
    there = rows[rows["analysis"] != "probes"]
    assert ((there["ci_low"] <= there["value"]) & (there["value"] <= there["ci_high"])).all()
    ablated = {"ablation_mean", "ablation_mean_adjusted", "ablation_joint", "ablation_layer"}
    assert ablated == set(rows[rows["analysis"] == "ablation"]["probe"])
    heads = there[(there["analysis"] == "heads") & (there["metric"] == "entropy_nats") & there["head"].notna()]
    assert len(heads) == 6 * 12
    assert set(heads["head"]) == set(range(12))


def test_masses_and_shares_are_of_a_distribution(rows):
    masses = rows[rows["metric"].str.startswith("mass_") | (rows["metric"] == "entropy_share")]
    assert len(masses)
    assert masses["value"].between(0, 1).all()
    ratios = rows[rows["metric"] == "mixing_ratio"]
    assert len(ratios)
    assert ratios["value"].between(0, 1).all()


def test_effects_are_of_the_probe_that_dev_chose_and_of_layers_up_to_its_own(full, rows, facts, manifest_of):
    assert facts["ablation"]["output"] == facts["agreement"]["output"]
    layer = int(facts["ablation"]["output"].rpartition(" ")[2])
    effects = rows[(rows["metric"] == "effect_nats") & rows["head"].notna()]
    assert set(effects["layer"]) == set(range(1, layer + 1))
    assert facts["agreement"]["blank"] == "[MASK]"
    notes = [note["text"] for note in manifest_of(full)["notes"] if note["kind"] == "sample"]
    assert any(text.startswith("ablation: 6 of the 40 sentences of test") for text in notes)


def test_a_head_is_chosen_for_each_relation_and_compared_with_an_offset(rows):
    chosen = rows[(rows["probe"] == "attention") & (rows["metric"] == "head_accuracy")]
    assert "nsubj dep→head" in set(chosen["target"])
    assert "hypothesis determiner_noun" in set(chosen["target"])
    gains = rows[rows["probe"] == "gain"].set_index("target")["value"]
    offsets = rows[rows["probe"].str.startswith("offset")].set_index("target")["value"]
    for _, row in chosen.iterrows():
        assert row["value"] - offsets[row["target"]] == pytest.approx(gains[row["target"]])


def test_tables_and_figures_are_made_from_the_folder_alone(full, tmp_path):
    run = load_run(full)
    found = sections(run)
    tables = {table.name: table for section in found for table in section.tables}
    expected = {"joined", "rollout", "heads", "syntax", "hypotheses", "effects", "explain", "mixing"}
    assert expected <= set(tables)
    assert all((full / "tables" / f"{name}.csv").is_file() for name in tables)
    assert {"score", "attended", "lost"} <= set(tables["joined"].raw)
    (tmp_path / "figures").mkdir()
    for figure in (figure for section in found for figure in section.figures):
        assert figure.write(run, tmp_path / "figures" / figure.name)
    made = {path.stem for path in (tmp_path / "figures").iterdir()}
    assert made >= {"rollout", "head", "heads", "entropy", "headmap", "cka", "explain", "ablation", "joined"}
    page = (full / "index.html").read_text()
    assert "Decodable, attended, what the probe&#39;s score depends on" in page
    assert "determiner_noun" in page


def test_arrays_need_no_pickle_and_hold_distributions(full):
    with np.load(full / "attention.npz", allow_pickle=False) as arrays:
        maps = arrays["example0/maps"].astype(float)
        assert np.allclose(maps.sum(-1), 1, atol=1e-2)
        assert np.allclose(arrays["example0/rollout"].sum(-1), 1, atol=1e-5)
        assert arrays["redundancy/js_nats"].shape == (72, 72)
        assert arrays["redundancy/cka"].shape == (7, 7)
        assert (np.diff(arrays["quantiles/weight"], axis=-1) >= 0).all()


def test_without_analyses_of_attention_there_are_the_probes_alone(make, manifest_of):
    folder = make("attention=none", *QUICK)
    assert folder.name.endswith("attention=none")
    assert set(read_rows(folder / "rows.csv")["analysis"]) == set(manifest_of(folder)["analyses"]) == {"probes"}
    assert not (folder / "attention.npz").exists()


def test_single_analyses_are_added_in_a_folder_of_their_own_with_the_same_rows(full, rows, make):
    alone = make("attention=none", *QUICK)
    before = (alone / "rows.csv").read_bytes()
    folder = make("attention=none", "analysis=[syntax,heads]", "analysis.syntax.least=5", *QUICK)
    assert folder != alone
    assert folder.name == "seed0,layers=1+2,resamples=50,attention=none,analysis=heads+syntax,syntax.least=5"
    assert (alone / "rows.csv").read_bytes() == before
    found = read_rows(folder / "rows.csv")
    assert set(found["analysis"]) == {"probes", "syntax", "heads"}
    for name in ("probes", "syntax", "heads"):
        pd.testing.assert_frame_equal(*(of(table, name) for table in (found, rows)))


def of(table: pd.DataFrame, analysis: str) -> pd.DataFrame:
    """The rows of an analysis without the run that they belong to."""
    return table[table["analysis"] == analysis].drop(columns=["run_id", "tag"]).reset_index(drop=True)


@pytest.mark.parametrize("chosen", [(), ("attention=none", "analysis=agreement")])
def test_a_first_layer_that_is_not_in_the_model_is_refused_before_extraction(here, refused, tmp_path, chosen):
    given = ("rollout.first_layer=9", *chosen, *QUICK)
    assert "this model has 6 layers" in refused(here(*given, f"outputs={tmp_path / 'out'}"), 2)
    assert list(tmp_path.rglob("*.h5")) == []


def test_a_hypothesis_that_matches_nothing_is_refused_before_extraction(here, refused, tmp_path):
    path = tmp_path / "odd.yaml"
    path.write_text("name: odd\nquestion: who?\nquery: {form: [xyzzy]}\nrelation: head\n")
    given = ("attention=full", f"analysis.hypotheses.tested=[{path}]", *QUICK)
    assert "xyzzy" in refused(here(*given, f"outputs={tmp_path / 'out'}"), 2)
    assert list(tmp_path.rglob("*.h5")) == []


def test_a_corpus_without_trees_keeps_what_needs_none(make, manifest_of):
    sentences = [f"analysis.{name}.sentences=4" for name in ("ablation", "agreement", "values")]
    found = manifest_of(make("task=sentiment", "attention=full", "layers=2", *sentences, "resamples=50"))
    assert found["failed"] == {}
    assert found["analyses"]["ablation"]["output"] == "the linear probe of sentiment on layer 2"


def test_a_model_without_maps_keeps_its_probes_and_says_so(here, tiny, tmp_path):
    from transformers import AutoConfig, FNetConfig, FNetModel

    config = AutoConfig.from_pretrained(tiny)
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "intermediate_size": 32, "max_position_embeddings": 64}
    folder = Path(shutil.copytree(tiny, tmp_path / "fnet"))
    fnet = FNetConfig(vocab_size=config.vocab_size, pad_token_id=config.pad_token_id, **sizes)
    FNetModel(fnet).save_pretrained(folder)
    given = (f"model.checkpoint={folder}", "model.stand_in=null", "probe.l2=[1e-2]", f"outputs={tmp_path / 'out'}")
    done = here(*given, "layers=1", "analysis=heads")
    assert (done.code, done.err) == (0, "")
    # one note for both
    assert (
        "failed: 2 of the analyses (rollout, heads): FNetModel: this model gives no attention map over the whole"
        in done.out
    )
    [run] = find_runs(tmp_path)
    assert set(read_rows(run / "rows.csv")["analysis"]) == {"probes"}
    strict = here(*given, "layers=0", "strict=true")
    assert strict.code == 1
    assert "no attention map" in strict.err
    assert find_runs(tmp_path) == [run]


def test_a_comparison_shows_the_attention_of_runs_side_by_side(full, here, tmp_path):
    done = here(f"runs=['{full}']", f"outputs={tmp_path}", small=False, program="report")
    assert (done.code, done.err) == (0, "")
    [table] = tmp_path.rglob("tables/attention.csv")
    curves = pd.read_csv(table)
    assert set(curves["layer"]) == set(range(1, 7))
    assert "rollout on the gold head ÷ on a matched word" in set(curves["what"])
    assert "rollout on the gold head ÷ on a matched word" in next(tmp_path.rglob("index.html")).read_text()
