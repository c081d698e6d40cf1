"""The page as a whole: other views, exports, address, themes, keys, hostile text, size."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from probing.view.pack import pack
from probing.view.record import Tokens, View

HOSTILE = "<script>window.hit=1</script> <img src=x onerror=window.hit=1> </script> ]]> &amp; \"' \x07 ‮"


def plain(text: str) -> str:
    """Without the marks that keep a label's direction to itself."""
    return text.replace("\u2068", "").replace("\u2069", "")


def test_thumbnails_open_their_head(read, tab):
    read.open("view=model")
    assert len([e for e in read.svg().iter() if e.tag.endswith("image")]) == 36
    tab.locator("#canvas").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "Enter"):  # the first arrow enters the picture
        tab.keyboard.press(key)
    read.settle()
    assert {k: read.fragment().get(k) for k in ("view", "layer", "head")} == {
        "view": "heatmap",
        "layer": "2",
        "head": "1",
    }


def test_a_click_on_a_thumbnail_enlarges_it(read, tab):
    read.open("view=model&order=distance")
    first = next(text for text in read.texts() if "." in text).split()[0]
    read.press(next(text for text in read.texts() if text.startswith(f"{first} ")))  # its caption: beside the map
    box = tab.locator("#stage").bounding_box()
    x, y = read.place(next(text for text in read.texts() if text.startswith(f"{first} ")))
    tab.mouse.click(x, y - 30)
    read.settle()
    layer, head = first.split(".")
    assert box and read.fragment()["view"] == "heatmap"
    assert (read.fragment().get("layer", "1"), read.fragment().get("head", "0")) == (layer, head)


@pytest.mark.parametrize("statistic", ["entropy", "distance", "largest", "special"])
def test_heads_are_ordered_by_a_statistic(read, statistic):
    read.open("view=model")
    read.choose("order", statistic)
    values = [float(text.split()[1]) for text in read.texts() if len(text.split()) == 2 and text[0].isdigit()]
    assert len(values) == 36 and values == sorted(values, reverse=True) and values[0] > values[-1]


def test_statistics_are_those_of_the_definitions(read, tab):
    read.open("view=model")
    tab.locator("#canvas").focus()
    tab.keyboard.press("ArrowDown")
    read.settle()
    table = read.table()
    entropy = -(0.6 * np.log(0.6) + 8 * 0.05 * np.log(0.05))
    assert float(table["entropy"][0]) == pytest.approx(entropy, abs=1e-3)
    assert float(table["largest weight"][0]) == pytest.approx(0.6, abs=1e-3)
    places = np.arange(9)
    far = np.abs(places[:, None] - places)
    assert float(table["distance"][0]) == pytest.approx((0.05 * far).sum(1).mean(), abs=1e-3)
    # two of nine queries are [SEP]: .6 + .05; the others give .05 to each
    assert float(table["weight on [SEP]"][0]) == pytest.approx((2 * 0.65 + 7 * 0.1) / 9, abs=1e-3)


def test_the_heatmap_has_numbers_and_shows_a_pair_in_every_head(read):
    read.open("view=heatmap&head=1")
    numbers = [text for text in read.texts() if text.startswith(".") and len(text) == 3]
    assert sorted(set(numbers)) == [".05", ".60"] and len(numbers) == 81 and numbers.count(".60") == 9
    read.point(".60")
    assert read.caption() == "[CLS] → The, layer 1"
    assert read.table()["1.1"] == [".6000"] and read.table()["1.0"] == [".0500"] and len(read.table()) == 18


def test_neurons_multiply_up_to_the_score_and_the_weight(read, tab, view):
    read.open("view=neuron&layer=2&head=4&expand=yes")
    read.press("sat")
    assert read.fragment()["pin"] == "q4"
    read.point("ran", nth=1)
    product = float(view.queries[1, 4, 4] @ view.keys[1, 4, 7])
    table = read.table()
    assert read.caption() == "sat → ran"
    assert float(table["q · k"][0]) == pytest.approx(product, abs=2e-3)
    assert float(table["score"][0]) == pytest.approx(product / 2, abs=2e-3)
    assert float(table["weight (softmax)"][0]) == pytest.approx(view.attention[1, 4, 4, 7], abs=2e-4)
    assert "+ other*" not in read.texts()


def test_what_a_causal_mask_hides_is_called_masked(tab, tmp_path, reader_of, view, html_page):
    attention = np.tril(view.attention)
    causal = replace(view, attention=attention / attention.sum(-1, keepdims=True), about={**view.about, "causal": True})
    path = tmp_path / "causal.html"
    path.write_text(html_page([pack(causal)]), encoding="utf-8")
    read = reader_of(path).open("view=neuron&layer=2&pin=q4")
    assert read.texts().count("masked") == 4


