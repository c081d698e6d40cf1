from probing.data.treebank_sentence import document_of, tree_problem


def test_trees_are_trees():
    assert [tree_problem(heads) for heads in ((0,), (2, 0), (0, 1, 2, 3), (4, 4, 2, 0))] == [None] * 4


def test_a_sentence_id_names_its_document_before_the_last_number():
    ids = ["weblog-juancole.com_20051126_063000-0001", "GUM_academic_art-12", "s7", "7", "-7", "", None]
    found = ["weblog-juancole.com_20051126_063000", "GUM_academic_art", None, None, None, None, None]
    assert [document_of(sent_id) for sent_id in ids] == found
