"""What a notebook shows, in a browser: the page in a frame that may run scripts and nothing else."""

from probing.view.notebook import show


def test_the_frame_of_a_notebook_draws_and_answers(tab, tmp_path, view):
    cell = tmp_path / "cell.html"
    frame = show(view, layer=1, heads=[2, 4], view="heads")._repr_html_()
    cell.write_text(f"<!doctype html><meta charset='utf-8'><body>{frame}</body>", encoding="utf-8")
    tab.goto(cell.as_uri())
    frame = tab.frame_locator("iframe")
    frame.locator("body[data-drawn]").wait_for()
    assert frame.locator("#description").text_content().startswith("layer 1, 2 of 18 heads, raw attention")
    frame.get_by_role("tab", name="Model").click()
    frame.locator('body[data-view="model"]').wait_for()
    assert frame.get_by_role("tab", name="Model").get_attribute("aria-selected") == "true"
    with tab.expect_download() as download:
        frame.locator("#save-svg").click()
    assert download.value.suggested_filename == "model-toy.svg"
    assert tab.evaluate("document.querySelector('iframe').contentDocument") is None  # an origin of its own


def test_weights_from_anywhere(tab, tmp_path, view):
    shown = show(
        attention=[layer[None] for layer in view.attention], tokens=list(view.tokens.labels), sentence_b_start=6
    )
    path = tmp_path / "own.html"
    shown.save(path)
    tab.goto(path.as_uri())
    tab.wait_for_selector("body[data-drawn]")
    assert tab.locator("#pair").is_visible()
    tab.select_option("#weights", "rollout")
    tab.get_by_role("tab", name="Neurons").click()
    tab.wait_for_timeout(100)
    assert tab.text_content("#description")  # says why there are none
