"""Colours of heads: apart from each other however one sees, and from the page."""

import re
from itertools import combinations

import numpy as np
import pytest

from probing.view.bundle import PAGE

# what each kind of dichromacy makes of linear RGB (Machado, Oliveira and Fernandes, 2009, severity 1)
SIGHT = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(colour: str) -> np.ndarray:
    levels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    shares = TO_XYZ @ rgb / TO_XYZ.sum(1)
    x, y, z = np.where(shares > 0.008856, np.cbrt(shares), 7.787 * shares + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def palettes() -> dict[str, list[str]]:
    text = (PAGE / "palette.js").read_text(encoding="utf-8")
    found = re.findall(r"(light|dark): \[(.*?)\]", text, re.DOTALL)
    return {name: re.findall(r"#[0-9a-f]{6}", colours) for name, colours in found}


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_any_two_heads_differ_for_every_eye(theme, sight):
    colours = palettes()[theme]
    assert len(colours) == 16
    seen = [lab(np.clip(np.asarray(SIGHT[sight]) @ linear(colour), 0, 1)) for colour in colours]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) >= 18


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_colours_of_heads_are_soft(theme):
    assert max(np.hypot(*lab(linear(colour))[1:]) for colour in palettes()[theme]) <= 60.5


@pytest.mark.parametrize(("theme", "ground"), [("light", "#ffffff"), ("dark", "#16181c")])
def test_every_head_stands_out_from_the_page(theme, ground):
    luminance = [float(TO_XYZ[1] @ linear(colour)) + 0.05 for colour in [ground, *palettes()[theme]]]
    assert min(max(one, luminance[0]) / min(one, luminance[0]) for one in luminance[1:]) >= 2.9  # WCAG asks 3 of lines
