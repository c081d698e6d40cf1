"""What GET /api says: every address of the explorer, its fields, its limits, and an example."""

from collections.abc import Mapping
from typing import Any

PATHS = (("GET", "/"), ("GET", "/api"), ("GET", "/api/model"), ("POST", "/api/view"))
MODEL = {
    "ready": "true once a view can be asked for",
    "stage": "what is being done: loading weights …, or ready",
    "seconds": "since loading began, until it ended",
    "model": "its name, from the start",
    "checkpoint": "the revision of its weights; null until it is loaded",
    "n_layers, n_heads": "blocks, and heads in each; null until it is loaded",
    "window": "subwords that it takes at most; null until it is loaded, and where it has no limit",
    "text": "what the page opens with",
    "limits": "characters of one text, subwords of an input",
    "notes": "list: what was substituted, which trained probes were passed over",
    "error": "why loading failed, or null",
}
REQUEST = {
    "text": "string, at least one word",
    "text_b": "string or null: a second text, for a pair",
    "parts": "list of norm, neurons, flow: what to compute beside attention and rollout; left out: norm and neurons",
}
HEADER = {
    "version": "of this header and of how arrays are packed",
    "model, checkpoint": "the model's name, and the revision of its weights",
    "causal": "whether a subword sees only those before it",
    "adds": "whether the model adds to the products of queries and keys, terms of position say",
    "n_layers, n_heads": "blocks, and heads in each",
    "text, text_b": "as asked for; text_b null for none",
    "corpus": "name, split and id of a sentence of a corpus; null for a text",
    "tokens, special, word, segment": "per subword: label, whether it is special, its word (-1: none), its text",
    "forms, form_segment": "per word: as written, and of which text",
    "gold": "upos, heads (1-based, 0 root) and deprel of a corpus sentence's words; empty for a text",
    "probes": "what trained probes predict, per task and layer, with the scores of their runs",
    "scale": "times the product of a query and a key it is their score; null without queries and keys",
    "arrays": "per array of the answer: shape, bits, law and scale, as needed to unpack it",
    "missing": "parts that are not there, each with its reason",
    "notes": "list: what was cut, substituted or skipped",
    "timings_ms": "milliseconds: forward; analysis, all else up to packing, and its steps; packing",
    "provenance": "where a page written to disk comes from; empty here",
    "precision": "how exact unpacked numbers are",
    "bytes": "of all arrays as sent",
}
UNPACK = (
    "made = header['arrays'][name]; "
    "q = numpy.frombuffer(gzip.decompress(base64.b64decode(arrays[name])), f\"<u{made['bits'] // 8}\").astype(float); "
    "top = 2 ** made['bits'] - (1 if made['law'] == 'sqrt' else 2); "
    "share = (q / top) ** 2 if made['law'] == 'sqrt' else 2 * q / top - 1; "
    "array = made['scale'] * share.reshape(made['shape'])"
)
ERRORS = {
    "400": "the body is not what is described here, or the model cannot take the text",
    "403": "another host or origin than this server's own",
    "404, 405": "no such address, or another method",
    "413": "a text is too long",
    "415": "the body is not application/json",
    "500": "a bug, described on the explorer's terminal",
    "503": "the model is loading; ask again",
}


def interface(port: int, limits: Mapping[str, int]) -> dict[str, Any]:
    """The description, for a server at ``port``."""
    here = f"http://127.0.0.1:{port}"
    return {
        "what": "attention, rollout, norm-based attention, flow, queries and keys of a model for any text",
        "addresses": {
            "GET /": "the page",
            "GET /api": "this description",
            "GET /api/model": MODEL,
            "POST /api/view": {"body": REQUEST, "answer": {"header": HEADER, "arrays": "name: base64 text"}},
        },
        "arrays": {
            "names": "attention/l, norm/l (heads, queries, keys); rollout/l, flow/l (queries, keys); queries/l, keys/l "
            "(heads, subwords, width of a head); l from 1 to n_layers",
            "norm": "norm-based attention (Kobayashi et al., 2020): lengths of the weighted value vectors",
            "unpack": UNPACK,
        },
        "limits": dict(limits),
        "errors": {"body": '{"error": "what was seen; what is wanted; what to send"}', **ERRORS},
        "example": f"curl -s {here}/api/view -H 'Content-Type: application/json' -d '{{\"text\": \"The cat sat\"}}'",
    }
