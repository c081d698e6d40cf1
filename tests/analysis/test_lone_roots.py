from probing.analysis.lone_roots import lone_roots
from probing.axes import Sentence

HELLO = Sentence("1", ("Hello", "!"), ("INTJ", "PUNCT"), heads=(0, 1))
YES = Sentence("2", ("Yes",), ("INTJ",), heads=(0,))
DOGS = Sentence("3", ("Dogs", "bark"), ("NOUN", "VERB"), heads=(2, 0))
NO_TREE = Sentence("4", ("Yes",), ("INTJ",))


def test_sentences_in_which_one_word_can_be_the_root_are_counted():
    sentences = [HELLO, YES, DOGS, NO_TREE]
    assert "leaves out 1 of the 3 sentences of test with a tree" in lone_roots(sentences, "test", "keep")
    assert "leaves out 2 of the 3 sentences" in lone_roots(sentences, "test", "remove")
    assert lone_roots([DOGS], "test", "keep") == ""
