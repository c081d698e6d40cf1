import os
import re
from collections import Counter
from dataclasses import replace

import pytest

from probing.data.conllu import Conllu, read
from probing.data.corpus import load
from probing.data.entities import UNORDERED
from probing.data.held_out import BY_DOCUMENT, BY_SENTENCE, NO_DEV, NO_TRAIN
from probing.data.treebank_sentence import BROKEN, EMPTY, RANGES
from probing.errors import DataError

# "Don't sleep": one multiword range, two words from it, two empty nodes, three words in all.
SENTENCE = """\
# newpar
# sent_id = s-1
# text = Don't sleep
1-2 Don't _ _ _ _ _ _ _ _
1 Do do AUX VB _ 3 aux _ _
2 n't not PART RB Polarity=Neg 3 advmod _ _
2.1 you you PRON PRP _ _ _ 3:nsubj _
3 sleep sleep VERB VB _ 0 root _ _
3.1 now now ADV RB _ _ _ 3:advmod _
"""


def conllu(text: str) -> str:
    """CoNLL-U with its columns written between spaces; comments and ~ (a space inside a column) are kept."""
    return "\n".join(x if x.startswith("#") else x.replace(" ", "\t").replace("~", " ") for x in text.split("\n"))


def words(*heads: int | str) -> str:
    """A sentence of words a, b, … with these heads, annotated with nothing else."""
    rows = (f"{i} {'abcdefgh'[i - 1]} _ _ _ _ {head} _ _ _" for i, head in enumerate(heads, start=1))
    return "\n".join(rows) + "\n"


@pytest.fixture
def parse(tmp_path):
    """The sentences of a text, and the counts of what was skipped."""

    def parsed(text: str, encoding: str = "utf-8"):
        file = tmp_path / "a.conllu"
        file.write_bytes(conllu(text).encode(encoding))
        skipped: Counter[str] = Counter()
        return list(read(file, skipped)), skipped

    return parsed


def test_ranges_and_empty_nodes_are_skipped_and_counted(parse):
    (sentence,), skipped = parse(SENTENCE)
    assert sentence.id == "s-1"
    assert sentence.words == ("Do", "n't", "sleep")
    assert sentence.upos == ("AUX", "PART", "VERB")
    assert sentence.xpos == ("VB", "RB", "VB")
    assert sentence.heads == (3, 3, 0)
    assert sentence.deprel == ("aux", "advmod", "root")
    assert sentence.label is None
    assert skipped == {RANGES: 1, EMPTY: 2}


def test_the_same_sentences_come_with_crlf_bom_blank_lines_and_no_last_line_end(parse):
    plain, _ = parse(f"{SENTENCE}\n{SENTENCE}")
    assert len(plain) == 2
    for other in (
        f"{SENTENCE}\n{SENTENCE}\n".replace("\n", "\r\n"),
        f"\ufeff{SENTENCE}\n{SENTENCE}",
        f"\n\n{SENTENCE}\n\n\n{SENTENCE}\n\n",
        f"{SENTENCE}\n{SENTENCE}".rstrip("\n"),
    ):
        assert parse(other)[0] == plain


def test_annotation_that_is_missing_is_empty(parse):
    (bare, partly), _ = parse(words("_", "_") + "\n1 a _ NOUN _ _ 0 root _ _\n2 b _ _ _ _ 1 _ _ _\n")
    assert (bare.upos, bare.xpos, bare.heads, bare.deprel) == ((), (), (), ())
    assert (bare.lemmas, bare.feats, bare.entities) == ((), (), ())
    assert partly.upos == ("NOUN", "_")
    assert partly.deprel == ("root", "_")
    assert partly.xpos == ()


MARKED = """\
# global.Entity = {order}
1 Ann Ann PROPN _ Number=Sing 2 nsubj _ Entity=(1-person)
2 slept sleep VERB _ _ 0 root _ _
"""


def test_lemmas_features_and_entities_are_kept(parse):
    (sentence,), _ = parse(SENTENCE)
    assert sentence.lemmas == ("do", "not", "sleep")
    assert sentence.feats == ("_", "Polarity=Neg", "_")
    (first, second), _ = parse(f"{MARKED.format(order='GRP-etype')}\n1 Bo Bo PROPN _ _ 0 root _ Entity=(2-person)\n")
    assert first.feats == ("Number=Sing", "_")
    assert (first.entities, second.entities) == ((("1", (0,)),), (("2", (0,)),))


