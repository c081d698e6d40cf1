import pandas as pd

from probing.report.load import load_run
from probing.report.wrong_items import all_errors, class_errors, value_errors, write_wrong_items

from .one_file import foreign_scripts, loads_nothing

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


def test_every_wrong_item_of_the_chosen_layer_is_listed_with_the_most_frequent_confusion_first(make_run):
    folder = make_run("pos", (0.6, 0.9))
    run = load_run(folder)
    wrong = run.predictions[(run.predictions["layer"] == 1) & (run.predictions["gold"] != run.predictions["predicted"])]
    paths = write_wrong_items(run, 1)
    assert [path.name for path in paths] == ["wrong_items.csv", "wrong_items.html"]
    table = pd.read_csv(paths[0])
    assert len(table) == len(wrong) > 0
    counts = table.groupby(["gold", "predicted"], sort=False).size().tolist()
    assert counts == sorted(counts, reverse=True)
    places = [sorted(zip(of["sentence"], of["word"], strict=True)) for of in (table, wrong)]
    assert places[0] == places[1]
    page = paths[1].read_text(encoding="utf-8")
    items = (run.predictions["layer"] == 1).sum()
    assert f"{len(wrong):,} of {items:,} items of test ({100 * len(wrong) / items:.1f} %) are wrong" in page
    assert page.count("<tr><th") == len(wrong) + 1
    assert "python -m pipelines.view data=toy model=tiny runs=" in page
    assert loads_nothing(page)


def test_of_values_the_farthest_item_of_each_sentence_is_listed(make_run):
    run = load_run(make_run("depth", (0.6, 0.9)))
    table, note = all_errors(run, 1)
    assert table["sentence"].is_unique and len(table) == run.predictions["sentence"].nunique()
    assert note.startswith(f"The item of each of the {len(table)} sentences of test whose predicted value")


def test_word_pairs_and_a_run_without_an_error_have_no_list(make_run):
    assert write_wrong_items(load_run(make_run("distance")), 1) == []
    assert write_wrong_items(load_run(make_run("pos", (0.5, 1.0))), 1) == []


def test_items_of_a_corpus_never_become_markup(make_run):
    folder = make_run("pos", (0.6, 0.8))
    table = pd.read_parquet(folder / "predictions.parquet")
    hostile = {"form": "<script>x</script>", "sentence": '"><script>y', "gold": "<b>g</b>"}
    table.assign(**hostile).to_parquet(folder / "predictions.parquet")
    page = write_wrong_items(load_run(folder), 1)[1].read_text(encoding="utf-8")
    assert foreign_scripts(page) == [] and "<b>g" not in page