def test_vectors_are_expanded_on_demand_and_other_terms_are_shown(read):
    read.open("view=neuron&layer=1")
    small = len(list(read.svg().iter()))
    assert "+ other*" in read.texts()  # layer 1 of the example is no softmax of q · k
    read.click("#expand")
    assert read.fragment()["expand"] == "yes"
    assert len(list(read.svg().iter())) > small + 2 * 9 * 4


def test_words_have_gold_arcs_and_predictions_of_every_layer_with_their_scores(read):
    read.open("view=words")
    texts = read.texts()
    assert {"det", "nsubj", "parataxis", "root"} <= set(texts)
    assert texts.count("NOUN") == 1 + 2 + 1 - 0  # gold, both layers, and the one mistake
    assert any(".95 [.93, .97], control .40" in text for text in texts)
    heading = next(number for number, text in enumerate(texts) if "trained on toy" in text)
    assert texts[heading + 1 : heading + 3] == [
        "there are also probes of pos trained on grammar (3,000 sentences), ewt (12,544 sentences); scores on "
        "different data cannot be compared",
        "this sentence is in train of toy",
    ]
    assert "gold" not in texts  # these labels are already above all probes
    arcs = [e for e in read.svg().iter() if e.tag.endswith("path") and "C" in e.get("d")]
    assert len(arcs) == 4
    read.point("ran")
    assert read.table()["0"][0] == "NOUN 0.40" and read.table()["1"][0] == "VERB 0.90"
    assert read.tab.locator("#readout td.wrong").all_inner_texts() == ["NOUN 0.40"]
    assert read.table()["1"][2] == "positive 0.70"


def test_png_is_the_scene_twice_its_size(read, tab):
    read.open("view=heatmap&head=1")
    svg = read.svg()
    with tab.expect_download() as download:
        tab.click("#save-png")
    picture = Image.open(download.value.path())
    assert picture.size == (2 * int(svg.get("width")), 2 * int(svg.get("height")))
    assert len(picture.convert("RGB").getcolors(1 << 20)) > 10
    assert download.value.suggested_filename == "heatmap-1.1-toy.png"


def test_a_link_restores_what_was_seen(read, tab):
    read.open()
    for control, value in (
        ("layer", "2"),
        ("weights", "norm"),
        ("level", "word"),
        ("special", "hidden"),
        ("pair", "ab"),
    ):
        read.choose(control, value)
    read.head(2).dblclick()
    read.press("cats")
    tab.mouse.move(5, 5)
    read.settle()
    before, seen = tab.evaluate("location.hash"), read.description()
    again = tab.context.new_page()
    again.goto(f"{read.url}{before}")
    again.wait_for_selector("body[data-drawn]")
    assert again.text_content("#description") == seen
    assert again.input_value("#pair") == "ab" and again.input_value("#weights") == "norm"


@pytest.mark.parametrize(
    "fragment", ["view=<b>&layer=-3&heads=a", "layer=9999&head=77&pin=q999&text=5", "pin=k8&pair=aa", "%E0%A4%A"]
)
def test_a_wrong_address_shows_something_right(read, fragment):
    read.open(fragment)
    assert "lines" in read.description()


def test_the_picture_follows_the_size_of_the_window(read, tab):
    read.open("view=words")
    tab.set_viewport_size({"width": 900, "height": 1100})
    read.settle()
    stage, canvas = (tab.locator(name).bounding_box() for name in ("#stage", "#canvas"))
    assert canvas["height"] == pytest.approx(stage["height"], abs=20)
    assert canvas["width"] == pytest.approx(stage["width"], abs=20)
    assert tab.evaluate("(e => e.scrollHeight <= e.clientHeight)(document.getElementById('stage'))")


def test_light_and_dark(read, tab):
    ground = "getComputedStyle(document.body).backgroundColor"
    tab.emulate_media(color_scheme="dark")
    read.open()
    assert tab.evaluate(ground) == "rgb(22, 24, 28)" and 'fill="#16181c"' in tab.evaluate("''") + ET_text(read)
    read.choose("theme", "light")
    assert tab.evaluate(ground) == "rgb(255, 255, 255)" and read.fragment()["theme"] == "light"


def ET_text(read) -> str:
    from xml.etree import ElementTree

    return ElementTree.tostring(read.svg(), encoding="unicode")