def test_the_order_of_entity_marks_holds_until_the_next(parse):
    other = MARKED.format(order="entity-GRP")
    later = other.split("\n", 1)[1]
    sentences, skipped = parse(f"{other}\n{later}\n{MARKED.format(order='eid-etype')}")
    assert [len(s.entities) for s in sentences] == [0, 0, 1]
    assert skipped[UNORDERED] == 2


def test_a_sentence_without_id_is_named_after_its_line(parse):
    sentences, _ = parse(f"{words(0)}\n# sent_id =\n{words(0)}")
    assert [s.id for s in sentences] == ["a-1", "a-3"]


def test_a_word_may_hold_a_space_and_end_a_line_in_an_empty_column(parse):
    (sentence,), _ = parse("# comment\n1 10~000 _ NUM _ _ 0 root _ \n2 # _ SYM _ _ 1 dep _ a~~b\n")
    assert sentence.words == ("10 000", "#")
    assert sentence.heads == (0, 1)


ROW = "1 a _ _ _ _ 0 _ _ _"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (f"{ROW}\n2 b _ _ _ _ 1 _ _\n", 2, "9 columns between tabs, 10 are expected"),
        (f"{ROW}\n2 b _ _ _ _ 1 _ _ _ _\n", 2, "11 columns"),
        (f"{ROW}\n\n# sent_id = s\n{ROW}\n2~b\n", 5, "1 columns.*'2 b'"),
        (f"{ROW}\nx b _ _ _ _ 1 _ _ _\n", 2, "'x' is not a valid ID"),
        (f"{ROW}\n_ b _ _ _ _ 1 _ _ _\n", 2, "needs ID and FORM"),
        (f"{ROW}\n2  _ _ _ _ 1 _ _ _\n", 2, "needs ID and FORM"),
        (f"{ROW}\n2 b _ _ _ _ one _ _ _\n", 2, "head.*'one'"),
        (f"{ROW}\n2 b _ _ _ _  _ _ _\n", 2, "head"),
        (f"{ROW}\n2 b~~c _ _ _ _ 1 _ _ _\n", 2, "two spaces in a row"),
    ],
)
def test_a_malformed_row_is_named(parse, text, line, reason):
    with pytest.raises(DataError, match=rf"a\.conllu:{line}: not a row of CoNLL-U: .*{reason}"):
        parse(text)


@pytest.mark.parametrize(
    ("heads", "reason"),
    [
        ((2, 3, 2, 0), "a cycle through word 1"),
        ((0, 2), "a cycle through word 2"),
        ((0, 0, 1), r"two roots or more \(words 1, 2\)"),
        ((2, 1), r"no root \(a word with head 0\)"),
        ((0, 3), r"word 2 has head 3; heads are 0 \(root\) to 2"),
        ((0, -1), "word 2 has head -1"),
        ((0, "_"), "word 2 has head _"),
    ],
)
def test_what_is_not_a_tree_keeps_its_words_and_says_why(parse, heads, reason):
    (_, broken), skipped = parse(f"{words(0)}\n{words(*heads)}")
    assert (broken.words, broken.heads) == (tuple("abcdefgh"[: len(heads)]), ())
    assert re.search(rf"a\.conllu:3: sentence a-3 is not a tree: {reason}", broken.broken_tree)
    assert skipped == {BROKEN: 1}


def test_columns_may_have_other_names_and_another_order(parse):
    plus = "# global.columns = ID HEAD MISC FORM UPOS PARSEME:MWE\n1 2 a~~b Dogs NOUN *\n"
    plus += "1.1 _ _ them PRON *\n2 0 _ bark VERB 1\n"
    with pytest.raises(DataError, match=r"a\.conllu:2: not a row of CoNLL-U: two spaces in a row"):
        parse(plus)
    (one, other), skipped = parse(plus.replace("~~", "~") + "\n1 0 _ Yes INTJ *\n")
    assert (one.words, one.upos, one.heads) == (("Dogs", "bark"), ("NOUN", "VERB"), (2, 0))
    assert (one.xpos, one.deprel, other.words) == ((), (), ("Yes",))
    assert skipped == {EMPTY: 1}


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ("UPOS FORM", "global.columns has no ID; words"),
        ("", "no ID and no FORM"),
        ("ID FORM UPOS UPOS", "names a column twice"),
    ],
)
def test_columns_that_cannot_be_read_are_refused(parse, columns, reason):
    with pytest.raises(DataError, match=rf"a\.conllu:1: .*{reason}"):
        parse(f"# global.columns = {columns}\n1 a X X\n")


