"""What a page says of a view besides its arrays, as JSON values."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from probing.model.subwords import linked
from probing.report.script_direction import right_to_left
from probing.view.record import VERSION, Tokens, View
from probing.view.telling_head import telling_heads


def layers_of(view: View) -> tuple[int, ...]:
    """The numbers of the layers that have attention."""
    return view.layers or tuple(range(1, view.attention.shape[0] + 1))


def header_of(view: View) -> dict[str, Any]:
    """Everything except the arrays, under the keys that the page reads."""
    about, forms = view.about, view.tokens.forms
    layers, (telling, heads) = layers_of(view), telling_heads(view)
    corpus = {"name": about.get("corpus"), "split": about.get("split"), "id": about.get("id")}
    return {
        "version": VERSION,
        **{key: about.get(key) for key in ("model", "checkpoint")},
        "causal": bool(about.get("causal", False)),
        "adds": bool(about.get("adds", False)),  # to the products of queries and keys: position terms, a cap, a sink
        "layers": layers,
        "n_blocks": about.get("n_blocks") or layers[-1],
        "n_heads": view.attention.shape[1],
        "telling": {"layer": layers[telling], "heads": heads},
        "part": about.get("part"),
        "n_queries": view.n_queries,
        "text": about.get("text") or " ".join(forms),
        "text_b": about.get("text_b"),
        "right_to_left": right_to_left(" ".join(forms)),
        "corpus": corpus if about.get("corpus") else None,
        **_tokens(view.tokens),
        "gold": view.gold,
        "probes": [asdict(found) for found in view.probes],
        "removals": view.removals,
        "scale": view.scale,
        "missing": view.missing,
        "notes": view.notes,
        "timings_ms": view.timings_ms,
        "provenance": about.get("provenance", {}),
    }


def _tokens(tokens: Tokens) -> dict[str, object]:
    return {
        "tokens": tokens.labels,
        "vocabulary": tokens.vocabulary or tokens.labels,
        "surface": tokens.surface or None,
        "special": tokens.special,
        "word": linked(tokens.word, tokens.last_word),  # words that share subwords are one
        "segment": tokens.segment,
        "forms": tokens.forms,
        "written": tokens.written or tokens.forms,
        "form_segment": tokens.form_segment,
    }


def plain(value: object) -> Any:
    """The same as JSON values: lists, texts, numbers; None for a number that is not finite."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, np.generic | np.ndarray):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str | int | None):
        return value
    if isinstance(value, Sequence):
        return [plain(inner) for inner in value]
    return str(value)
