"""Corpora that the command line knows by name: their options are those of conf/data."""

import yaml

from probing.data.conllu import Conllu
from probing.data.corpus import Source
from probing.data.labelled import Labelled
from probing.distribution import OPTIONS

NAMED = ("ewt", "sst2")
_SOURCES = {"probing.data.conllu.Conllu": Conllu, "probing.data.labelled.Labelled": Labelled}


def named(corpus: str, name: str | None, max_sentences: int | None) -> Source:
    """The corpus ``corpus`` of NAMED, as ``data=ewt`` finds it: in PROBING_DATA, then on the Hub; never a stand-in.

    ``name``: what tables call it, instead of its own name. Raises: ConfigError for an impossible ``max_sentences``.
    """
    given = yaml.safe_load((OPTIONS / "data" / f"{corpus}.yaml").read_text(encoding="utf-8"))
    kind = _SOURCES[given.pop("_target_")]
    own = {"name": name or given["name"], "max_sentences": max_sentences, "stand_in": None}
    source: Source = kind(**{**given, **own})
    return source
