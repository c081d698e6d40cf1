"""The head view in a real browser: every control and its effect."""

import pytest

LABELS = ("[CLS]", "The", "cat", "##s", "sat", "[SEP]", "He", "ran")


def lines(read) -> list:
    """The lines of the picture, without the ticks of its scale."""
    return [e for e in read.svg().iter() if e.tag.endswith("path") and e.get("opacity")]


def test_all_heads_are_drawn_and_a_click_takes_one_away(read):
    read.open()
    everything = read.lines()
    assert everything == 18 * 9 * 9  # .05 lies above the threshold
    read.head(3).click()
    read.settle()
    assert read.lines() == 17 * 81
    assert read.head(3).get_attribute("aria-pressed") == "false"
    assert read.fragment()["heads"] == ",".join(str(h) for h in range(18) if h != 3)
    read.head(3).click()
    read.settle()
    assert read.lines() == everything


def test_a_double_click_leaves_one_head_and_another_brings_all_back(read):
    read.open()
    read.head(5).dblclick()
    read.settle()
    assert read.fragment() == {"heads": "one", "head": "5"} and read.lines() == 81
    read.head(5).dblclick()
    read.settle()
    assert read.fragment() == {"head": "5"} and read.lines() == 18 * 81


def test_a_query_shows_where_it_attends_with_exact_numbers_per_head(read):
    read.open("heads=0,1,2")
    read.point("cat")
    assert read.caption() == "cat as query: where it attends (raw attention, layer 1)"
    table = read.table()
    assert read.tab.locator("#readout thead th").all_inner_texts() == ["key", "mean", "0", "1", "2"]
    # a weight is rounded by at most 0.0001
    assert table["cat"] == [".2333", ".6000", ".0500", ".0500"]
    assert table["##s"] == [".2333", ".0500", ".6000", ".0500"]
    assert table["sat"] == [".2333", ".0500", ".0500", ".6000"]
    assert read.lines() == 3 * 9  # its own alone


def test_a_key_shows_what_attends_to_it(read):
    read.open("heads=1")
    read.point("cat", nth=1)
    assert read.caption().startswith("cat as key: what attends to it")
    assert read.table()["The"] == [".6000"]
    assert read.table()["sat"] == [".0500"]
    read.tab.mouse.move(5, 5)
    read.settle()
    assert read.tab.locator("#readout table").count() == 0


def test_a_click_keeps_a_token_and_a_second_lets_it_go(read):
    read.open("heads=1")
    read.press("cat")
    read.tab.mouse.move(5, 5)
    read.settle()
    assert read.fragment()["pin"] == "q2" and read.lines() == 9 and read.table()["##s"] == [".6000"]
    read.press("cat")
    read.tab.mouse.move(5, 5)
    read.settle()
    assert "pin" not in read.fragment() and read.lines() == 81


def test_threshold_and_top(read):
    read.open("heads=1")
    read.tab.locator("#least").fill("0.1")
    read.settle()
    assert read.lines() == 9 and "weights below .100 are not drawn" in read.description()
    read.open("heads=1&layer=2&least=0")
    read.tab.fill("#top", "2")
    read.settle()
    assert read.lines() <= 18 and "at most 2 keys per query and head" in read.description()


@pytest.mark.parametrize(("pair", "rows", "columns"), [("aa", 6, 6), ("ab", 6, 3), ("ba", 3, 6), ("bb", 3, 3)])
def test_the_pair_filter_keeps_one_side_of_each(read, pair, rows, columns):
    read.open("heads=0")
    read.choose("pair", pair)
    assert read.lines() == rows * columns
    assert sum(text in LABELS for text in read.texts()) == rows + columns


def test_words_sum_their_subwords_as_keys_and_average_them_as_queries(read):
    read.open("heads=1")
    read.choose("level", "word")
    read.point("cats")  # cat gives ##s .6 and cat .05, ##s gives them .05 each: (.65 + .1) / 2
    assert read.table()["cats"] == [".3750"]
    assert read.table()["sat"] == [".3250"]  # (.05 + .6) / 2
    read.point("cats", nth=1)
    assert read.table()["The"] == [".6500"]


def test_hidden_special_subwords_are_said_to_be_missing_by_how_much(read):
    read.open("heads=0")
    read.choose("special", "hidden")
    assert read.lines() == 36
    # six queries, each with .05 on each of three special subwords
    assert "with them 15.0 % of the weight of these queries (nothing is rescaled)" in read.description()
    read.point("cat")
    assert read.table()["cat"] == [".6000"]


def test_the_layer_is_chosen_from_the_list_or_by_brackets(read):
    read.open("heads=0&least=0")
    read.choose("layer", "2")
    assert read.description().startswith("layer 2, head 2.0, raw attention")
    read.tab.locator("#canvas").focus()
    read.tab.keyboard.press("[")
    read.settle()
    assert read.description().startswith("layer 1") and "layer" not in read.fragment()


@pytest.mark.parametrize(
    ("weights", "query", "own"), [("norm", "cat", "1.2000"), ("rollout", "cat", ".6000"), ("flow", "cat", ".3800")]
)
def test_weights_are_switched(read, weights, query, own):
    read.open("heads=0")
    read.choose("weights", weights)
    read.point(query)
    assert float(read.table()["cat"][0]) == pytest.approx(float(own), abs=2e-4)
    assert read.tab.locator("#heads").is_visible() is (weights == "norm")


def test_small_weights_are_brought_out_by_their_square_roots(read):
    read.open("heads=0")
    assert {float(line.get("opacity")) for line in lines(read)} == {0.04, 0.58}  # .05 and .6, to a 24th
    read.choose("strength", "root")
    assert {float(line.get("opacity")) for line in lines(read)} == {0.21, 0.79}
    assert "colours grow with weight^0.50" in read.description()


def test_every_head_has_a_colour_of_its_own_or_a_dash(read):
    read.open("top=1")
    looks = {(line.get("stroke"), line.get("stroke-dasharray")) for line in lines(read)}
    assert len(looks) == 18 and len({colour for colour, _ in looks}) == 16
