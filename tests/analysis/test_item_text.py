from probing.analysis.item_text import in_brackets

WORDS = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"]


def test_parts_are_in_brackets_in_the_order_of_the_item():
    assert in_brackets(WORDS[:5], [[3, 4], [1, 2]]) == ("a", "{b} c [d]", "e")
    assert in_brackets(WORDS[:3], [[0, 3], [1, 2]]) == ("", "[a {b} c]", "")
    assert in_brackets(WORDS[:3], [[0, 2], [0, 1]]) == ("", "[{a} b]", "c")


def test_context_is_cut_and_says_so():
    assert in_brackets(WORDS, [[8, 9]]) == ("… b c d e f g h", "[i]", "j k l")
    assert in_brackets(WORDS, [[0, 1]])[2] == "b c d e f g h …"