def test_everything_by_keyboard_and_spoken(read, tab):
    read.open("heads=1")
    tab.locator("#canvas").focus()
    assert tab.get_attribute("#canvas", "aria-label") == "Heads of toy, layer 1, raw attention: The cats sat"
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowDown")
    read.settle()
    assert plain(tab.text_content("#spoken")).startswith(
        "The as query: where it attends (raw attention, layer 1): cat .6000"
    )
    tab.keyboard.press("Enter")
    read.settle()
    assert read.fragment()["pin"] == "q1"
    tab.keyboard.press("ArrowRight")
    read.settle()
    assert plain(tab.text_content("#spoken")).startswith("The as key")
    tab.keyboard.press("Escape")
    read.settle()
    assert "pin" not in read.fragment()
    for number, name in enumerate(("Heads", "Model", "Heatmap", "Neurons", "Words"), start=1):
        tab.keyboard.press(str(number))
        read.settle()
        assert tab.get_by_role("tab", name=name).get_attribute("aria-selected") == "true"
    read.head(1)
    assert all(tab.evaluate("[...document.querySelectorAll('select,input,textarea')].map((e) => e.labels.length > 0)"))


def test_hostile_text_is_text(tab, tmp_path, reader_of, view, html_page):
    words = HOSTILE.split(" ")
    labels = ("[CLS]", *words, "[SEP]")
    n = len(labels)
    tokens = Tokens(
        labels,
        (True, *[False] * len(words), True),
        np.array([-1, *range(len(words)), -1]),
        np.zeros(n, int),
        tuple(words),
        np.zeros(len(words), int),
    )
    weights = np.full((1, 2, n, n), 1 / n, np.float32)
    gold = {"upos": [HOSTILE] * len(words), "heads": [0] + [1] * (len(words) - 1), "deprel": [HOSTILE] * len(words)}
    about = {"text": HOSTILE, "text_b": None, "model": HOSTILE, "checkpoint": HOSTILE, "causal": False}
    hostile = View(
        tokens,
        weights,
        weights[:, 0],
        gold=gold,
        about=about,
        missing={"norm": HOSTILE, "flow": HOSTILE, "neurons": HOSTILE},
        notes=[HOSTILE],
    )
    path = tmp_path / "hostile.html"
    path.write_text(html_page([pack(hostile), pack(view)]), encoding="utf-8")
    read = reader_of(path)
    for name in ("head", "model", "heatmap", "neuron", "words"):
        read.open(f"view={name}")
        read.svg()  # parses
        tab.mouse.move(300, 300)
        read.settle()
    assert tab.evaluate("window.hit") is None
    assert tab.text_content("#title").strip() == HOSTILE.strip()
    assert tab.locator("img, script[src]").count() == 0


def test_512_subwords_draw_what_shows(tab, tmp_path, reader_of, html_page):
    rng = np.random.default_rng(0)
    n = 512
    weights = rng.dirichlet(np.full(n, 0.05), size=(2, 3, n)).astype(np.float32)
    tokens = Tokens(
        tuple(f"w{i}" for i in range(n)),
        (False,) * n,
        np.arange(n),
        np.zeros(n, int),
        tuple(f"w{i}" for i in range(n)),
        np.zeros(n, int),
    )
    long = View(
        tokens,
        weights,
        weights[:, 0],
        missing={"norm": "-", "flow": "-", "neurons": "-"},
        about={"text": "long", "text_b": None, "model": "toy", "checkpoint": "-", "causal": False},
    )
    path = tmp_path / "long.html"
    path.write_text(html_page([pack(long)]), encoding="utf-8")
    read = reader_of(path).open("least=0")
    assert 0 < read.lines() <= 20_000 and "at most" in read.description()
    canvas = tab.locator("#canvas").bounding_box()
    assert canvas["height"] < 800  # as large as the window onto the sheet, not as the sheet
    assert tab.evaluate("document.getElementById('stage').scrollHeight") > 512 * 20
    tab.evaluate("document.getElementById('stage').scrollTop = 6000")
    read.settle()
    box = tab.locator("#stage").bounding_box()
    tab.mouse.move(box["x"] + 60, box["y"] + 200)
    read.settle()
    assert read.caption().startswith("w308 as query")  # (6000 + 200 - 30) / 20
    assert len(read.table()) == 100 and "412 more rows with smaller weights" in tab.text_content("#readout p")


def test_several_texts_in_one_page(tab, tmp_path, reader_of, view, html_page):
    path = tmp_path / "two.html"
    path.write_text(html_page([pack(view), pack(view)]), encoding="utf-8")
    read = reader_of(path).open("pin=q2")
    read.choose("document", "1")
    assert read.fragment() == {"text": "1"} and read.lines() == 18 * 81


def test_a_pair_is_told_in_its_order_whatever_the_script(tab, tmp_path, reader_of, view, html_page):
    labels = ("[CLS]", "שלום", "cat", "##s", "שלום", "[SEP]", "He", "ran", "[SEP]")
    path = tmp_path / "rtl.html"
    path.write_text(html_page([pack(replace(view, tokens=replace(view.tokens, labels=labels)))]), encoding="utf-8")
    read = reader_of(path).open("view=heatmap&head=1&pin=q1,k4")
    raw = tab.locator("#readout caption").inner_text()
    assert raw == "\u2068שלום\u2069 ·2 → \u2068שלום\u2069 ·5, layer 1"
    read.choose("level", "word")  # the pair stays marked when its words are shown
    assert 'stroke="#c2410c"' in ET_text(read)


