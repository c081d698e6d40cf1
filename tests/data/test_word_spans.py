"""Words of free text."""

import pytest

from probing.data.word_spans import word_spans


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The cat sat.", "The cat sat ."),
        ("Don't re-read e-mail!", "Don't re-read e-mail !"),
        ("Ben’s U.S. figures: 3.5", "Ben’s U.S . figures : 3.5"),
        ("wait--what... 'no'", "wait - - what . . . ' no '"),
        ("<b>x</b>", "< b > x < / b >"),
        ("naïve cafe\u0301 नमस्ते", "naïve cafe\u0301 नमस्ते"),  # marks stay with their letters
        ("a\tb\n c\u00a0d", "a b c d"),
        ("  \n ", ""),
    ],
)
def test_words_are_runs_of_letters_and_signs_stand_alone(text, words):
    assert [text[first:end] for first, end in word_spans(text)] == words.split(" ") * bool(words)
