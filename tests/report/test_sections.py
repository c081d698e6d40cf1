from dataclasses import replace

import pandas as pd

from probing.report.sections import of_analysis, sections, write_section_tables

LINES = [("all", 1, 0.25), ("all", 2, 0.5, {"split": "dev"})]


def test_an_analysis_without_a_section_file_gets_all_its_rows_as_a_plain_table(run_with):
    run = run_with("of_tomorrow", LINES, sample="3 of the 4 sentences of test")
    made = of_analysis(run, "of_tomorrow")
    assert (made.title, made.sample) == ("of_tomorrow", "3 of the 4 sentences of test")
    [table] = made.tables
    assert table.raw["value"].tolist() == [0.25, 0.5]
    assert table.text["split"].tolist() == ["test", "dev"]
    assert table.text["head"].tolist() == ["–", "–"]
    assert "no function section" in table.note


def test_sections_stand_in_the_order_of_the_analyses_and_empty_ones_are_left_out(run_with):
    rollout = run_with("rollout", [("all", 1, 0.2, {"metric": "mass_on_special"})])
    plain = run_with("of_tomorrow", LINES)
    manifest = {**rollout.manifest, "analyses": {"probes": {}, "of_tomorrow": {}, "heads": {}, "rollout": {}}}
    run = replace(rollout, manifest=manifest, others=pd.concat([rollout.others, plain.others], ignore_index=True))
    assert [made.title for made in sections(run)] == ["of_tomorrow", "Attention rollout"]


def test_the_joined_section_comes_first_where_there_is_one(run_with):
    run = run_with("rollout", [("all", 1, 0.2, {"metric": "gold_head_over_matched_word"})])
    assert [made.title for made in sections(run)] == ["Decodable, attended", "Attention rollout"]


def test_a_run_of_probes_alone_has_no_section(run_with):
    assert sections(run_with("heads", [])) == []


def test_every_table_is_written_unrounded_and_as_text(run_with, tmp_path):
    made = sections(run_with("of_tomorrow", [("all", 1, 1 / 3)]))
    paths = write_section_tables(made, tmp_path)
    assert [path.name for path in paths] == ["of_tomorrow.csv", "of_tomorrow.md", "of_tomorrow.tex"]
    assert repr(1 / 3) in paths[0].read_text()
