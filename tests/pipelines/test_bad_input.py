"""Bad input ends the program with one clear message and an exit code, and changes no file."""

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import h5py
import pandas as pd
import pytest

from probing.data.treebank_sentence import BROKEN
from probing.result.folder import find_runs

GOOD = [(1, "dogs", "NOUN", 2), (2, "bark", "VERB", 0), (3, "loudly", "ADV", 2)]
SPLITS = ("train", "dev", "test")


def conllu(rows: list[tuple[int, str, str, int]]) -> str:
    return "".join(f"{i}\t{form}\t_\t{upos}\t_\t_\t{head}\tdep\t_\t_\n" for i, form, upos, head in rows) + "\n"


@pytest.fixture
def treebank(tmp_path) -> Path:
    """Three CoNLL-U files of ten sentences each."""
    for split in SPLITS:
        (tmp_path / f"{split}.conllu").write_text(conllu(GOOD) * 10)
    return tmp_path


@pytest.fixture
def reviews(tmp_path) -> Path:
    """Three TSV files of ten reviews each."""
    for split in SPLITS:
        (tmp_path / f"{split}.tsv").write_text("text\tlabel\n" + "so good\tpos\nso bad\tneg\n" * 5)
    return tmp_path


@pytest.fixture
def own(tiny) -> Callable[[Path, str], list[str]]:
    """own(folder, "tsv"): the overrides that run a tiny model on the files of a folder."""
    return partial(overrides, tiny)


def overrides(checkpoint: Path, folder: Path, ending: str) -> list[str]:
    corpus = {"conllu": "data=conllu", "tsv": "data=labelled"}[ending]
    files = [f"data.{split}={folder / split}.{ending}" for split in SPLITS]
    return [f"model.checkpoint={checkpoint}", "threads=1", "layers=1", corpus, *files, f"outputs={folder / 'out'}"]


def left_behind(outputs: Path) -> list[str]:
    """Files that a refused run should not have written."""
    return [path.name for path in outputs.rglob("*") if path.is_file() and path.suffix != ".lock"]


CYCLE, TWO_ROOTS = [*GOOD[:2], (3, "loudly", "ADV", 4), (4, "so", "ADV", 3)], [*GOOD[:2], (3, "loudly", "ADV", 0)]
TREEBANKS = {
    "missing": (None, ["no train file at", "train.conllu", "data.train="]),
    "empty": (b"", ["train.conllu is empty"]),
    "columns": (
        conllu(GOOD).replace("\tVERB\t_", "\tVERB").encode(),
        ["train.conllu:2", "9 columns", "10 are expected"],
    ),
    "withheld": (
        conllu([(i, "_", upos, head) for i, _, upos, head in GOOD]).encode(),
        ["3 of the 3 words of train are only '_'", "its text is withheld"],
    ),
    "latin": (conllu(GOOD).encode() + "é".encode("latin-1"), ["train.conllu:5", "0xe9 is not UTF-8", "iconv"]),
    "words": (b"# sent_id = a\n1-2\tdon't\t_\t_\t_\t_\t_\t_\t_\t_\n\n", ["train.conllu:1", "has no words"]),
    "one class": (conllu([(1, "dogs", "NOUN", 0)]).encode(), ["one class only (NOUN)"]),
    "other labels": (
        conllu([(1, "dogs", "N", 2), (2, "bark", "V", 0)]).encode(),
        ["no label of dev (ADV, NOUN, VERB) occurs in train (N, V)", "the same labels in every split"],
    ),
}


@pytest.mark.parametrize("fault", TREEBANKS)
def test_a_faulty_treebank_is_refused_with_file_and_line(fault, treebank, here, refused, own):
    content, words = TREEBANKS[fault]
    train = treebank / "train.conllu"
    train.unlink()
    if content is not None:
        train.write_bytes(content)
    message = refused(here(*own(treebank, "conllu"), small=False), 1)
    assert [word for word in words if word not in message] == []
    assert left_behind(treebank / "out") == []


TREES = {"cycle": (CYCLE, "a cycle through word 3"), "roots": (TWO_ROOTS, "two roots or more (words 2, 3)")}


