"""What was asked for stays known, also where a run of the stand-in was there already."""

import json

import pytest

from probing.errors import DataError
from probing.report.compare import compare
from probing.report.gather import gather
from probing.report.stand_in_notes import notes_of_folders
from probing.result.asked_for import ASKED_FOR, asked_for, note_names
from probing.result.folder import parsed_manifest

BERT = "google-bert/bert-base-uncased"


def test_a_run_that_was_asked_for_by_two_names_is_shown_under_its_own_with_a_note(make_run, tmp_path):
    folder = make_run("distance", model="minilm")
    note_names(folder, parsed_manifest(folder), {"model": BERT, "data": "toy"})
    assert asked_for(folder) == {"model": [BERT]}
    [note] = notes_of_folders([folder])
    assert note.startswith(f"model={BERT} was asked for and could not be loaded; minilm stood in for it.")
    assert [one.model for one in gather([folder])[0]] == ["minilm"]
    page = compare([folder], tmp_path / "report").read_text(encoding="utf-8")
    assert f'<p class="warn">model={BERT} was asked for' in page


def test_the_other_order_says_the_same(make_run):
    stand_in = {"name": "minilm", "requested": BERT, "stand_in": True}
    folder = make_run("distance", model="minilm", checkpoint=stand_in)
    assert [one.model for one in gather([folder])[0]] == [f"minilm (stand-in for {BERT})"]
    note_names(folder, parsed_manifest(folder), {"model": "minilm", "data": "toy"})
    assert [one.model for one in gather([folder])[0]] == ["minilm"]
    assert len(notes_of_folders([folder])) == 1


def test_nothing_is_written_for_names_that_are_known(make_run):
    folder = make_run("distance", model="minilm")
    note_names(folder, parsed_manifest(folder), {"model": "minilm", "data": "toy"})
    assert not (folder / ASKED_FOR).exists()


def test_a_damaged_file_is_named(make_run):
    folder = make_run("distance")
    (folder / ASKED_FOR).write_text(json.dumps(["bert"]))
    with pytest.raises(DataError, match=ASKED_FOR):
        asked_for(folder)