def test_what_the_address_says_too_much_is_brought_into_range(read, tab):
    read.open("layer=99&head=77&view=heatmap")
    assert (read.fragment()["layer"], read.fragment()["head"]) == ("2", "17")
    assert (tab.input_value("#layer"), tab.input_value("#head")) == ("2", "17")
    assert "head 2.17" in read.description() and "2.17" in tab.get_attribute("#canvas", "aria-label")
    read.open("heads=0,0,0")
    assert read.lines() == 81


def test_the_pair_filter_means_nothing_for_one_text(tab, tmp_path, reader_of, view, html_page):
    path = tmp_path / "one.html"
    path.write_text(html_page([pack(replace(view, about={**view.about, "text_b": None}))]), encoding="utf-8")
    read = reader_of(path).open("pair=ab&heads=0")
    assert read.lines() == 81 and not tab.locator("#pair").is_visible()


def test_full_strength_of_words_is_no_less_than_the_largest_of_them(read):
    read.open("view=heatmap&weights=rollout&level=word&layer=2")
    largest = max(float(text) for text in read.texts() if text.startswith(".") and text[1:].isdigit())
    assert float(read.description().split("a weight of ")[1].split(" ")[0]) == pytest.approx(largest, abs=0.011)


def test_gold_labels_that_are_not_above_the_probes_get_a_line_and_notes_are_among_the_facts(
    tab, tmp_path, reader_of, view, html_page
):
    path = tmp_path / "gold.html"
    path.write_text(html_page([pack(replace(view, gold={}))]), encoding="utf-8")
    texts = reader_of(path).open("view=words").texts()
    assert texts.count("gold") == 1  # of the probe of words; none is known of the whole text
    tab.locator("summary").click()
    assert "this sentence is in train of toy" in tab.locator("#facts").inner_text()


def test_words_from_right_to_left_stand_in_that_order_in_words_and_columns(tab, tmp_path, reader_of, html_page):
    forms = ("קרא", "את_", "_הוא", "ספר")  # the two in the middle are written as one
    written = ("קרא", "אותו", "אותו", "ספר")
    none = np.zeros(4, int)
    word, last = np.array([0, 1, 1, 3]), np.array([0, 2, 2, 3])
    tokens = Tokens(("קרא", "או", "##תו", "ספר"), (False,) * 4, word, none, forms, none, last, written)
    weights = np.full((1, 1, 4, 4), 0.25, np.float32)
    weights[0, 0, 0] = [0.1, 0.2, 0.3, 0.4]
    view = View(
        tokens,
        weights,
        weights[:, 0],
        gold={"heads": [0, 3, 1, 1], "deprel": ["root", "case", "obl", "obj"]},
        missing={"norm": "-", "flow": "-", "neurons": "-"},
        about={"text": "קרא אותו ספר", "text_b": None, "model": "toy", "checkpoint": "-", "causal": False},
    )
    path = tmp_path / "hebrew.html"
    path.write_text(html_page([pack(view)]), encoding="utf-8")

    def places(fragment: str) -> dict[str, float]:
        svg = reader_of(path).open(fragment).svg()
        return {
            e.text.strip("\u2068\u2069"): float(e.get("x"))
            for e in svg.iter("{http://www.w3.org/2000/svg}text")
            if e.get("text-anchor") != "end"
        }

    words, columns = places("view=words"), places("view=heatmap&level=word")
    assert [words[form] for form in forms] == sorted((words[form] for form in forms), reverse=True)
    assert columns["קרא"] > columns["אותו"] > columns["ספר"]
    assert columns[".50"] == pytest.approx(columns["אותו"])  # the first row: .2 and .3 of the two subwords together
    assert tab.get_attribute("#title", "dir") == "auto"


def test_layers_are_called_by_the_blocks_that_have_attention(tab, tmp_path, reader_of, view, html_page):
    path = tmp_path / "hybrid.html"
    path.write_text(html_page([pack(replace(view, layers=(3, 7)))]), encoding="utf-8")
    read = reader_of(path).open("view=model")
    drawn = read.texts()
    assert {"layer 3", "layer 7"} <= set(drawn)
    assert "layer 1" not in drawn
    assert "heads in layers 3, 7 of 7" in plain(tab.text_content("#about"))
    read.open("view=heatmap&layer=1&head=1")  # the closest block
    assert "head 3.1" in read.description()
    tab.keyboard.press("]")
    read.settle()
    assert "head 7.1" in read.description()
    tab.keyboard.press("]")  # there is none above
    read.settle()
    assert "head 7.1" in read.description()
