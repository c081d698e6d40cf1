"""The answer of GET /api: every address of the explorer, its fields, its limits, and an example."""

import re
from collections.abc import Mapping
from typing import Any

PATHS = (
    ("GET", "/"),
    ("GET", "/api"),
    ("GET", "/api/model"),
    ("POST", "/api/view"),
    ("POST", "/api/why"),
    ("POST", "/api/remove"),
    ("GET", "/why/{number:int}/{name:path}"),
)
ADDRESSES = [f"{method} {re.sub(':[a-z]+}', '}', path)}" for method, path in PATHS]
MODEL = {
    "ready": "whether a view can be requested",
    "stage": "the stage of loading, such as loading the weights …; or ready",
    "seconds": "since loading began; once it has ended, how long it took",
    "model": "its name, known from the start",
    "checkpoint": "the revision of its weights; null until it is loaded",
    "n_layers, n_heads": "blocks, and heads in each; null until it is loaded",
    "window": "the largest number of subwords; null until the model is loaded, and if it has no limit",
    "text": "the text when the page opens",
    "limits": "the largest number of characters of a text, and of subwords of an input",
    "notes": "list: what was substituted, which trained probes are not shown",
    "why": "of POST /api/why: classifiers (list of task and classes), missing (what to type where there is none, or "
    "null), stage (what is being done, or null), seconds (what the latest answer took); null until the model is loaded",
    "remove": "of POST /api/remove: runs (list of task, properties and layers), methods, missing (what to type where "
    "there is no run, or null), stage (what is being done, or null); null until the model is loaded",
    "error": "why loading failed, or null",
}
WHY_REQUEST = {
    "text": "string, at least one word",
    "label": "its right label, one of the classes of the classifier",
    "task": "string or null: which classifier; the first one, if it is left out",
}
WHY_ANSWER = {
    "diagnosis": "what the diagnosis.json of python -m pipelines.diagnose holds: the verdict with its rules, and every "
    "number with its unit",
    "page": "the address of its page; rows.csv, diagnosis.json, index.html and the figures stand beside it",
    "seconds": "how long it took",
}
REMOVE_REQUEST = {
    "text": "string, at least one word",
    "property": "what is removed, such as pos",
    "layer": "whole number: from which hidden layer, 0 the embedding; one below the output that is read",
    "method": "mean_projection, leace, inlp or probe_subspace; default: leace",
    "task": "string or null: of the run whose items and probes are used; if it is left out, one that has the property",
}
REMOVE_ANSWER = {
    "property, layer, method, task, run, seed": "what was removed, and from which run's items it was learnt",
    "built_on": "items of train that the subspace was found on",
    "words": "the numbers of the words that are changed; -1: the whole text",
    "output": "name, own_head (false: a probe stands in), gold (whether gold labels are scored), and by place words, "
    "scored (the label whose probability is compared), before (the label), after (list of against, draw, rank, "
    "predicted, nats): against is empty for the property, random for a random subspace of equal rank, control for that "
    "of the control task; nats are what the scored label loses",
    "probes": "per property and layer, from the changed one up: classes, and by word gold, before, after (for each "
    "change of output) as numbers of classes; an association, not a cause",
    "measured": "what analysis=usage of the run found for this property and method: sample, used (layers); or null",
    "notes": "list: what a reader must know",
}
REQUEST = {
    "text": "string, at least one word",
    "text_b": "string or null: a second text, for a pair",
    "parts": "list of norm, neurons, flow: computed besides attention and rollout; default: norm and neurons",
}
HEADER = {
    "version": "version of this header and of the packed arrays",
    "model, checkpoint": "the model's name, and the revision of its weights",
    "causal": "whether a subword attends only to itself and to those before it",
    "adds": "whether more is done to the products of queries and keys: terms of position, a cap, a sink",
    "layers, n_heads": "the layers whose attention is here, counted from 1, and the heads in each, counted from 0",
    "n_blocks": "the layers of the model",
    "telling": "the layer that the page opens with, and for each of layers the head that it opens with",
    "part": "encoder, decoder or cross-attention of an encoder-decoder; null for any other model",
    "n_queries": "of cross-attention: the first so many subwords are the queries, the others the keys; else null",
    "text, text_b": "as in the request; text_b is null if there is none",
    "corpus": "name, split and id of a sentence of a corpus; null for a text",
    "tokens, special, word, segment": "per subword: the token in a form that can be read, whether it is special, its "
    "word (-1: none), its text (0, 1)",
    "vocabulary, surface": "per subword: the token as the vocabulary spells it, and its characters in the text",
    "forms, form_segment": "per word: as in the corpus, and its text (0 or 1)",
    "written": "per word: its characters in the text as it is written; forms, if the model reads words",
    "right_to_left": "whether the script runs from right to left",
    "gold": "upos, heads (1-based, 0 root) and deprel of a corpus sentence's words; empty for a text",
    "probes": "per task: what trained probes predict from each layer, scores of their run, data of probes not shown",
    "removals": "of a page on disk: answers of POST /api/remove; empty here",
    "scale": "a score is scale times the product of query and key; null without queries and keys",
    "arrays": "per array of the answer: shape, bits, law and scale, to unpack it",
    "missing": "parts that are missing, each with the reason",
    "notes": "list: what was cut, substituted or skipped",
    "timings_ms": "milliseconds: forward; analysis (everything between forward and packing) and its steps; packing",
    "provenance": "command, versions and files of a page on disk; empty here",
    "precision": "the largest error of unpacked numbers",
    "bytes": "size of all arrays as sent",
}
UNPACK = (
    "made = header['arrays'][name]; "
    "q = numpy.frombuffer(gzip.decompress(base64.b64decode(arrays[name])), f\"<u{made['bits'] // 8}\").astype(float); "
    "top = 2 ** made['bits'] - (1 if made['law'] == 'sqrt' else 2); "
    "share = (q / top) ** 2 if made['law'] == 'sqrt' else 2 * q / top - 1; "
    "array = made['scale'] * share.reshape(made['shape'])"
)
ERRORS = {
    "400": "the body is not as described here, or the model cannot read the text",
    "403": "the host or the origin is not this server's own",
    "404, 405": "no such address, or another method",
    "413": "a text is too long",
    "415": "the body is not application/json",
    "500": "a bug or a damaged store; the explorer's terminal says more",
    "503": "the model is loading; send the request again",
}


