"""How a page opens, and what follows a reader from view to view."""

from dataclasses import replace

import numpy as np
import pytest

from probing.view.bundle import page
from probing.view.chosen_layers import only_layers
from probing.view.encoder_decoder import GivenWeights, encoder_decoder_views
from probing.view.pack import pack
from probing.view.record import Tokens, View


@pytest.fixture
def opened(tab, tmp_path, reader_of):
    """opened(views, opens, fragment): a page of these views as it opens."""

    def open_page(views, opens="", fragment=""):
        path = tmp_path / "page.html"
        path.write_text(page([pack(view) for view in views], opens=opens), encoding="utf-8")
        return reader_of(path).open(fragment)

    return open_page


def long(n: int = 90) -> View:
    """90 words; a head that attends to the word three places before, and one that attends to all alike."""
    words = tuple(f"word{i}" for i in range(n))
    tokens = Tokens(words, (False,) * n, np.arange(n), np.zeros(n, int), words, np.zeros(n, int))
    even = np.full((n, n), 1 / n, np.float32)
    back = 0.1 * even + 0.9 * np.eye(n, dtype=np.float32)[np.maximum(np.arange(n) - 3, 0)]
    attention = np.stack([np.stack([even, even, back]), np.stack([even, even, even])])
    about = {"text": " ".join(words), "model": "toy", "checkpoint": "-"}
    return View(tokens, attention, missing={"norm": "-", "flow": "-", "neurons": "-", "rollout": "-"}, about=about)


def test_a_page_opens_with_one_telling_head_and_few_lines(opened):
    read = opened([long()])
    assert read.fragment() == {}
    assert read.description().startswith("layer 1, head 1.2, raw attention: ")
    assert 87 <= read.lines() <= 3 * 90
    assert [button.inner_text() for button in read.tab.locator("#heads [aria-pressed=true]").all()] == ["2"]


def test_a_long_text_is_visible_at_once(opened, tab):
    read = opened([long()])
    fits = "(e => e.scrollHeight <= e.clientHeight + 1)(document.getElementById('stage'))"
    for view in ("head", "heatmap", "model"):
        read.open(f"view={view}")
        assert tab.evaluate(fits), view
    read.open("size=full")
    assert not tab.evaluate(fits)
    read.open("heads=0&least=0&top=90")  # an even weight of 1/90 can be seen
    assert {float(e.get("opacity")) for e in read.svg().iter() if e.get("opacity")} == {0.08}


def test_names_that_would_overlap_are_left_out_and_counted(opened):
    read = opened([long()])
    for view, every in (("head", 2), ("heatmap", 3)):  # a row of the head view is higher than that of the heatmap
        assert f"; of every {every} names one is shown, because" in read.open(f"view={view}").description()
    assert "names one is shown" in read.open("view=compare").description()
    assert "names one is shown" not in read.open("view=head&size=full").description()


def test_neurons_and_words_are_as_wide_as_the_window(opened, tab, view):
    read = opened([view])
    fits = "(e => e.scrollWidth <= e.clientWidth)(document.getElementById('stage'))"
    for width in (1000, 1400):
        tab.set_viewport_size({"width": width, "height": 800})
        for fragment in ("view=neuron", "view=neuron&expand=yes", "view=words"):
            read.open(fragment)
            assert tab.evaluate(fits), (width, fragment)
            assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_every_picture_of_weights_has_a_scale(opened, view):
    read = opened([view])
    for name in ("head", "model", "heatmap", "compare"):
        read.open(f"view={name}")
        assert "weight" in read.texts(), name
        assert {"0", "1"} <= set(read.texts()), name


def test_the_chosen_head_follows_through_the_tabs(opened, view, tab):
    read = opened([view], "layer=1&head=0")
    read.head(7).dblclick()
    read.settle()
    for name, said in (("Heatmap", "head 1.7"), ("Neurons", "head 1.7"), ("Heads", "head 1.7"), ("Compare", "toy 1.7")):
        tab.get_by_role("tab", name=name).click()
        read.settle()
        assert said in read.description(), name
    tab.get_by_role("tab", name="Heatmap").click()
    read.choose("head", "3")
    read.choose("layer", "2")
    tab.get_by_role("tab", name="Heads").click()
    read.settle()
    assert read.description().startswith("layer 2, head 2.3, ")


def test_the_model_view_shows_the_map_of_a_head_with_its_tokens(opened, view, tab):
    read = opened([view], "view=model")
    assert tab.locator("#readout canvas").count() == 0
    tab.locator("#canvas").focus()
    tab.keyboard.press("ArrowDown")
    read.settle()
    box = tab.locator("#readout canvas").bounding_box()
    assert box["width"] > 150 and box["height"] > 150


