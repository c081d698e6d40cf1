"""Inputs for which some analyses have no result: the run is written, with the rows of all others."""

from pathlib import Path

import pytest

from probing.result.rows import read_rows

SPLITS = ("train", "dev", "test")
WORDS = [("dogs", "NOUN", 2), ("sleep", "VERB", 0), ("and", "CCONJ", 5), ("cats", "NOUN", 5), ("jump", "VERB", 2)]
FEW = ("ablation", "agreement", "values")


def conllu(times: int, heads: bool = True) -> str:
    """Twelve sentences of ``times`` clauses; the first clause holds the root."""
    lines = []
    for clause in range(times):
        for number, (form, upos, head) in enumerate(WORDS, start=1):
            shift = clause * len(WORDS)
            parent = head + shift if head else (2 if clause else 0)
            columns = [number + shift, form, "_", upos, "_", "_", parent if heads else "_", "dep" if heads else "_"]
            lines.append("\t".join(map(str, [*columns, "_", "_"])))
    return ("\n".join(lines) + "\n\n") * 12


@pytest.fixture
def run(tiny, tmp_path, make, manifest_of):
    """run(files, "layers=0", …): folder and manifest of a run with all analyses of a tiny model on these files."""

    def run(files: dict[str, str], *options: str) -> tuple[Path, dict]:
        for split in SPLITS:
            (tmp_path / f"{split}.conllu").write_text(files.get(split, conllu(1)))
        corpus = ["data=conllu", "data.name=odd", *(f"data.{s}={tmp_path / s}.conllu" for s in SPLITS)]
        sentences = [f"analysis.{name}.sentences=3" for name in FEW]
        given = [f"model.checkpoint={tiny}", "attention=full", "analysis.syntax.least=3", *sentences, "resamples=20"]
        folder = make(*corpus, *given, f"outputs={tmp_path / 'out'}", *options)
        return folder, manifest_of(folder)

    return run


def analyses(folder: Path) -> set[str]:
    """The analyses that have rows."""
    return set(read_rows(folder / "rows.csv")["analysis"])


def notes(manifest: dict, kind: str) -> list[str]:
    return [note["text"] for note in manifest["notes"] if note["kind"] == kind]


ALL = {"probes", "rollout", "heads", "syntax", "values", "ablation", "agreement"}


def test_with_heads_and_short_sentences_every_analysis_has_rows(run):
    folder, manifest = run({}, "layers=[1,2]")
    assert manifest["failed"] == {}
    assert analyses(folder) == ALL


def test_a_test_file_without_heads_leaves_out_syntax_alone(run):
    folder, manifest = run({"test": conllu(1, heads=False)}, "layers=[1,2]")
    assert manifest["failed"] == {}
    assert "syntax: no sentence of test has heads and relations" in notes(manifest, "skipped")
    assert analyses(folder) == ALL - {"syntax"}


def test_test_sentences_that_are_all_too_long_for_agreement_leave_out_agreement_alone(run):
    folder, manifest = run({"test": conllu(3)}, "layers=[1,2]")
    assert set(manifest["failed"]) == {"agreement"}
    assert "none of the 12 sentences of test has 3 to 32 subwords" in manifest["failed"]["agreement"]
    assert analyses(folder) == ALL - {"agreement"}


def test_test_sentences_that_are_all_longer_than_the_model_reads_at_once_leave_the_probes(run):
    folder, manifest = run({"test": conllu(6)}, "layers=[1,2]")
    assert analyses(folder) == {"probes"}
    assert set(manifest["failed"]) == {"rollout", "heads", "syntax", "redundancy", "values", "ablation", "agreement"}
    assert not any("Error: " in reason for reason in manifest["failed"].values())  # each is one that was foreseen
    assert manifest["failed"]["heads"].startswith("none of the 12 sentences of test fits whole into one input")


def test_with_the_embedding_output_alone_there_is_nothing_to_intervene_on(run):
    folder, manifest = run({}, "layers=0")
    assert manifest["failed"] == {}
    skipped = [
        text
        for text in notes(manifest, "skipped")
        if "there is no linear classifier of words or sentences on a layer above 0" in text
    ]
    assert [text.partition(":")[0] for text in skipped] == ["ablation", "agreement"]
    assert analyses(folder) == ALL - {"ablation", "agreement"}


def test_where_dev_chooses_the_embedding_output_effects_are_of_the_best_layer_above(run):
    # every word has one tag, so that all layers are equally good on dev, and the first of them is chosen
    folder, manifest = run({})
    assert manifest["failed"] == {}
    assert any("dev chose layer 0" in text for text in notes(manifest, "caveat"))
    assert manifest["analyses"]["ablation"]["output"] == "the linear probe of pos on layer 1"
    assert analyses(folder) == ALL
