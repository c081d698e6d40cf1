"""A manifest holds the checksums of a run's files and its own: a change of any of them is noticed and named."""

import json

import pytest

from probing.errors import DataError
from probing.result.checksums import CHECKSUMS, OWN, check, damaged, has_checksums, is_whole, signed

MANIFEST = {"command": "python -m pipelines.run task=pos", "metric": "accuracy", "score": 0.1, "é": float("nan")}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "rows.csv").write_bytes(b"abc")
    (tmp_path / "tables" / "a.md").write_text("a")
    return tmp_path


def test_checksums_are_those_of_sha256(folder):
    found = signed(MANIFEST, folder, ["tables/a.md", "rows.csv"])
    assert [*found[CHECKSUMS]] == ["rows.csv", "tables/a.md"]
    assert found[CHECKSUMS]["rows.csv"] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert len(found[OWN]) == 64


def test_a_manifest_is_whole_as_it_was_written_and_in_any_layout(folder):
    text = json.dumps(signed(MANIFEST, folder, ["rows.csv"]), indent=2, ensure_ascii=False)
    assert is_whole(json.loads(text))
    assert is_whole(json.loads(" ".join(text.split())))
    assert is_whole(MANIFEST)  # of an earlier version
    assert not has_checksums(MANIFEST)


def test_no_change_of_a_manifest_goes_unnoticed(folder):
    text = json.dumps(signed(MANIFEST, folder, ["rows.csv"]))
    for at in range(len(text)):
        other = text[:at] + ("1" if text[at] == "0" else "0") + text[at + 1 :]
        try:
            found = json.loads(other)
        except ValueError:
            continue
        assert not is_whole(found), other


def test_a_file_that_was_changed_lost_or_added_is_damaged(folder):
    manifest = signed(MANIFEST, folder, ["rows.csv", "tables/a.md"])
    names = ["rows.csv", "tables/a.md", "never.npz"]
    assert damaged(folder, manifest, names) == []
    (folder / "rows.csv").write_bytes(b"abd")
    (folder / "tables" / "a.md").unlink()
    (folder / "never.npz").write_bytes(b"")
    assert damaged(folder, manifest, names) == names
    assert damaged(folder, MANIFEST, names) == []


def test_what_is_damaged_is_named_in_one_line_with_the_command(folder):
    manifest = signed(MANIFEST, folder, ["rows.csv", "tables/a.md"])
    (folder / "rows.csv").write_bytes(b"")
    (folder / "tables" / "a.md").unlink()
    with pytest.raises(DataError) as raised:
        check(folder, manifest, ["rows.csv", "tables/a.md"])
    assert str(raised.value) == (
        f"{folder}/rows.csv is damaged, {folder}/tables/a.md is missing: not what the run wrote; "
        f"delete {folder}, then type python -m pipelines.run task=pos"
    )


def test_later_checksums_replace_those_of_the_same_files_alone(folder):
    first = signed(MANIFEST, folder, ["rows.csv", "tables/a.md"])
    (folder / "tables" / "a.md").write_text("b")
    again = signed(first, folder, ["tables/a.md"])
    assert is_whole(again)
    assert again[CHECKSUMS]["rows.csv"] == first[CHECKSUMS]["rows.csv"]
    assert damaged(folder, again, ["rows.csv", "tables/a.md"]) == []