def test_tokens_show_their_text_at_the_pointer(opened, view, tab):
    surface = ("", "The", "cat", "s", "sat", "", "He", "ran", "")
    vocabulary = ("[CLS]", "ĠThe", "cat", "##s", "sat", "[SEP]", "He", "ran", "[SEP]")
    tokens = replace(view.tokens, surface=surface, vocabulary=vocabulary)
    read = opened([replace(view, tokens=tokens)], "layer=1&head=0")
    tip = tab.locator("#tip")
    for label, said in (
        ("##s", "token ##s for “s” in the word “cats”"),
        ("The", "token The, in the vocabulary ĠThe for “The”"),
        ("[CLS]", "token [CLS]: added by the tokenizer, stands for no text"),
    ):
        read.point(label)
        assert tip.inner_text().replace("\u2068", "").replace("\u2069", "") == said
        assert tab.locator("#readout p").inner_text() == tip.inner_text()  # for readers without a pointer
    tab.mouse.move(5, 5)
    read.settle()
    assert tip.is_hidden()


def test_two_heads_stand_beside_each_other_with_their_difference(opened, view):
    read = opened([view], "view=compare&layer=1&head=1&layer_2=1&head_2=2&strength=weight")
    assert "toy 1.1 compared with toy 1.2" in read.description()
    assert {"toy 1.1", "toy 1.2", "difference"} <= set(read.texts())
    read.tab.locator("#canvas").focus()
    for _ in range(20):  # nine cells of either head, and two of the difference
        read.tab.keyboard.press("ArrowRight")
    read.settle()
    assert read.caption() == "[CLS] → The"
    assert list(read.table().values()) == [[".6000"], [".0500"], [".5500"]]


def test_texts_of_different_length_are_compared_where_they_agree(opened, view):
    shorter = Tokens(
        *(("[CLS]", "The", "sat", "[SEP]"), (True, False, False, True), np.array([-1, 0, 1, -1])),
        *(np.zeros(4, int), ("The", "sat"), np.zeros(2, int)),
    )
    other = View(shorter, view.attention[:, :, :4, :4], about={"text": "The sat", "model": "toy"})
    read = opened([view, other], "view=compare&layer=1&head=0")
    assert "for the 4 tokens that both have" in read.description()
    assert read.texts().count("##s") == 2  # row and column of the first alone


def test_an_encoder_decoder_has_three_parts(opened, tab):
    rng = np.random.default_rng(0)
    encoder, decoder, cross = (rng.dirichlet(np.ones(k), size=(2, 3, q)) for q, k in ((4, 4), (3, 3), (3, 4)))
    names = {"encoder_tokens": ["▁the", "▁cat", "s", "</s>"], "decoder_tokens": ["<pad>", "▁die", "▁Katze"]}
    views = encoder_decoder_views(GivenWeights(encoder, decoder, cross, **names))
    read = opened(views, "layer=1&head=0")
    assert tab.locator("#document option").all_inner_texts() == [
        "1. encoder: the cats",
        "2. decoder: die Katze",
        "3. cross-attention: die Katze",
    ]
    read.choose("document", "2")
    read.point("▁die")
    table = read.table()
    assert list(table) == [name for _, name in sorted(zip(-cross[0, 0, 1], names["encoder_tokens"], strict=True))]
    assert float(table["▁cat"][0]) == pytest.approx(cross[0, 0, 1, 1], abs=1e-4)
    assert tab.locator("#pair").is_hidden()
    read.open("text=2&view=heatmap&layer=2&head=2")
    assert len([text for text in read.texts() if text.startswith(".")]) >= 10
    read.open("text=2&view=model")
    assert "distance" not in [option.inner_text() for option in tab.locator("#order option:not([hidden])").all()]
    for name in ("weights=rollout", "view=neuron", "view=words", "level=word"):
        read.open(f"text=2&{name}")
        assert read.description()


def test_a_page_of_some_layers_is_smaller_and_keeps_their_numbers(opened, view):
    views = [view, only_layers(view, [2])]
    whole, part = (pack(one) for one in views)
    assert part.arrays == {name: text for name, text in whole.arrays.items() if name.endswith("/2")}
    assert part.header["bytes"] < whole.header["bytes"]
    read = opened(views[1:], "head=4")
    assert "18 heads in layer 2 of 2" in read.tab.text_content("#about")
    assert read.description().startswith("layer 2, head 2.4, ")


def test_the_numbering_is_said_with_that_of_other_tools(opened, view, tab):
    opened([view])
    about = tab.text_content("#about")
    assert "(counted from 1), head" in about and "(counted from 0)" in about
    tab.locator("summary").click()
    facts = tab.locator("#facts").inner_text()
    assert facts.count("BertViz and TransformerLens count both from 0") == 1
