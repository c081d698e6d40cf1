"""What a run finds out about the machine that it runs on."""

import pytest
import torch

from pipelines.shared.machine import Clock, device_of, probe_device, set_threads
from probing.errors import ModelError


def test_a_device_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert device_of("auto") == device_of("cpu") == "cpu"
    for name in ("cuda", "mps"):
        with pytest.raises(ModelError, match=f"device={name} is not available; type device=cpu"):
            device_of(name)


def test_the_best_device_is_taken_but_probes_need_float64(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert (device_of("auto"), probe_device("auto")) == ("mps", "cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device_of("auto") == probe_device("auto") == "cuda"


def test_threads_are_those_asked_for_or_one_per_core(monkeypatch):
    set_threads(3)
    assert torch.get_num_threads() == 3
    monkeypatch.setattr("joblib.cpu_count", lambda: 2)
    set_threads(None)
    assert torch.get_num_threads() == 2


def test_the_clock_keeps_each_stage():
    begun = []
    clock = Clock(begun.append)
    with clock.stage("one"):
        pass
    assert begun == ["one"]
    assert clock.seconds.keys() == {"one"}
    assert 0 <= clock.seconds["one"] < 1
