"""Corpora from files, lists and tables; what is refused names what was seen and what is expected."""

import pandas as pd
import pytest
import yaml

import probing
from probing.data.grammar import Grammar
from probing.distribution import OPTIONS
from probing.errors import ConfigError, DataError
from probing.interface.named_corpora import NAMED, named

CATS = (["Cats", "sleep"], ["NOUN", "VERB"])
CONLLU = "1\tDogs\tdog\tNOUN\t_\t_\t2\tnsubj\t_\t_\n2\tbark\tbark\tVERB\t_\t_\t0\troot\t_\t_\n\n"


def sizes(corpus):
    return {split: len(sentences) for split, sentences in corpus.splits.items()}


def test_the_bundled_corpus_is_that_of_the_command_line():
    corpus = probing.load_corpus("grammar")
    assert corpus.splits == Grammar().load().splits
    assert probing.load_corpus("grammar", max_sentences=7).name == "grammar-7"


def test_corpora_with_a_name_are_found_as_on_the_command_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PROBING_DATA", str(tmp_path))
    folder = tmp_path / "sst2"
    folder.mkdir()
    for split in ("train", "dev", "test"):
        (folder / f"{split}.tsv").write_text("a fine film\t1\na dull film\t0\n", encoding="utf-8")
    corpus = probing.load_corpus("sst2", name="films")
    assert (corpus.name, sizes(corpus)) == ("films", {"train": 2, "dev": 2, "test": 2})
    assert [sentence.label for sentence in corpus.splits["test"]] == ["positive", "negative"]
    (folder / "test.tsv").unlink()
    with pytest.raises(DataError, match="corpus sst2: no test file"):  # never a stand-in
        probing.load_corpus("sst2")
    for name in NAMED:  # the options of the command line, all of them
        options = yaml.safe_load((OPTIONS / "data" / f"{name}.yaml").read_text(encoding="utf-8"))
        source = vars(named(name, None, None))
        assert source == {**source, **{k: v for k, v in options.items() if k not in ("_target_", "stand_in")}}
        assert source["stand_in"] is None


def test_a_list_is_split_the_same_way_every_time_and_what_was_drawn_is_counted():
    given = [([f"word{i}", "sleeps"], ["NOUN", "VERB"]) for i in range(50)]
    corpus = probing.load_corpus(given, name="mine")
    assert (corpus.name, sizes(corpus)) == ("mine", {"train": 41, "dev": 4, "test": 5})
    assert corpus == probing.load_corpus(given, name="mine")
    found = [s.words[0] for sentences in corpus.splits.values() for s in sentences]
    assert sorted(found) == sorted(f"word{i}" for i in range(50))
    assert sorted(corpus.skipped.values()) == [4, 5]


def test_three_sentences_are_enough_and_two_are_not():
    assert sizes(probing.load_corpus([CATS] * 3)) == {"train": 1, "dev": 1, "test": 1}
    with pytest.raises(DataError, match="2 sentences: at least 3 are expected.*probing.rollout"):
        probing.load_corpus([CATS] * 2)


def test_splits_are_kept_and_dev_is_drawn_out_of_train():
    corpus = probing.load_corpus({"train": [CATS] * 4, "test": [CATS]})
    assert sizes(corpus) == {"train": 3, "dev": 1, "test": 1}
    with pytest.raises(DataError, match="no test split"):
        probing.load_corpus({"train": [CATS]})
    with pytest.raises(DataError, match="split valid: the splits are train, dev"):
        probing.load_corpus({"train": [CATS], "valid": [CATS], "test": [CATS]})


def test_files_are_read_as_on_the_command_line(tmp_path):
    for split in ("train", "dev", "test"):
        (tmp_path / f"{split}.conllu").write_text(CONLLU * 2)
    corpus = probing.load_corpus({s: tmp_path / f"{s}.conllu" for s in ("train", "dev", "test")})
    assert (corpus.name, sizes(corpus)) == (f"{tmp_path.name}-train", {"train": 2, "dev": 2, "test": 2})
    assert corpus.splits["test"][0].heads == (2, 0)
    (tmp_path / "whole.conllu").write_text(CONLLU * 9)
    assert sizes(probing.load_corpus(str(tmp_path / "whole.conllu"))) == {"train": 7, "dev": 1, "test": 1}
    (tmp_path / "labelled.tsv").write_text("text\tlabel\n" + "A good film\tgood\nA bad film\tbad\n" * 6)
    labelled = probing.load_corpus(tmp_path / "labelled.tsv")
    assert {s.label for s in labelled.splits["train"]} == {"good", "bad"}
    assert labelled.splits["train"][0].words[0] == "A"


def test_the_text_as_it_is_written_is_read_if_asked_for(tmp_path):
    (tmp_path / "whole.conllu").write_text("# text = Dogs bark\n".join(["", *[CONLLU] * 3]))
    spaced, written = (probing.load_corpus(tmp_path / "whole.conllu", text=text) for text in ("spaced", "as_written"))
    assert spaced.splits["test"][0].surface is None
    assert written.splits["test"][0].surface.text == "Dogs bark"


def test_a_name_without_a_file_says_what_can_be_given():
    with pytest.raises(DataError, match="The cat sat.: 'grammar' .bundled., 'ewt', 'sst2', a file .*conllu"):
        probing.load_corpus("The cat sat.")
    with pytest.raises(DataError, match=r"nothere\.conllu: there is no such file"):
        probing.load_corpus("nothere.conllu")
    with pytest.raises(DataError, match="5: 'grammar'"):
        probing.load_corpus(5)
    with pytest.raises(DataError, match="is empty"):
        probing.load_corpus([])
    with pytest.raises(ConfigError, match="max_sentences=0"):
        probing.load_corpus([CATS] * 3, max_sentences=0)


def test_a_table_names_its_splits():
    words = pd.DataFrame(
        [
            (split, f"{split}{n}", form, tag)
            for split in ("train", "dev", "test")
            for n in (1, 2)
            for form, tag in zip(*CATS, strict=True)
        ],
        columns=["split", "sentence", "word", "upos"],
    )
    corpus = probing.load_corpus(words)
    assert sizes(corpus) == {"train": 2, "dev": 2, "test": 2}
    assert corpus.splits["dev"][1].upos == ("NOUN", "VERB")
