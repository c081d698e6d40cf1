import pytest

from probing.report.html import flat, picture, write_html


def test_a_nested_configuration_becomes_dotted_keys():
    config = {"model": {"name": "bert", "options": {"long": "windows"}}, "layers": [0, 1], "seed": 0}
    assert flat(config) == {
        "model.name": "bert",
        "model.options.long": "windows",
        "layers": "[0, 1]",
        "seed": "0",
    }


def test_a_fact_that_a_template_needs_and_does_not_get_is_an_error(tmp_path):
    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError):
        write_html("page.html", tmp_path / "index.html", {})
    assert not (tmp_path / "index.html").exists()


def test_what_a_figure_without_title_does_not_say_is_in_its_caption(tmp_path):
    (tmp_path / "layers.png").write_bytes(bytes(24))
    assert picture(tmp_path / "layers.png", "Score by layer.").caption == "Score by layer."
    (tmp_path / "layers.txt").write_text("minilm · ewt\ntest: 20 sentences; bands: 95 %\n")
    assert picture(tmp_path / "layers.png", "Score by layer.").caption == (
        "Score by layer. Test: 20 sentences; bands: 95 %."
    )
