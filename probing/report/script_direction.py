"""Which way a text is written."""

import unicodedata


def right_to_left(text: str) -> bool:
    """Whether most letters of ``text`` are of a script that is written from right to left (Hebrew, Arabic, Syriac …).

    >>> right_to_left("הוא קרא BERT"), right_to_left("He read ספר")
    (True, False)
    """
    classes = [unicodedata.bidirectional(character) for character in text]
    return sum(found in ("R", "AL") for found in classes) > classes.count("L")