@pytest.mark.parametrize("fault", TREES)
def test_a_broken_tree_is_refused_only_where_a_task_reads_it(fault, treebank, here, refused, own):
    rows, reason = TREES[fault]
    with (treebank / "test.conllu").open("a") as file:
        file.write(conllu(rows))
    given = [*own(treebank, "conllu"), "attention=none"]
    message = refused(here(*given, "task=tree_depth", small=False), 1)
    assert f"test.conllu:41: sentence test-41 is not a tree: {reason}; correct its HEAD column" in message
    assert "data.broken_trees=skip to leave out such sentences (1 of the 11 of test)" in message
    assert left_behind(treebank / "out") == []
    done = here(*given, "task=pos", small=False)
    assert done.code == 0
    assert f"{BROKEN}: 1" in done.out
    [run] = find_runs(treebank / "out")
    scored = pd.read_csv(run / "rows.csv").query("split == 'test' and target == 'task'")
    assert set(scored.n_items) == {3 * 10 + len(rows)}


@pytest.mark.parametrize("task", ["task=depth", "task=distance"])
def test_a_broken_tree_can_be_left_out(task, treebank, here, own):
    for split in SPLITS:
        with (treebank / f"{split}.conllu").open("a") as file:
            file.write(conllu(TWO_ROOTS))
    longer = [(i, "word", "NOUN", i - 1) for i in range(1, 8)]
    for split in SPLITS:  # sentences that the metrics count
        with (treebank / f"{split}.conllu").open("a") as file:
            file.write(conllu(longer) * 3)
    done = here(*own(treebank, "conllu"), task, "attention=none", "data.broken_trees=skip", small=False)
    assert (done.code, done.err) == (0, "")
    assert f"{BROKEN}: 3" in done.out
    [run] = find_runs(treebank / "out")
    notes = json.loads((run / "manifest.json").read_text())["notes"]
    assert any("9 " in note["text"] and "have no label and are left out" in note["text"] for note in notes)
    sentences = pd.read_csv(run / "rows.csv").query("split == 'test' and target == 'task'").n_sentences
    assert sentences.max() == 13


@pytest.mark.parametrize(
    "line, words",
    [
        ("so odd", ["train.tsv:12", "1 columns", "text and label"]),
        ("so odd\t", ["train.tsv:12", "no label for 'so odd'"]),
        ("\tpos", ["train.tsv:12", "the text is empty"]),
    ],
)
def test_a_faulty_table_is_refused_with_file_and_line(line, words, reviews, here, refused, own):
    with (reviews / "train.tsv").open("a") as file:
        file.write(line + "\n")
    message = refused(here(*own(reviews, "tsv"), "task=sentiment", small=False), 1)
    assert [word for word in words if word not in message] == []
    assert left_behind(reviews / "out") == []


def test_a_corpus_without_the_annotation_is_refused(reviews, here, refused, own):
    message = refused(here(*own(reviews, "tsv"), "task=pos", small=False), 1)
    assert "task=pos needs upos" in message
    assert "data=ewt or data=conllu" in message
    assert left_behind(reviews / "out") == []


def test_punctuation_without_tags_or_without_effect_is_refused_before_the_model_runs(treebank, here, refused, own):
    bare = conllu([(i, form, "_", head) for i, form, _, head in GOOD]) * 10
    for split in SPLITS:
        (treebank / f"{split}.conllu").write_text(bare)
    given = [*own(treebank, "conllu"), "punctuation=remove"]
    message = refused(here(*given, "task=depth", small=False), 1)
    named = f"corpus {treebank.name}-train"
    assert f"punctuation=remove needs upos, and {named} has none in dev; type punctuation=keep" in message
    message = refused(here(*given, "task=tree_depth", small=False), 2)
    assert "punctuation=remove changes nothing for task=tree_depth" in message
    assert left_behind(treebank / "out") == []


def without_pickles(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def without_fast_tokenizer(folder: Path) -> None:
    from transformers import CanineTokenizer

    (folder / "tokenizer.json").unlink()
    (folder / "vocab.txt").write_text("[PAD]\n")
    CanineTokenizer().save_pretrained(folder)


def with_nan(folder: Path) -> None:
    edit_weights(folder, float("nan"))


def with_large_numbers(folder: Path) -> None:
    edit_weights(folder, 1e6)


def edit_weights(folder: Path, value: float) -> None:
    """Set the first block's output bias."""
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    [name] = [name for name in weights if name.endswith("layer.0.output.LayerNorm.bias")]
    weights[name][3] = value
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def without_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def truncated(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])


