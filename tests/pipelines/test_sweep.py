"""Sweeps share one extraction, skip finished runs, end with a comparison, and give the same rows with any launcher."""

import re
import shutil
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest

from probing.errors import UnavailableError
from probing.result.folder import find_runs
from probing.result.rows import read_rows

QUICK = ("probe.l2=[1e-2]",)
PARALLEL = ("hydra/launcher=joblib", "hydra.launcher.n_jobs=2")
OF_RAY = (
    *("hydra/launcher=ray", "hydra.launcher.ray.init.address=local"),
    *("+hydra.launcher.ray.init.num_cpus=2", "+hydra.launcher.ray.init.include_dashboard=false"),
)
LAUNCHERS = {"joblib": PARALLEL, "ray": OF_RAY}


def stores(outputs: Path) -> list[str]:
    return [path.name for path in (outputs / "store").glob("*.h5") if "attention" not in path.name]


def endings(out: str) -> list[str]:
    """How each job of a sweep ended, in order."""
    return re.findall(r"^(wrote|already done): ", out, re.MULTILINE)


@pytest.fixture(scope="module")
def layers(here, tmp_path_factory):
    """A sweep over layers: its outputs, and what it said."""
    folder = tmp_path_factory.mktemp("layers")
    return folder, here("-m", "layers=0,1,2", *QUICK, f"outputs={folder}")


def test_a_sweep_over_layers_extracts_once_and_ends_with_the_comparison(layers):
    folder, done = layers
    assert (done.code, done.err) == (0, "")
    assert endings(done.out) == ["wrote"] * 3
    assert len(stores(folder)) == done.out.count("\nextracting ") == 1
    page = folder / "reports" / "main" / "index.html"
    assert done.out.splitlines()[-1] == f"compared 3 runs: {page}"
    assert page.stat().st_size > 10_000
    rows = pd.read_csv(page.parent / "rows.csv")
    assert set(rows.loc[rows["target"] == "task", "layer"]) == {0, 1, 2}
    assert len(pd.read_csv(page.parent / "tables" / "models.csv")) == 1  # the layers of one model, joined


def test_finished_runs_are_skipped_wherever_the_flag_is_typed(layers, here, monkeypatch):
    folder, _ = layers
    monkeypatch.setattr("pipelines.running.carry_out.compute", None)
    done = here("layers=0,1", *QUICK, "-m", f"outputs={folder}")
    assert (done.code, endings(done.out)) == (0, ["already done"] * 2)
    assert "compared 3 runs" in done.out


def test_seeds_are_joined_into_one_curve(layers, here):
    folder, _ = layers
    done = here("-m", "seed=0,1", "layers=2", *QUICK, f"outputs={folder}", "tag=main")
    assert (done.code, endings(done.out)) == (0, ["already done", "wrote"])
    report = folder / "reports" / "main"
    assert set(pd.read_csv(report / "rows.csv")["seed"]) == {0, 1}
    assert len(pd.read_csv(report / "tables" / "models.csv")) == 1
    assert len(stores(folder)) == 1  # the second seed needs no other


def test_no_two_draws_of_a_control_are_equal_within_a_run_or_between_seeds(layers, here, tmp_path):
    shutil.copytree(layers[0] / "store", tmp_path / "store")
    done = here("-m", "seed=0,1,2", "controls=3", "layers=2", "attention=none", *QUICK, f"outputs={tmp_path}")
    assert (done.code, done.err) == (0, "")
    runs = find_runs(tmp_path)
    rows = pd.concat(read_rows(run / "rows.csv") for run in runs)
    rows = rows[(rows["target"] == "control") & rows["draw"].notna()]
    scores = rows.pivot(index=["seed", "draw"], columns=["split", "metric"], values="value")
    assert [*scores.index] == [(seed, draw) for seed in range(3) for draw in range(3)]
    assert not scores.duplicated().any()
    drawn = set()
    for run in runs:
        table = pd.read_parquet(run / "predictions.parquet")
        controls = table[table["target"] == "control"].groupby("draw")["gold"]
        drawn |= {tuple(labels) for _, labels in controls}
    assert len(drawn) == 9


def test_a_swept_tag_leaves_the_comparison_to_the_user(here, tmp_path, layers):
    shutil.copytree(layers[0] / "store", tmp_path / "store")
    done = here("-m", "tag=a,b", "layers=0", *QUICK, f"outputs={tmp_path}")
    assert (done.code, done.err) == (0, "")
    assert "python -m pipelines.report tag=" in done.out.splitlines()[-1]
    assert len(find_runs(tmp_path)) == 2


@pytest.fixture
def no_hub(monkeypatch):
    """The Hub cannot be reached, and nothing of it is cached."""

    def fetch(checkpoint: str) -> Path:
        raise UnavailableError(f"{checkpoint}: the Hub cannot be reached")

    monkeypatch.setattr("probing.model.download.fetch", fetch)


