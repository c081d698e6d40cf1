import numpy as np
import pandas as pd

from probing.attention.interventions.activation_patching import Patched
from probing.report.patching_figure import described, write_patching

NAN = np.nan
WORDS = Patched(
    clean=2.0,
    corrupted=-2.0,
    layers=(0, 1),
    denoised=np.array([[-2.0, NAN, 2.0], [0.0, NAN, -3.0]]),
    noised=np.array([[2.0, NAN, -2.0], [1.0, NAN, 2.0]]),
    words=np.array([-1, 0, 1]),
)
HEADS = Patched(2.0, -2.0, (1,), np.array([[0.0, -2.0]]), np.array([[2.0, 0.0]]), np.zeros(0, np.int64))
SAME = Patched(1.0, 1.0, (1,), np.array([[1.0, 1.0]]), np.array([[1.0, 1.0]]), np.zeros(0, np.int64))


def test_the_numbers_beside_the_figure_are_those_of_the_cells(tmp_path):
    paths = write_patching(WORDS, ["[CLS]", "not", "$dull_"], tmp_path / "words", "a pair")
    assert [path.suffix for path in paths] == [".png", ".pdf", ".csv"] and all(path.stat().st_size for path in paths)
    table = pd.read_csv(tmp_path / "words.csv").set_index(["layer", "word"])
    recovered = {(0, "[CLS]"): 0.0, (0, "$dull_"): 1.0, (1, "[CLS]"): 0.5, (1, "$dull_"): -0.25}
    assert table["recovered"].dropna().to_dict() == recovered
    assert table.loc[(slice(None), "not"), "recovered"].isna().all()
    assert table.loc[(0, "$dull_"), "destroyed"] == 1.0 and table.loc[(1, "[CLS]"), "destroyed"] == 0.25


def test_the_same_arrays_give_the_same_bytes_and_heads_are_named(tmp_path):
    one, two = (write_patching(HEADS, ["0", "1"], tmp_path / name / "heads", "a pair") for name in "ab")
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
    assert pd.read_csv(one[2])["head"].tolist() == [0, 1]


def test_the_line_below_the_title_says_what_the_cells_are(tmp_path):
    assert described(WORDS, heads=False).endswith("grey: the corrupted text has no such word")
    assert described(HEADS, heads=True).startswith("outputs of a head at all aligned words exchanged; logit difference")
    assert "do not differ" in described(SAME, heads=True)
    assert write_patching(SAME, ["0", "1"], tmp_path / "same", "a pair")
