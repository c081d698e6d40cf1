"""Workers extract what one worker extracts, whatever starts them; runs find it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf

from pipelines.extracting.engines import Command, check_gpus, on_this_machine, run_processes, share, workers_of
from pipelines.extracting.extract_settings import Settings, separated
from pipelines.extracting.take_part import take_gpu
from pipelines.report import CompareAfterSweep
from pipelines.shared import scheduler
from probing.errors import ConfigError
from probing.store.joined import shards_behind
from probing.store.layout import StoreFile

SLURM = Path(__file__).parents[2] / "cluster" / "one_node_slurm.sh"
SMALL = ("model=minilm", "data=grammar", "data.train=40", "data.dev=20", "data.test=20", "threads=1")
BATCHES = "store.batch_subwords=128"  # small ones, so that there are ranges to share


def files(outputs: Path) -> list[Path]:
    return sorted((outputs / "store").glob("*.h5"))


def layers_of(path: Path) -> list[bytes]:
    with StoreFile(path) as file:
        n_batches = file.crc32.shape[1]
        return [file.block(layer, batch).tobytes() for layer in file.layers for batch in range(n_batches)]


@pytest.fixture(scope="module")
def alone(there, tmp_path_factory) -> Path:
    """The store file of one worker."""
    outputs = tmp_path_factory.mktemp("alone")
    done = there(*SMALL, BATCHES, f"outputs={outputs}", program="extract")
    assert done.code == 0, done.err
    [path] = files(outputs)
    assert shards_behind(path) == []
    return path


def check(outputs: Path, alone: Path) -> None:
    [path] = files(outputs)
    assert path.name == alone.name
    assert shards_behind(path)
    assert layers_of(path) == layers_of(alone)
    assert not list((outputs / "store").rglob("*.partial"))


def test_workers_on_one_machine_extract_what_one_extracts_and_a_run_finds_it(alone, there, here, tmp_path):
    done = there(*SMALL, BATCHES, "workers=2", f"outputs={tmp_path}", program="extract")
    assert done.code == 0, done.err
    check(tmp_path, alone)
    logs = sorted(path.name for path in (tmp_path / "extract").iterdir())
    assert logs == ["worker1.log"]  # what the first one says is shown
    found = here(*SMALL, BATCHES, "layers=0", "attention=none", "probe.l2=[1e-2]", f"outputs={tmp_path}", small=False)
    assert found.code == 0, found.err
    assert "extracting" not in found.out
    given = separated([*SMALL, BATCHES, "workers=2", f"outputs={tmp_path}"])
    again = here(*given, small=False, program="extract")
    assert again.out.splitlines()[-1] == f"hidden states: {files(tmp_path)[0]}"


@pytest.mark.slow
def test_two_runs_of_a_sweep_that_need_one_file_share_it(there, tmp_path):
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    swept = ("-m", "task=pos,depth", *SMALL, "layers=0", "attention=none", "probe.l2=[1e-2]")
    done = there(*swept, "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", f"outputs={tmp_path}")
    assert done.code == 0, done.err
    assert len(files(tmp_path)) == 1
    assert done.out.count("\nextracting ") == 1


LAUNCHERS = {
    "joblib": ("hydra.launcher.n_jobs=2",),
    "ray": (
        "hydra.launcher.ray.init.address=local",
        "+hydra.launcher.ray.init.num_cpus=2",
        "+hydra.launcher.ray.init.include_dashboard=false",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_jobs_of_a_launcher_extract_what_one_worker_extracts(alone, there, tmp_path, launcher):
    pytest.importorskip(f"hydra_plugins.hydra_{launcher}_launcher")
    chosen = (f"hydra/launcher={launcher}", *LAUNCHERS[launcher])
    done = there(*SMALL, BATCHES, "workers=2", *chosen, f"outputs={tmp_path}", program="extract")
    assert done.code == 0, done.err
    check(tmp_path, alone)


@pytest.fixture
def slurm(monkeypatch) -> None:
    """A Slurm of one node on this machine."""
    pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    if os.geteuid() != 0 or shutil.which("slurmctld") is None or shutil.which("munged") is None:
        pytest.skip("no slurmctld, or not root; with root, sh tests/cluster/one_node_slurm.sh start installs it")
    begun = subprocess.run(["sh", SLURM, "start"], capture_output=True, text=True, check=False)
    if begun.returncode:
        pytest.skip(f"Slurm does not start here: {begun.stderr.strip()[-200:]}")
    try:
        yield begun.stdout.split("=", 1)[1].strip()
    finally:
        subprocess.run(["sh", SLURM, "stop"], capture_output=True, check=False)


@pytest.mark.slow
def test_jobs_of_slurm_extract_what_one_worker_extracts(alone, environment, slurm, tmp_path):
    chosen = ("hydra/launcher=submitit_slurm", "hydra.launcher.timeout_min=10", "hydra.launcher.cpus_per_task=1")
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.extract", *SMALL, BATCHES, "workers=2", *chosen, f"outputs={tmp_path}"],
        env={**environment, "SLURM_CONF": slurm},
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    check(tmp_path, alone)


def test_a_worker_that_would_extract_something_else_says_so(here, refused, tmp_path):
    given = separated([*SMALL, "workers=2", "worker=1", "key=0123456789abcdef", f"outputs={tmp_path}"])
    message = refused(here(*given, small=False, program="extract"), 1)
    assert "worker 1: asked to extract 0123456789abcdef, but with the checkpoint, corpus, options and" in message
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("workers=0", "workers=0: a number from 1 to 4096 is expected"),
        ("workers=x", "workers=x"),
        ("worker=3", "worker=3: workers=1 are numbered from 0 to 0"),
        ("store.lock=nfs", "store.lock=nfs: not a valid value; choose one of flock, lease"),
        ("wrokers=3", "wrokers"),
    ],
)
def test_what_is_mistyped_is_named_before_anything_is_loaded(here, refused, tmp_path, typed, expected):
    done = here(*separated([*SMALL, typed, f"outputs={tmp_path}"]), small=False, program="extract")
    assert expected in refused(done, 2)
    assert list(tmp_path.iterdir()) == []


def test_options_of_the_run_are_told_from_its_own():
    given = ["workers=8", "model=bert", "hydra/launcher=joblib", "store.lock=lease"]
    assert separated(given) == ["workers=8", "hydra/launcher=joblib", 'options=["model=bert","store.lock=lease"]']


def test_more_workers_than_gpus_are_refused_and_each_gets_one_of_its_own(monkeypatch):
    taken = []
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.setattr("torch.cuda.set_device", taken.append)
    check_gpus(Settings(workers=2), "auto")
    check_gpus(Settings(workers=8), "cpu")
    with pytest.raises(ConfigError, match=r"workers=3: each takes a GPU of its own, and this machine has 2; type work"):
        check_gpus(Settings(workers=3), "cuda")
    for worker in range(3):
        take_gpu("cuda", worker)
    take_gpu("cpu", 1)
    assert taken == [0, 1, 0]


@pytest.mark.parametrize(
    ("launcher", "typed", "expected"),
    [
        ("basic", [], True),
        ("joblib", [], True),
        ("submitit_slurm", [], False),
        ("ray", ["+hydra.launcher.ray.init.num_cpus=2"], True),
        ("ray", ["hydra.launcher.ray.init.address=10.0.0.1:6379"], False),
    ],
)
def test_ray_runs_on_this_machine_unless_it_is_told_an_address(launcher, typed, expected, monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    assert on_this_machine(launcher, typed) is expected
    monkeypatch.setenv("RAY_ADDRESS", "auto")
    assert on_this_machine(launcher, typed) is (expected and launcher != "ray")
    assert on_this_machine("ray", ["hydra.launcher.ray.init.address=local"])


@pytest.mark.parametrize(("cores", "workers", "expected"), [(8, 3, "threads=2"), (2, 4, "threads=1")])
def test_workers_share_the_cores(cores, workers, expected):
    assert share(cores, workers) == [expected]


def test_the_commands_of_workers_differ_in_their_number_alone(tmp_path):
    settings = Settings(workers=2, options=["model=bert", "threads=3"])
    one, two = workers_of(settings, ["workers=2", "options=['model=bert','threads=3']"], "k", tmp_path)
    assert one.words[1:] == ["-m", "pipelines.extract", "workers=2", "model=bert", "threads=3", "key=k", "worker=0"]
    assert one.words[:-1] == two.words[:-1]
    assert (two.words[-1], two.log.name) == ("worker=1", "worker1.log")


def test_workers_get_the_options_of_the_run_and_their_threads():
    settings = Settings(workers=2, options=["model=bert", "data=sst2"])
    [one, _] = workers_of(settings, ["workers=2", "options=['model=bert','data=sst2']"], "k", Path())
    [options] = [word for word in separated(one.words[3:]) if word.startswith("options=")]
    assert options.startswith('options=["model=bert","data=sst2","threads=')


def test_a_worker_that_fails_leaves_the_others_alone(tmp_path):
    words = [[sys.executable, "-c", f"import sys; print('error: {n}'); sys.exit({n})"] for n in range(3)]
    codes = run_processes([Command(one, tmp_path / f"{n}.log") for n, one in enumerate(words)])
    assert codes == [0, 1, 2]
    assert (tmp_path / "2.log").read_text() == "error: 2\n"


SILENT = {"no": "echo slurm_load_partitions: Unable to contact slurm controller >&2; exit 1", "slow": "sleep 60"}


@pytest.mark.parametrize("kind", SILENT)
def test_a_scheduler_that_does_not_answer_is_one_line(kind, tmp_path, monkeypatch):
    program = tmp_path / "sinfo"
    program.write_text(f"#!/bin/sh\n{SILENT[kind]}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(scheduler, "PATIENCE_S", 1)
    with pytest.raises(ConfigError, match=r"Slurm cannot be reached \((slurm_load_partitions: |no answer within 1)"):
        scheduler.check_scheduler("submitit_slurm")


def test_a_machine_without_slurm_says_so(monkeypatch):
    monkeypatch.setattr(scheduler.shutil, "which", lambda name: None)
    with pytest.raises(ConfigError, match="there is no sinfo here"):
        scheduler.check_scheduler("submitit_slurm")
    scheduler.check_scheduler("joblib")


def test_a_sweep_is_not_submitted_to_a_scheduler_that_is_not_there(monkeypatch, capsys):
    monkeypatch.setattr(scheduler.shutil, "which", lambda name: None)
    config = OmegaConf.create({"hydra": {"runtime": {"choices": {"hydra/launcher": "submitit_slurm"}}}})
    with pytest.raises(SystemExit) as ended:
        CompareAfterSweep().on_multirun_start(config)
    assert ended.value.code == 2
    assert "there is no sinfo here" in capsys.readouterr().err


def test_numbers_of_the_layers_are_those_of_the_model(alone):
    with StoreFile(alone) as file:
        assert file.layers == tuple(range(7))
        assert np.isfinite(file.block(6, 0)).all()
