"""A run's page links to the other runs of its tag, those of its task first, and to their comparison."""

from probing.report.load import load_run
from probing.report.other_runs import other_runs
from probing.result.folder import CONFIG


def finished(folder):
    (folder / CONFIG).write_text("")
    return folder


def test_runs_of_the_tag_are_linked_and_the_comparison_if_it_is_there(make_run, tmp_path):
    here = finished(make_run("pos", model="b"))
    for task, model in (("depth", "a"), ("pos", "a&b")):
        finished(make_run(task, model=model))
    found = other_runs(load_run(here))
    assert [name for name, _ in found["pages"]] == [
        "a&b · toy · pos · linear · seed0",
        "a · toy · depth · linear · seed0",
    ]
    assert found["pages"][0][1] == "../../../../../a%26b/toy/pos/linear/seed0/index.html"
    assert (found["more"], found["comparison"]) == (0, "")
    page = tmp_path / "reports" / "main" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("")
    assert other_runs(load_run(here))["comparison"] == "../../../../../../../reports/main/index.html"


def test_a_run_that_was_moved_has_no_links(make_run, tmp_path):
    folder = make_run("pos").rename(tmp_path / "elsewhere")
    assert other_runs(load_run(folder))["pages"] == []
