"""A run from the command to its folder: what it writes, what it never overwrites, and whether its rows are right."""

import hashlib
import json
import re
from pathlib import Path

import pandas as pd
import pytest
import yaml

from pipelines.shared.option_files import options
from probing.result.rows import COLUMNS, read_rows

TABLES = ("layers", "classes", "joined", "rollout")
FIGURES = ("layers", "classes", "confusion", "rollout", "joined")
ROW = "tag model checkpoint data split task analysis target probe layer head seed draw metric value ci_low ci_high"

FEW = ("task=sentiment", "data.train=40", "data.dev=20", "data.test=20")


def contents(folder: Path) -> dict[str, tuple[int, str]]:
    """Modification time and digest of every file below ``folder``."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(f): (f.stat().st_mtime_ns, hashlib.sha256(f.read_bytes()).hexdigest()) for f in files}


def scores(folder: Path, target: str, metric: str = "accuracy") -> pd.Series:
    """Values of one target and metric, by split and layer."""
    rows = read_rows(folder / "rows.csv")
    rows = rows[(rows["target"] == target) & (rows["metric"] == metric)]
    return rows.set_index(["split", "layer"])["value"].sort_index()


def test_the_help_fits_a_screen_of_100_by_40_and_lists_every_analysis(there):
    lines = there("--help").out.splitlines()
    assert len(lines) < 40
    assert max(map(len, lines)) <= 100
    listed = " ".join(lines)
    for group in ("attention", "analysis", "rollout"):
        assert any(line.startswith(f"  {group}=") for line in lines)
        assert all(name in listed for name in options(group))


@pytest.fixture(scope="module")
def pos(make) -> Path:
    """Parts of speech from all seven layers."""
    return make("task=pos", figures=True)


def test_the_folder_names_model_corpus_task_and_probe(pos, outputs):
    assert pos == outputs / "runs" / "main" / "minilm" / "grammar" / "pos" / "linear" / "seed0"


def test_every_file_is_there_and_none_is_empty(pos):
    found = {str(path.relative_to(pos)) for path in pos.rglob("*") if path.is_file()}
    tables = {f"tables/{name}.{ending}" for name in TABLES for ending in ("csv", "md", "tex")}
    pictures = {f"figures/{name}.{ending}" for name in FIGURES for ending in ("png", "pdf", "csv")}
    data = {"rows.csv", "predictions.parquet", "sentences.parquet", "manifest.json", "config.yaml", "index.html"}
    assert found >= tables | pictures | data
    assert all((pos / name).stat().st_size for name in found)
    assert "\\toprule" in (pos / "tables/layers.tex").read_text()


def test_the_page_needs_no_other_file_and_no_network(pos):
    page = (pos / "index.html").read_text()
    assert page.count("data:image/png;base64,") == 5
    assert re.findall(r"""src=["'](?!data:)[^"']*""", page) == []
    followed = [address.partition("#")[0] for address in re.findall(r'href="([^"#][^"]*)"', page)]
    of_papers = [address for address in followed if address.startswith("https://")]
    assert of_papers and all(f'<a href="{address}" rel="noreferrer">' in page for address in of_papers)
    files = {address for address in followed if address not in of_papers and not address.startswith("../")}
    assert {"figures/layers.pdf", "tables/layers.csv", "tables/wrong_items.html"} <= files
    assert [name for name in files if not (pos / name).is_file()] == []
    assert "one random label per word type" in page  # a caveat
    assert "max_iterations" in page  # the configuration


def test_rows_have_the_columns_that_readers_rely_on(pos):
    rows = read_rows(pos / "rows.csv")
    assert list(rows.columns) == [*ROW.split(), "n_items", "n_sentences", "run_id"] == list(COLUMNS)
    attention = rows["probe"] == "rollout"
    assert set(rows.loc[attention, "layer"]) == set(range(1, 7))
    assert ((rows["ci_low"] <= rows["value"]) & (rows["value"] <= rows["ci_high"])).all()
    rows = rows[~attention]
    compared = {"majority", "type_majority", "surface", "word_types", "control_ceiling"}
    over = {"over_surface", "over_word_types", "over_layer0"}
    assert set(rows["target"]) == {"task", "control", "selectivity"} | compared | over
    assert set(rows["metric"]) == {"accuracy", "macro_f1"}
    assert set(rows.loc[rows["target"] == "task", "layer"]) == set(range(7))
    assert rows.loc[rows["target"] == "majority", "layer"].isna().all()
    assert (rows["n_sentences"] == 40).all()


def test_selectivity_is_task_minus_control_to_the_last_digit(pos):
    for metric in ("accuracy", "macro_f1"):
        difference = scores(pos, "task", metric) - scores(pos, "control", metric)
        assert len(difference) == 14
        assert (difference == scores(pos, "selectivity", metric)).all()


def test_predictions_give_the_scores(pos):
    predictions = pd.read_parquet(pos / "predictions.parquet")
    task = predictions[predictions["target"] == "task"]
    found = (task["gold"] == task["predicted"]).groupby(task["layer"]).mean()
    assert found.tolist() == pytest.approx(scores(pos, "task")["test"].tolist(), abs=1e-12)
    first = task[(task["layer"] == 0) & (task["sentence"] == task["sentence"].iloc[0])]
    assert first["word"].tolist() == list(range(1, len(first) + 1))
    assert first["gold"].iloc[-1] == "PUNCT"


def test_the_manifest_says_where_the_numbers_come_from(pos, outputs):
    manifest = json.loads((pos / "manifest.json").read_text())
    assert set(read_rows(pos / "rows.csv")["run_id"].astype(str)) == {manifest["run_id"]}
    assert manifest["config"]["probe"]["name"] == "linear"
    assert yaml.safe_load((pos / "config.yaml").read_text()) == manifest["config"]
    assert manifest["versions"].keys() >= {"torch", "transformers", "numpy"}
    assert manifest["timings"].keys() == {"extract", "probes", "rollout"}
    assert manifest["analyses"].keys() == {"probes", "rollout"}
    assert manifest["failed"] == {}
    assert manifest["data"]["sentences"] == {"train": 120, "dev": 40, "test": 40}
    assert (outputs / "store" / manifest["store"]["file"]).is_file()
    assert {note["kind"] for note in manifest["notes"]} >= {"caveat"}
    assert manifest["checkpoint"]["stand_in"] is manifest["data"]["stand_in"] is False
    assert len(manifest["commit"]) >= 7


def test_a_rerun_returns_at_once_says_so_and_touches_nothing(pos, here, outputs, monkeypatch):
    def load(*arguments):
        raise AssertionError("nothing must be computed")

    monkeypatch.setattr("probing.model.encoder.load", load)
    monkeypatch.setattr("probing.store.layout.StoreFile.__init__", load)
    before = contents(outputs)
    done = here("task=pos")
    assert done.code == 0
    assert done.out.splitlines()[-1] == f"already done: {pos}"
    assert "selectivity" in done.out  # the table, once more
    assert contents(outputs) == before


def test_a_chosen_layer_has_the_same_score_as_among_all_layers(pos, make):
    some = make("task=pos", "layers=[3,1,3]")
    assert some.name == "seed0,layers=1+3"
    expected = scores(pos, "task")["test"][[1, 3]]
    assert scores(some, "task")["test"].equals(expected)
    assert make("task=pos", "layers=[1,3]") == some  # another way to say the same


@pytest.fixture(scope="module")
def twice(here, tmp_path_factory):
    """The same run, with its own extraction, in two places."""
    folder = tmp_path_factory.mktemp("twice")
    return [here(*FEW, "layers=2", f"outputs={folder / name}") for name in ("one", "other")]


def test_the_same_run_elsewhere_gives_the_same_bytes(twice):
    one, other = (Path(done.out.splitlines()[-1].removeprefix("wrote: ")) for done in twice)
    assert (one / "rows.csv").read_bytes() == (other / "rows.csv").read_bytes()
    for name in ("predictions", "sentences"):
        assert pd.read_parquet(one / f"{name}.parquet").equals(pd.read_parquet(other / f"{name}.parquet"))


def test_the_seed_draws_another_control_and_nothing_else(make):
    zero, one = make("layers=2"), make("layers=2", "seed=1")
    assert one.name == "seed1,layers=2"
    assert scores(zero, "task").equals(scores(one, "task"))
    assert scores(zero, "majority").equals(scores(one, "majority"))
    assert not scores(zero, "control").equals(scores(one, "control"))


def test_further_draws_of_the_control_leave_the_first_as_it_is(make):
    one, two = (pd.read_parquet(make("layers=2", f"controls={n}") / "predictions.parquet") for n in (1, 2))
    drawn = {draw: table["gold"].tolist() for draw, table in two[two["target"] == "control"].groupby("draw")}
    assert drawn.keys() == {0, 1}
    assert drawn[0] == one.loc[one["target"] == "control", "gold"].tolist()
    assert drawn[0] != drawn[1]


@pytest.mark.parametrize("options", [["task=depth"], ["task=distance", "probe.epochs=2"], ["task=sentiment"]])
def test_tasks_share_one_extraction(pos, make, outputs, options, monkeypatch):
    def load(*arguments):
        raise AssertionError("the representations are in the store")

    monkeypatch.setattr("probing.model.encoder.load", load)
    before = set((outputs / "store").glob("*.h5"))
    assert read_rows(make(*options, "layers=2") / "rows.csv")["value"].notna().all()
    assert set((outputs / "store").glob("*.h5")) == before


def test_pairs_of_words_bring_their_probe_and_have_no_table_of_words(make):
    folder = make("task=distance", "probe.epochs=2", "layers=2")
    assert folder.parent.name == "structural,epochs=2"
    assert not (folder / "predictions.parquet").exists()
    assert 0 < scores(folder, "task", "uuas")["test", 2] < 1


def test_untrained_twins_are_analysed_as_the_model_is_and_leave_nothing_in_the_store(make, outputs):
    before = set((outputs / "store").glob("*.h5"))
    folder = make("layers=3", "nulls=2")
    assert folder.name == "seed0,layers=3,nulls=2"
    rows = read_rows(folder / "rows.csv")
    twins = rows[(rows["target"] == "untrained") & (rows["metric"] == "accuracy") & (rows["split"] == "test")]
    single = twins[twins["draw"].notna()]["value"]
    [mean] = twins[twins["draw"].isna()]["value"]
    assert len(single) == 2 and single.iloc[0] != single.iloc[1]
    assert mean == pytest.approx(single.mean())
    assert 0.5 < mean < scores(folder, "task")["test", 3]
    of_rollout = rows[rows["probe"] == "untrained rollout"]
    assert set(of_rollout["metric"]) == set(rows[rows["probe"] == "rollout"]["metric"])
    assert set(of_rollout["draw"].dropna()) == {0, 1}
    assert len(set((outputs / "store").rglob("*.h5")) - before) <= 2  # the model's own vectors and maps
    assert list((outputs / "store").glob("once-*")) == []
    assert "Untrained twins" in (folder / "index.html").read_text()


def test_the_option_of_earlier_versions_names_the_one_that_replaced_it(here, refused):
    assert "nulls=1" in refused(here("baselines=untrained"), 2)


def test_the_sentence_vector_is_an_option(make):
    mean, cls = make("task=sentiment", "layers=3"), make("task=sentiment", "layers=3", "task.vector=cls")
    assert cls.parent.parent.name == "sentiment,vector=cls"
    predicted = [pd.read_parquet(folder / "predictions.parquet")["predicted"] for folder in (mean, cls)]
    assert not predicted[0].equals(predicted[1])


def test_the_online_code_is_counted_in_bits(make):
    folder = make("probe=mdl", "layers=2", "probe.fractions=[0.1,0.5,1]")
    compression = scores(folder, "task", "compression")["train", 2]
    assert compression > 2
    assert compression > 1.2 * scores(folder, "control", "compression")["train", 2] > 0.6
    assert scores(folder, "task", "codelength_bits")["train", 2] > 100


@pytest.mark.parametrize("task, metric", [("pos", "accuracy"), ("depth", "r2")])
def test_the_probe_scores_as_scikit_learn_does(make, task, metric):
    # at one strength, where both have a unique optimum
    linear, sklearn = (
        make(f"task={task}", f"probe={p}", "layers=[1,4]", "probe.l2=[1e-2]") for p in ("linear", "sklearn")
    )
    for split in ("dev", "test"):
        for target in ("task", "control"):
            assert (scores(linear, target, metric)[split] - scores(sklearn, target, metric)[split]).abs().max() < 0.01


def test_before_extraction_one_line_says_how_much_disk_and_memory_it_takes(twice):
    done = twice[0]
    [line] = [line for line in done.out.splitlines() if line.startswith("extracting")]
    assert re.search(r"80 sentences, 1,\d{3} subwords; 0\.0\d GB on disk, about \d\.\d GB of memory", line)
    assert done.out.index(line) < done.out.index("acc.")


@pytest.fixture
def mine(tmp_path) -> Path:
    """Files of text and label that a user may change."""
    for split, n in (("train", 40), ("dev", 12), ("test", 12)):
        pairs = [("good", "what a fine day"), ("bad", "what an awful day")]
        lines = [f"{text} number {i}\t{label}" for i in range(n // 2) for label, text in pairs]
        (tmp_path / f"{split}.tsv").write_text("\n".join(["text\tlabel", *lines]) + "\n")
    return tmp_path


def of(folder: Path) -> list[str]:
    options = ["model=minilm", "task=sentiment", "data=labelled", "threads=1", "layers=1", "data.name=mine"]
    return [*options, *(f"data.{s}={folder / s}.tsv" for s in ("train", "dev", "test")), f"outputs={folder / 'out'}"]


def test_a_corpus_that_changed_has_a_folder_of_its_own_and_the_old_run_is_kept(mine, here):
    assert here(*of(mine), small=False).code == 0
    before = contents(mine / "out")
    test = mine / "test.tsv"
    test.write_text(test.read_text().replace("fine day number 3\tgood", "fine day number 3\tbad"))
    assert here(*of(mine), small=False).code == 0
    after = contents(mine / "out")
    assert {name: after[name] for name in before} == before
    folders = [Path(name).parent.name for name in after if name.endswith("/manifest.json")]
    assert sorted(len(name.partition("~")[2]) for name in folders) == [0, 6]


def test_nothing_is_written_into_a_folder_that_holds_no_run(mine, here, refused):
    other = mine / "out" / "runs" / "main" / "minilm" / "mine" / "sentiment" / "linear" / "seed0,layers=1"
    other.mkdir(parents=True)
    (other / "notes.txt").write_text("mine")
    assert "holds no finished run" in refused(here(*of(mine), small=False), 2)
    assert [path.name for path in other.iterdir()] == ["notes.txt"]
    assert list((mine / "out").glob("store/*.h5")) == []
