"""What GET /api says: every address of the explorer, its fields, its limits, and an example."""

from collections.abc import Mapping
from typing import Any

PATHS = (("GET", "/"), ("GET", "/api"), ("GET", "/api/model"), ("POST", "/api/view"))
MODEL = {
    "ready": "true once a view can be asked for",
    "stage": "what is being done: loading weights …, or ready",
    "seconds": "since loading began, until it ended",
    "model, checkpoint, n_layers, n_heads, window": "the model; null until it is known, window also where it has none",
    "text": "what the page opens with",
    "limits": "characters of one text, subwords of an input",
    "notes": "what was substituted",
    "error": "why loading failed, or null",
}
REQUEST = {
    "text": "string, at least one word",
    "text_b": "string or null: a second text, for a pair",
    "parts": "list of norm, neurons, flow: what to compute beside attention and rollout; left out: norm and neurons",
}
HEADER = {
    "tokens, special, word, segment": "per subword: label, whether it is special, its word (-1: none), its text",
    "forms, form_segment": "per word: as written, and of which text",
    "probes": "what trained probes predict, per task and layer",
    "arrays": "per array of the answer: shape, bits, law and scale, as needed to unpack it",
    "missing": "parts that are not there, each with its reason",
    "timings_ms": "forward, analysis, packing",
    "precision": "how exact unpacked numbers are",
}
UNPACK = (
    "q = numpy.frombuffer(gzip.decompress(base64.b64decode(arrays[name])), '<u2' if bits == 16 else 'u1')"
    ".reshape(shape).astype(float); law sqrt: scale * (q / (2**bits - 1))**2; "
    "law linear: scale * (2 * q / (2**bits - 2) - 1)"
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
        "what": "attention, rollout, value-weighted attention, flow, queries and keys of a model for any text",
        "addresses": {
            "GET /": "the page",
            "GET /api": "this description",
            "GET /api/model": MODEL,
            "POST /api/view": {"body": REQUEST, "answer": {"header": HEADER, "arrays": "name: base64 text"}},
        },
        "arrays": {
            "names": "attention/l, norm/l (heads, queries, keys); rollout/l, flow/l (queries, keys); queries/l, keys/l "
            "(heads, subwords, width of a head); l from 1 to n_layers",
            "unpack": UNPACK,
        },
        "limits": dict(limits),
        "errors": {"body": '{"error": "what was seen; what is wanted; what to send"}', **ERRORS},
        "example": f"curl -s {here}/api/view -H 'Content-Type: application/json' -d '{{\"text\": \"The cat sat\"}}'",
    }