def test_a_treebank_without_heads_has_no_broken_trees(parse):
    (sentence,), skipped = parse("# global.columns = ID FORM UPOS\n\n1 a X\n")
    assert (sentence.words, sentence.upos, sentence.heads, sentence.broken_tree) == (("a",), ("X",), (), None)
    assert skipped == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("# sent_id = lonely\n\n", r"a\.conllu:1: sentence lonely has no words; remove it"),
        ("1-2 ab _ _ _ _ _ _ _ _\n\n", r"a\.conllu:1: .*no words"),
        ("1 a _ _ _ _ 0 _ _ _\n3 b _ _ _ _ 1 _ _ _\n", r"a\.conllu:1: .*ids must run from 1 to 2 without a gap"),
        ("\n \n", r"a\.conllu: no sentence"),
    ],
)
def test_a_sentence_needs_words_and_a_file_sentences(parse, text, reason):
    with pytest.raises(DataError, match=reason):
        parse(text)


def test_other_bytes_are_named_with_their_line(parse):
    with pytest.raises(DataError, match=r"a\.conllu:2: byte 0xe9 is not UTF-8"):
        parse(f"{ROW}\n2 café _ _ _ _ 1 _ _ _\n", encoding="latin-1")


@pytest.fixture
def folder(tmp_path):
    """Train, dev and test of 20, 1 and 2 sentences; every id occurs in train and in dev or test."""
    for split, size in (("train", 20), ("dev", 1), ("test", 2)):
        text = "\n".join(f"# sent_id = {i}\n{words(0, 1)}" for i in range(size))
        (tmp_path / f"{split}.conllu").write_text(conllu(text))
    return tmp_path


def test_splits_are_read_and_repeated_ids_numbered(folder):
    corpus = load(Conllu("toy", "train.conllu", "test.conllu", "dev.conllu", path=str(folder)))
    assert corpus.name == "toy"
    assert {split: len(s) for split, s in corpus.splits.items()} == {"train": 20, "dev": 1, "test": 2}
    assert [s.id for s in corpus.splits["test"]] == ["0#3", "1#2"]
    assert corpus.skipped["sentence ids repeated, numbered"] == 3
    assert [path.name for path in corpus.sources] == ["train.conllu", "dev.conllu", "test.conllu"]


def test_without_a_dev_file_a_tenth_of_train_is_held_out(folder):
    corpus = load(Conllu(None, "train.conllu", "test.conllu", path=str(folder)))
    assert corpus.name == f"{folder.name}-train"
    train, dev = ([int(s.id) for s in corpus.splits[split]] for split in ("train", "dev"))
    assert (len(train), len(dev)) == (18, 2)
    assert sorted(train + dev) == list(range(20))
    assert dev != [18, 19]
    assert corpus.skipped[BY_SENTENCE] == 2


def documented(*sizes: int, comment: str, ids: str = "s{doc}-{i}") -> str:
    """Documents of these sizes; the first sentence of each has ``comment``."""
    lines = []
    for doc, size in enumerate(sizes):
        for i in range(size):
            start = comment.format(doc=doc) if i == 0 else ""
            lines.append(f"{start}# sent_id = {ids.format(doc=doc, i=i)}\n{words(0, 1)}")
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("comment", "ids", "expected"),
    [
        ("# newdoc id = d{doc}\n", "one-{doc}{i}", ["d0"] * 2 + ["d1"] * 3),
        ("# newdoc\n", "one-{doc}{i}", ["a-1"] * 2 + ["a-10"] * 3),
        ("", "GUM_academic_art{doc}-{i}", ["GUM_academic_art0"] * 2 + ["GUM_academic_art1"] * 3),
        ("", "s{doc}{i}", [None] * 5),
    ],
)
def test_documents_come_from_their_comments_or_from_sentence_ids(parse, comment, ids, expected):
    sentences, _ = parse(documented(2, 3, comment=comment, ids=ids))
    assert [s.document for s in sentences] == expected


