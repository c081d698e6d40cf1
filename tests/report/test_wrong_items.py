import pandas as pd

from probing.report.wrong_items import class_errors, value_errors

LINES = [
    ("s1", 1, "I", "PRON", "PRON"),
    ("s1", 2, "watch", "VERB", "NOUN"),
    ("s1", 3, "it", "PRON", "PRON"),
    ("s2", 1, "watch", "VERB", "NOUN"),
    ("s2", 2, "that", "PRON", "SCONJ"),
]
TABLE = pd.DataFrame(LINES, columns=["sentence", "word", "form", "gold", "predicted"])


def test_the_most_frequent_confusion_comes_first_with_its_first_example_in_context():
    first, second = class_errors(TABLE)
    assert (first["gold"], first["predicted"], first["count"], first["sentence"]) == ("VERB", "NOUN", 2, "s1")
    assert (first["before"], first["form"], first["after"]) == ("I", "watch", "it")
    assert (second["form"], second["count"]) == ("that", 1)


def test_long_sentences_are_cut_around_the_word():
    words = [("s", i, f"w{i}", "A", "B" if i == 20 else "A") for i in range(1, 41)]
    (error,) = class_errors(pd.DataFrame(words, columns=TABLE.columns))
    assert error["before"].split() == ["…", *(f"w{i}" for i in range(13, 20))]
    assert error["after"].split() == [*(f"w{i}" for i in range(21, 28)), "…"]


def test_values_farthest_from_gold_come_first():
    table = TABLE.assign(gold=[0.0, 1, 2, 3, 4], predicted=[0.1, 1, 5, 2, 4.125])
    errors = value_errors(table, n=2)
    assert [(error["form"], error["gold"], error["predicted"]) for error in errors] == [
        ("it", "2", "5.00"),
        ("watch", "3", "2.00"),
    ]