def interface(port: int, limits: Mapping[str, int]) -> dict[str, Any]:
    """The description of the server at ``port``, as JSON values."""
    here = f"http://127.0.0.1:{port}"
    return {
        "what": "attention, rollout, norm-based attention, flow, queries and keys of a model for any text; why it errs",
        "addresses": {
            "GET /": "the page",
            "GET /api": "this description",
            "GET /api/model": MODEL,
            "POST /api/view": {"body": REQUEST, "answer": {"header": HEADER, "arrays": "name: base64 text"}},
            "POST /api/why": {"body": WHY_REQUEST, "answer": WHY_ANSWER},
            "POST /api/remove": {"body": REMOVE_REQUEST, "answer": REMOVE_ANSWER},
            ADDRESSES[-1]: "the files of the latest diagnoses",
        },
        "arrays": {
            "names": "attention/l, norm/l (heads, queries, keys); rollout/l, flow/l (queries, keys); queries/l, keys/l "
            "(heads, subwords, width of a head); l is one of layers",
            "norm": "norm-based attention (Kobayashi et al., 2020): lengths of the weighted value vectors",
            "unpack": UNPACK,
        },
        "limits": dict(limits),
        "errors": {"body": '{"error": "what was seen; what is expected; what to send"}', **ERRORS},
        "example": f"curl -s {here}/api/view -H 'Content-Type: application/json' -d '{{\"text\": \"The cat sat\"}}'",
    }