def test_without_a_dev_file_no_document_lies_on_both_sides(folder):
    text = documented(*[4] * 30, comment="# newdoc id = d{doc}\n")
    (folder / "train.conllu").write_text(conllu(text))
    corpus = load(Conllu(None, "train.conllu", "test.conllu", path=str(folder)))
    train, dev = ({s.document for s in corpus.splits[split]} for split in ("train", "dev"))
    assert not train & dev
    assert len(corpus.splits["dev"]) == corpus.skipped[BY_DOCUMENT] == 12


def test_a_dev_set_cannot_be_held_out_of_one_sentence(folder):
    source = Conllu("toy", "dev.conllu", "test.conllu", path=str(folder))
    with pytest.raises(DataError, match=r"train has 1 sentence, too few.*data\.dev="):
        source.load()


DATA = os.environ.get("PROBING_DATA")


@pytest.mark.skipif(DATA is None, reason="PROBING_DATA names no folder with ud_english_ewt/")
def test_ewt_has_its_published_size():
    source = Conllu(
        "ewt", "en_ewt-ud-train.conllu", "en_ewt-ud-test.conllu", "en_ewt-ud-dev.conllu", folder="ud_english_ewt"
    )
    corpus = load(source)
    sizes = {split: (len(s), sum(len(x.words) for x in s)) for split, s in corpus.splits.items()}
    assert sizes == {"train": (12544, 204577), "dev": (2001, 25147), "test": (2077, 25094)}
    text = "\n".join(path.read_text(encoding="utf-8") for path in corpus.sources)
    assert corpus.skipped[RANGES] == len(re.findall(r"^\d+-\d+\t", text, re.MULTILINE))
    assert corpus.skipped[EMPTY] == len(re.findall(r"^\d+\.\d+\t", text, re.MULTILINE))


@pytest.mark.skipif(DATA is None, reason="PROBING_DATA names no folder with ud_english_ewt/")
def test_ranges_of_a_subsample_are_counted_in_its_own_sentences():
    files = ("en_ewt-ud-train.conllu", "en_ewt-ud-test.conllu", "en_ewt-ud-dev.conllu")
    corpus = load(Conllu("ewt", *files, folder="ud_english_ewt", max_sentences=40))
    chosen = {s.id for sentences in corpus.splits.values() for s in sentences}
    n_ranges = 0
    for path in corpus.sources:
        for block in path.read_text(encoding="utf-8").split("\n\n"):
            found = re.search(r"^# sent_id = (.*)$", block, re.MULTILINE)
            if found and found[1] in chosen:
                n_ranges += len(re.findall(r"^\d+-\d+\t", block, re.MULTILINE))
    assert corpus.skipped[RANGES] == n_ranges > 0


def test_without_a_train_file_dev_serves_as_train_where_that_is_asked_for(tmp_path):
    for name in ("dev", "test"):
        lines = [f"# sent_id = {name}_{i // 3}-{i}\n1\tw{i}\t_\tX\t_\t_\t0\troot\t_\t_\n" for i in range(60)]
        (tmp_path / f"{name}.conllu").write_text("\n".join(lines) + "\n", encoding="utf-8")
    source = Conllu("toy", "train.conllu", "test.conllu", "dev.conllu", path=str(tmp_path), train_from_dev=True)
    corpus = source.load()
    assert corpus.name == "toy-dev"
    sizes = {split: len(found) for split, found in corpus.splits.items()}
    assert sizes["train"] + sizes["dev"] == sizes["test"] == 60
    assert corpus.skipped == {BY_DOCUMENT.replace(NO_DEV, NO_TRAIN): sizes["dev"]}
    assert not {s.document for s in corpus.splits["train"]} & {s.document for s in corpus.splits["dev"]}
    with pytest.raises(DataError, match="no train file at"):
        replace(source, train_from_dev=False).load()
    (tmp_path / "train.conllu").write_text("1\ta\t_\tX\t_\t_\t0\troot\t_\t_\n", encoding="utf-8")
    assert source.load().name == "toy"
