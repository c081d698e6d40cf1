"""Every paper's two files: nothing is missing, every number has a status and a source, every override composes."""

import pytest
from hydra import initialize_config_dir

from pipelines.reproducing.model_kind import Kind
from pipelines.reproducing.needed_runs import composed, jobs_of
from pipelines.reproducing.paper_files import chosen, listing, names, read_paper
from pipelines.reproducing.settings import Settings
from pipelines.running.config import build
from pipelines.shared.option_files import CONF
from probing.errors import ConfigError
from probing.report.papers import PAPERS
from probing.report.published.claim_checks import KINDS
from probing.report.published.paper_data import STATUS, read_numbers

MINILM = Kind("minilm", 6, False, 1.0)
JOBS = [job for name in names() for job in jobs_of(read_paper(name), "minilm", MINILM, Settings())]


@pytest.mark.parametrize("name", names())
def test_a_paper_is_complete(name):
    paper = read_paper(name)
    assert paper.question.endswith("?")
    assert paper.source.startswith("https://")
    assert paper.cited in {one.cited for one in PAPERS}, "add it to probing/report/papers.py"
    assert paper.checks
    assert paper.figure
    assert paper.differences
    for check in paper.checks:
        assert check.kind in KINDS
        assert check.claim.endswith(".")
    for number in paper.numbers:
        assert number.status in STATUS
        assert number.source
        assert number.value == number.value
        assert not (number.verified and number.series) or number.tolerance > 0
    text = (CONF / "paper" / f"{name}.csv").read_text(encoding="utf-8")
    assert text.startswith("# ")


@pytest.mark.parametrize("name", names())
def test_every_run_serves_a_series_and_every_series_a_figure_or_a_claim(name):
    paper = read_paper(name)
    assert {one.run for one in paper.series.values()} == {*paper.runs}
    used = {series for panel in paper.figure for series in panel.series}
    used |= {of.partition("@")[0] for check in paper.checks for of in check.of}
    assert used == {*paper.series}


@pytest.mark.parametrize("job", JOBS, ids=[f"{job.paper}, {job.name}" for job in JOBS])
def test_every_run_of_a_paper_has_options_that_exist(job):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        found = composed(job.overrides)
    experiment = build(found.config, found.choices)
    assert experiment.settings.tag == "papers"
    assert experiment.data.stand_in is None


def test_the_help_lists_every_paper_with_its_time_and_disk():
    lines = listing().splitlines()
    assert [line.split()[0] for line in lines] == names()
    assert all(" min " in line and " GB " in line for line in lines)


def test_all_papers_and_lists_of_papers_are_read_once_each():
    assert [one.name for one in chosen(["all"])] == names()
    assert [one.name for one in chosen(["hewitt2019", "hewitt2019"])] == ["hewitt2019"]


@pytest.mark.parametrize("wanted", [[], ["hewitt"]])
def test_an_unknown_paper_names_the_valid_ones(wanted):
    with pytest.raises(ConfigError, match="hewitt2019.*or"):
        chosen(wanted)


HEAD = "place,model,data,series,x,value,tolerance,status,source\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + "T1,m,d,uuas,8,0.8,0.01,certain,the paper\n", "number 1: status=certain; one of V, V2"),
        (HEAD + "T1,m,d,uuas,8,0.8,0.01,V,\n", "number 1: a source is expected"),
        (HEAD + "T1,m,d,uuas,8,high,0.01,V,the paper\n", "number 1: could not convert"),
        ("place,value,status,source\nT1,0.8,V,the paper\n", "data is missing"),
    ],
)
def test_a_number_without_status_source_or_value_is_refused(tmp_path, text, message):
    path = tmp_path / "paper.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        read_numbers(path)


def test_a_larger_model_takes_longer_and_reads_its_own_layer_two_thirds_up():
    paper = read_paper("hewitt2019")
    small, large = (
        {job.name: job for job in jobs_of(paper, "m", Kind("m", blocks, False, times), Settings())}
        for blocks, times in ((6, 1.0), (12, 8.0))
    )
    assert large["rank 8"].seconds == 8 * small["rank 8"].seconds
    assert [("layers=4" in of["rank 8"].overrides, "layers=8" in of["rank 8"].overrides) for of in (small, large)] == [
        (True, False),
        (False, True),
    ]
    assert {name for name in small if name.startswith("rank")} == {
        f"rank {rank}" for rank in (1, 2, 4, 8, 16, 32, 64, 128, 256)
    }
    assert "probe.rank=8" in small["rank 8"].overrides


def test_options_of_every_run_come_last_so_that_they_win():
    [job] = jobs_of(read_paper("liu2019"), "minilm", MINILM, Settings(options=["seed=3"], tag="mine"))
    assert job.overrides[-1] == "seed=3"
    assert "tag=mine" in job.overrides