def test_a_stand_in_is_announced_and_named_and_not_run_twice(here, no_hub, layers, tmp_path):
    shutil.copytree(layers[0] / "store", tmp_path / "store")
    done = here("-m", "model=minilm,bert", "task=pos,sentiment", "layers=1", *QUICK, f"outputs={tmp_path}")
    assert (done.code, done.err) == (0, "")
    note = "NOTE  model=minilm stands in for google-bert/bert-base-uncased. "
    assert len([line for line in done.out.splitlines() if line.startswith(note)]) == 2
    assert endings(done.out) == ["wrote", "wrote", "already done", "already done"]
    assert sorted(stores(tmp_path)) == sorted(stores(layers[0]))
    rows = pd.concat(read_rows(run / "rows.csv") for run in find_runs(tmp_path))
    assert set(rows["model"]) == {"minilm"}
    assert set(rows["task"]) == {"pos", "sentiment"}
    assert "compared 2 runs" in done.out.splitlines()[-1]
    said = "model=google-bert/bert-base-uncased was asked for and could not be loaded; minilm stood in for it."
    assert said in done.out
    assert said in Path(done.out.splitlines()[-1].rpartition(": ")[2]).read_text(encoding="utf-8")
    assert "minilm (stand-in for" in done.out


def test_with_strict_there_is_no_stand_in_but_the_other_jobs_are_made(here, no_hub, layers, tmp_path):
    shutil.copytree(layers[0] / "store", tmp_path / "store")
    done = here("-m", "model=bert,minilm", "layers=1", "strict=true", *QUICK, f"outputs={tmp_path}")
    assert done.code == 1
    message, last = (line for line in done.err.splitlines() if line.startswith("error: "))
    assert re.match(r"error: job .*model=bert .*: google-bert/bert-base-uncased: the Hub cannot be reached", message)
    assert "run it again to repeat only those" in last
    assert [run.parents[3].name for run in find_runs(tmp_path)] == ["minilm"]


@pytest.mark.parametrize("launcher", ["joblib", pytest.param("ray", marks=pytest.mark.slow)])
def test_workers_give_the_same_rows_make_no_run_twice_and_report_their_errors(layers, small, there, tmp_path, launcher):
    pytest.importorskip(f"hydra_plugins.hydra_{launcher}_launcher")
    shutil.copytree(layers[0] / "store", tmp_path / "store")
    # bert is not available, so that its stand-in runs twice; pairs of words need another probe
    sweep = ("model=minilm,bert", "task=pos,distance", "probe=linear", "layers=0")
    done = there("-m", *sweep, *LAUNCHERS[launcher], *small[1:], *QUICK, f"outputs={tmp_path}")
    assert done.code == 2
    assert "Traceback" not in done.out + done.err
    assert sorted(endings(done.out)) == ["already done", "wrote"]
    [run] = find_runs(tmp_path)
    assert (run / "rows.csv").read_bytes() == (layers[0] / run.relative_to(tmp_path) / "rows.csv").read_bytes()
    for model in ("minilm", "bert"):
        start = f"error: job model={model} task=distance "
        [line] = [line for line in done.err.splitlines() if line.startswith(start)]
        assert line.endswith("probe=linear labels single vectors; for pairs of words type probe=structural")


def test_a_report_needs_runs_alone(layers, here, tmp_path):
    shutil.copytree(layers[0] / "runs", tmp_path / "runs")
    done = here(f"outputs={tmp_path}", "name=again", small=False, program="report")
    assert (done.code, done.err) == (0, "")
    again, first = (folder / "reports" for folder in (tmp_path, layers[0]))
    assert (again / "again" / "rows.csv").stat().st_size > 0
    assert {p.name for p in (again / "again" / "tables").iterdir()} == {
        p.name for p in (first / "main/tables").iterdir()
    }


@pytest.mark.slow
def test_a_sweep_whose_worker_is_killed_ends_in_a_line_and_goes_on_when_it_is_run_again(small, start, there, tmp_path):
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    given = ("-m", "layers=0,1,2", *small, *PARALLEL, *QUICK, "attention=none", f"outputs={tmp_path}")
    sweep = start(*given)
    killed = False
    while not killed and sweep.poll() is None:
        for process in psutil.Process(sweep.pid).children():
            if "LokyProcess" in " ".join(process.cmdline()) and process.cpu_times().user > 1:
                process.kill()
                killed = True
                break
        time.sleep(0.05)
    out, err = sweep.communicate(timeout=300)
    assert sweep.returncode == 1
    assert "Traceback" not in out + err
    assert "error: a process of the sweep was killed" in err
    again = there(*given)
    assert again.code == 0, again.err
    assert len(find_runs(tmp_path)) == 3


@pytest.mark.parametrize("chosen", ["runs=[{},{}/main]", "runs={}", "tag=all"])
def test_a_report_takes_any_set_of_runs(layers, here, tmp_path, chosen):
    shutil.copytree(layers[0] / "runs", tmp_path / "runs")
    runs = chosen.replace("{}", str(tmp_path / "runs"))
    done = here(runs, "name=some", f"outputs={tmp_path}", small=False, program="report")
    assert done.code == 0, done.err
    n_runs = len(find_runs(layers[0] / "runs"))
    assert done.out == f"compared {n_runs} runs: {tmp_path}/reports/some/index.html\n"


def test_a_report_without_runs_says_how_to_make_some(here, refused, tmp_path):
    message = refused(here("tag=nothing", f"outputs={tmp_path}", small=False, program="report"), 1)
    assert f"no finished run below {tmp_path}/runs/nothing" in message
    assert "python -m pipelines.run" in message
    assert not (tmp_path / "reports" / "nothing").exists()
