"""Probing studies of Transformers: what a model encodes, in which layer, and how sure one can be of it.

    import probing

    model = probing.load_model("minilm")
    corpus = probing.load_corpus("grammar", max_sentences=500)
    vectors = probing.extract(model, corpus)
    probe = probing.fit_probe(vectors, task="pos", layer=3)
    probe.score()

The packages read downwards: data, task, model, store, probe, attention, result, analysis, report, view, interface.
"""

from typing import TYPE_CHECKING

from probing.distribution import VERSION as __version__

if TYPE_CHECKING:
    from probing.errors import ProbingError
    from probing.interface.corpora import load_corpus
    from probing.interface.estimator import Probe
    from probing.interface.find_out_why import diagnose
    from probing.interface.fit_a_probe import fit_probe
    from probing.interface.head_functions import ablate, head_statistics
    from probing.interface.loaded_model import load_model
    from probing.interface.representations import extract
    from probing.interface.score_beside_control import Score
    from probing.interface.where_attention_leads import flow, rollout
    from probing.report.of_probe import report
    from probing.view.notebook import show

__all__ = [
    "Probe",
    "ProbingError",
    "Score",
    "__version__",
    "ablate",
    "diagnose",
    "extract",
    "fit_probe",
    "flow",
    "head_statistics",
    "load_corpus",
    "load_model",
    "report",
    "rollout",
    "show",
]

_PLACES = {
    "errors": ("ProbingError",),
    "interface.corpora": ("load_corpus",),
    "interface.estimator": ("Probe",),
    "interface.find_out_why": ("diagnose",),
    "interface.fit_a_probe": ("fit_probe",),
    "interface.head_functions": ("ablate", "head_statistics"),
    "interface.loaded_model": ("load_model",),
    "interface.representations": ("extract",),
    "interface.score_beside_control": ("Score",),
    "interface.where_attention_leads": ("flow", "rollout"),
    "view.notebook": ("show",),
}


def __getattr__(name: str) -> object:
    """The names of the interface, imported when they are first used, so that ``import probing`` stays light.

    ``report`` is the package of that name, which can be called.
    """
    from importlib import import_module

    if name == "report":
        return import_module("probing.report")
    for module, names in _PLACES.items():
        if name in names:
            found: object = getattr(import_module(f"probing.{module}"), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The names of the interface."""
    return sorted(__all__)
