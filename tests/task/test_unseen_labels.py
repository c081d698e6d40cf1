from probing.task.sentences import SentenceTask
from probing.task.unseen_labels import unseen_counts, unseen_notes
from probing.task.words import WordTask

TASK = SentenceTask("stars")


def test_items_whose_label_train_does_not_have_are_counted_by_label_and_split(reviews):
    labels = TASK.labels(reviews(["1", "2"], ["1", "3"], ["2", "4", "3", "4", "_"]))
    assert unseen_counts(labels) == {"3": {"dev": 1, "test": 1}, "4": {"test": 2}}
    assert unseen_notes(labels) == [
        "1 dev item has a label that train does not have (3): it counts as an error; train has 1, 2",
        "3 test items have a label that train does not have (4, 3): each counts as an error; train has 1, 2",
    ]


def test_a_note_names_five_labels_at_most(reviews):
    labels = TASK.labels(reviews(["1", "2"], ["1"], ["1", *"abcdef"]))
    (note,) = unseen_notes(labels)
    assert note.startswith("6 test items have a label that train does not have (a, b, c, d, e, …)")


def test_there_is_nothing_to_say_where_train_has_every_label(treebank):
    labels = WordTask("pos").labels(treebank("the dog ran"))
    assert unseen_counts(labels) == {}
    assert unseen_notes(labels) == []
