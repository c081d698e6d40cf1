"""The head that a page opens with."""

import numpy as np

from probing.view.record import Tokens, View
from probing.view.telling_head import telling_heads


def view_of(heads: list[np.ndarray], special: tuple[bool, ...], **more) -> View:
    n = len(special)
    words = np.where(special, -1, np.arange(n))
    tokens = Tokens(("x",) * n, special, words, np.zeros(n, int), ("x",) * n, np.zeros(n, int))
    return View(tokens, np.stack(heads)[None].astype(np.float32), **more)


def shifted(n: int, by: int) -> np.ndarray:
    return np.roll(np.eye(n), by, axis=1)


def test_a_head_with_a_key_of_its_own_for_each_query_comes_before_all_others():
    n = 8
    special = (True, *[False] * (n - 2), True)
    first, last, one = (np.zeros((n, n)) for _ in range(3))
    first[:, 0], last[:, -1], one[:, 3] = 1, 1, 1  # the special ones, and one key for all
    far = 0.5 * shifted(n, 3) + 0.5 / n
    heads = [first, last, one, np.eye(n), shifted(n, 1), np.full((n, n), 1 / n), far]
    assert telling_heads(view_of(heads, special)) == (0, [6])


def test_the_layer_is_the_one_with_the_most_telling_head():
    n = 6
    even, far = np.full((n, n), 1 / n), shifted(n, 2)
    view = view_of([even, even], (False,) * n)
    layers = np.stack([[even, even], [even, far], [0.5 * (even + far), even]]).astype(np.float32)
    assert telling_heads(View(view.tokens, layers)) == (1, [0, 1, 0])


def test_short_texts_have_one_too():
    for special in ((False,), (True, True), (True, False, True), (False, False)):
        n = len(special)
        assert telling_heads(view_of([np.full((n, n), 1 / n)] * 2, special)) == (0, [0])


def test_of_cross_attention_every_ordinary_key_counts():
    maps = np.stack([np.full((2, 3), 1 / 3), np.array([[0, 1, 0], [0, 0, 1.0]])])
    view = view_of([np.zeros((5, 5))], (False,) * 5)
    cross = View(view.tokens, maps[None].astype(np.float32), n_queries=2)
    assert telling_heads(cross) == (0, [1])