@pytest.mark.parametrize(
    "damage, words",
    [
        (without_pickles, ["only pytorch_model.bin, expected model.safetensors", "save_pretrained"]),
        (without_fast_tokenizer, ["CanineTokenizer is not a fast tokenizer", "tokenizer.json"]),
        (with_nan, ["layer 1 is not finite (NaN or infinity) for the sentence"]),
        (without_config, ["no config.json"]),
        (truncated, ["cannot load"]),
        (shutil.rmtree, ["no such folder"]),
    ],
)
def test_a_faulty_checkpoint_is_refused(damage, words, tiny, treebank, here, refused, own):
    checkpoint = shutil.copytree(tiny, treebank / "checkpoint")
    damage(checkpoint)
    given = [*own(treebank, "conllu"), f"model.checkpoint={checkpoint}"]
    message = refused(here(*given, small=False), 1)
    assert [word for word in words if word not in message] == []
    assert find_runs(treebank) == list(treebank.rglob("*.h5")) == []


def test_a_model_beyond_float16_runs_and_says_so(tiny, treebank, here, own):
    checkpoint = shutil.copytree(tiny, treebank / "checkpoint")
    with_large_numbers(checkpoint)
    given = [*own(treebank, "conllu"), f"model.checkpoint={checkpoint}"]
    done = here(*given, small=False)
    assert (done.code, "have numbers above 65,504" in done.out) == (0, True)
    [manifest] = [json.loads((run / "manifest.json").read_text()) for run in find_runs(treebank)]
    assert manifest["store"]["dtype"] == "float16"
    assert manifest["store"]["precision"].startswith("11 bits")
    assert manifest["store"]["scaled_features"]
    assert "have numbers above 65,504" in str(manifest["notes"])


def test_a_faulty_checkpoint_changes_nothing_that_other_runs_wrote(tiny, treebank, here, refused, own):
    checkpoint = shutil.copytree(tiny, treebank / "checkpoint")
    given = [*own(treebank, "conllu"), f"model.checkpoint={checkpoint}"]
    assert here(*given, small=False).code == 0
    before = {path: path.read_bytes() for path in (treebank / "out").rglob("*") if path.is_file()}
    with_nan(checkpoint)
    refused(here(*given, "tag=again", small=False), 1)
    assert {path: path.read_bytes() for path in before} == before


def test_without_a_hub_the_bundled_model_and_corpus_stand_in_and_say_so(plain):
    folder, done = plain
    assert (done.code, done.err) == (0, "")
    model, corpus = (line for line in done.out.splitlines() if line.startswith("NOTE  "))
    assert model.startswith("NOTE  model=minilm stands in for google-bert/bert-base-uncased")
    assert "hf download google-bert/bert-base-uncased" in model
    assert "model.checkpoint=./bert-base-uncased" in model
    assert corpus.startswith("NOTE  data=grammar stands in for ewt")
    assert "data.path=" in corpus
    assert "PROBING_DATA" in corpus
    [run] = find_runs(folder)
    assert run.relative_to(folder / "runs/main").parts[:3] == ("minilm", "grammar-150", "pos")
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["checkpoint"]["stand_in"] and manifest["checkpoint"]["name"] == "minilm"
    assert manifest["checkpoint"]["requested"] == "google-bert/bert-base-uncased"
    assert manifest["data"]["stand_in"] and manifest["data"]["requested"] == "ewt"
    assert [note["kind"] for note in manifest["notes"]].count("substituted") == 2
    assert "Stand-in" in (run / "index.html").read_text()


@pytest.mark.parametrize("given", [["data=grammar"], ["model=minilm", "task=sentiment"]])
def test_with_strict_nothing_stands_in(given, there, refused, tmp_path):
    message = refused(there(*given, "strict=true", f"outputs={tmp_path}"), 1)
    assert "the Hub cannot be reached" in message
    assert left_behind(tmp_path) == []


def test_a_name_that_is_neither_a_folder_nor_a_hub_id_is_refused(there, refused, tmp_path):
    message = refused(there("data=grammar", "model.checkpoint=my model", f"outputs={tmp_path}"), 1)
    assert "neither a folder here nor a Hub id" in message


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A file system of 8 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("only root can make a small file system")
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this machine does not allow mounts")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_store_that_does_not_fit_on_the_disk_is_refused_before_it_is_started(small_disk, here, refused):
    message = refused(here(f"outputs={small_disk}"), 1)
    assert "0.02 GB needed, 0.01 GB free" in message
    assert "store.folder=" in message
    assert left_behind(small_disk) == []


def test_a_run_that_does_not_fit_on_the_disk_leaves_no_half_of_a_run(small_disk, outputs, here, refused):
    given = ["layers=1", "probe.l2=[1e-2]", f"outputs={small_disk}", f"store.folder={outputs / 'store'}"]
    filler = small_disk / "filler"
    filler.write_bytes(bytes(8 * 1024**2 - 64 * 1024))
    message = refused(here(*given), 1)
    assert "No space left on device" in message
    assert find_runs(small_disk) == []
    filler.unlink()
    assert here(*given).code == 0
    assert len(find_runs(small_disk)) == 1


@pytest.mark.parametrize("asked", ["measured", "study"])
def test_a_store_that_is_deleted_during_a_run_says_what_to_do(asked, treebank, here, refused, own, monkeypatch):
    import pipelines.running.carry_out

    given = own(treebank, "conllu")
    real = pipelines.running.carry_out.measured

    def measured(study):
        [path] = treebank.rglob("*.h5") if list(treebank.rglob("*.h5")) else [study.hidden.path]
        path.unlink()
        return real(study)

    def write_batch(file, disk, journal, *rest):
        shutil.rmtree(journal.parent)
        raise FileNotFoundError(2, "No such file or directory", str(journal))

    if asked == "measured":
        monkeypatch.setattr("pipelines.running.carry_out.measured", measured)
    else:
        monkeypatch.setattr("probing.store.journal.write_batch", write_batch)
    message = refused(here(*given, small=False), 1)
    assert f"{treebank / 'out' / 'store'}" in message
    assert "was deleted while this run needed it; run the same command again" in message
    monkeypatch.undo()
    assert here(*given, small=False).code == 0


@pytest.mark.slow
@pytest.mark.parametrize("megabytes", [150, 300, 600, 900, 1200, 1350, 1500])
def test_little_memory_is_said_in_one_line(megabytes, small, environment, tmp_path):
    command = [sys.executable, "-m", "pipelines.run", *small, "attention=full", f"outputs={tmp_path}"]
    limit = (megabytes * 10**6,) * 2
    limited = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_AS, limit)}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=150, **limited)
    except subprocess.TimeoutExpired:
        pytest.skip("OpenBLAS asks the system for memory again and again while it is loaded, and never ends")
    assert "Traceback" not in done.stdout + done.stderr
    if done.returncode == 1:  # some libraries end the process themselves (std::bad_alloc, OpenBLAS)
        assert done.stderr.count("error: ") == 1
        assert "memory" in done.stderr


def flip(path: Path) -> None:
    """Change one bit of layer 1."""
    with h5py.File(path) as file:
        found: list[h5py.Dataset] = []
        file.visititems(lambda name, _: found.append(file[name]) if name in ("hidden/1", "attention/1") else None)
        at = found[0].id.get_chunk_info(0).byte_offset + 1000
    with path.open("r+b") as stream:
        stream.seek(at)
        byte = stream.read(1)[0]
        stream.seek(at)
        stream.write(bytes([byte ^ 1]))


def halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwrite(path: Path) -> None:
    path.write_text("not a store")


@pytest.mark.parametrize("kind", ["vectors", "maps"])
@pytest.mark.parametrize("damage", [flip, halve, overwrite])
def test_a_damaged_store_is_named_and_made_again_once(damage, kind, treebank, here, own):
    given = (*own(treebank, "conllu"), "probe.l2=[1e-2]", "resamples=50")
    assert here(*given, small=False).code == 0
    [store] = (path for path in treebank.rglob("*.h5") if ("-attention-" in path.name) == (kind == "maps"))
    whole = store.read_bytes()
    damage(store)
    done = here(*given, "tag=again", small=False)
    assert (done.code, done.err) == (0, "")
    assert f"{store} is damaged or foreign" in done.out
    assert "deleting it and making it again" in done.out
    assert store.read_bytes() == whole
    first, again = sorted(find_runs(treebank), key=lambda run: "again" in str(run))
    one, other = (pd.read_csv(run / "rows.csv").drop(columns="tag") for run in (first, again))
    assert one.equals(other)
    notes = json.loads((again / "manifest.json").read_text())["notes"]
    assert [note["kind"] for note in notes].count("rebuilt") == 1
