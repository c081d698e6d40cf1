"""One model for the explorer: loaded while the page already waits, then it makes a view of one text after another."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from pipelines.exploring.request import RemoveRequest, RequestError, WhyRequest
from pipelines.shared.hide_folders import without_folders
from pipelines.shared.machine import set_threads
from probing.view.forward_view import Options, text_view
from probing.view.pack import pack

if TYPE_CHECKING:
    from pipelines.exploring.diagnoser import Diagnoser
    from pipelines.viewing.remover import Remover
    from probing.model.encoder import Encoder
    from probing.view.probe_predictions import Reader

SHORT = 64  # up to so many subwords a pass runs on one thread: two would wait for each other on a busy machine
DEFAULT_PARTS = ("norm", "neurons")  # flow takes ten times as long as everything else
FLOW_ON_REQUEST = "takes longer than the rest, so it is computed only when it is asked for (Weights: flow; parts)"


@dataclass(frozen=True)
class LoadedModel:
    """What a view is made with. threads: for long inputs. notes: for readers of the page, such as a stand-in.

    diagnoser: answers why a text gets its class; None: nothing does. remover: removes properties; the same.
    """

    encoder: "Encoder"
    options: Options
    threads: int = 1
    reader: "Reader | None" = None
    notes: Sequence[str] = ()
    diagnoser: "Diagnoser | None" = None
    remover: "Remover | None" = None


class ModelSession:
    """A ``server.Session`` around ``prepare``, which loads a model and reports the stages of loading.

    ``limits``: characters of a text and subwords of an input. ``text``: what the page opens with. ``failure``: why
    loading ended without a model.
    """

    def __init__(
        self, prepare: Callable[[Callable[[str], None]], LoadedModel], limits: Mapping[str, int], text: str, name: str
    ) -> None:
        self._prepare, self._limits, self._text, self._name = prepare, limits, text, name
        self._began, self._seconds = time.monotonic(), 0.0
        self._stage = "starting"
        self._loaded: LoadedModel | None = None
        self.failure: BaseException | None = None
        # one thread for all passes: torch counts its threads per calling thread, and starts new ones for each
        self._thread = ThreadPoolExecutor(1)

    def load(self, on_stage: Callable[[str], None]) -> None:
        """Load the model; may run in any thread. An error is kept in ``failure``."""

        def enter(stage: str) -> None:
            self._stage = stage
            on_stage(stage)

        self._began = time.monotonic()
        try:
            loaded = self._thread.submit(self._prepare, enter).result()
        except BaseException as error:  # nobody could catch it in this thread
            self.failure = error
        else:
            self._loaded = loaded
            self._stage = "ready"
        self._seconds = time.monotonic() - self._began

    @property
    def done(self) -> bool:
        """Whether loading has ended, with or without a model."""
        return self._loaded is not None or self.failure is not None

    def status(self) -> dict[str, Any]:
        """The stage of loading, the model and the limits: the answer of GET /api/model."""
        loaded, error = self._loaded, self.failure
        encoder = loaded.encoder if loaded else None
        return {
            "ready": loaded is not None,
            "stage": self._stage,
            "seconds": round(self._seconds if self.done else time.monotonic() - self._began, 1),
            "model": encoder.checkpoint.name if encoder else self._name,
            "checkpoint": encoder.checkpoint.revision if encoder else None,
            "n_layers": encoder.n_layers - 1 if encoder else None,
            "n_heads": encoder.map_facts.n_heads if encoder else None,
            "window": encoder.window if encoder else None,
            "text": self._text,
            "limits": dict(self._limits),
            "notes": list(map(without_folders, loaded.notes)) if loaded else [],
            "why": loaded.diagnoser.status() if loaded and loaded.diagnoser else None,
            "remove": loaded.remover.status() if loaded and loaded.remover else None,
            "error": without_folders(str(error) or type(error).__name__) if error else None,
        }

    def view(self, text: str, text_b: str | None, parts: Sequence[str] | None) -> tuple[dict[str, Any], dict[str, str]]:
        """Header and arrays of a document; ``parts`` None: DEFAULT_PARTS. Raises RequestError, ProbingError."""
        loaded = self._ready()
        texts = (text,) if text_b is None else (text, text_b)
        n, most = len(loaded.encoder.tokenizer.encode(*texts).ids), self._limits["subwords"]
        if n > most:
            raise RequestError(413, f"the input has {n:,} subwords; at most {most:,} are accepted; send a part of it")
        threads = 1 if n <= SHORT else loaded.threads
        return self._thread.submit(_document, loaded, text, text_b, parts, threads).result()

    def why(self, wanted: WhyRequest) -> dict[str, Any]:
        """A diagnosis as ``Diagnoser.why`` gives it. Raises RequestError, ProbingError."""
        loaded = self._ready()
        if loaded.diagnoser is None:
            raise RequestError(400, "this model has no classifier to diagnose; open the page of another one")
        return self._thread.submit(_on_threads, loaded.threads, partial(loaded.diagnoser.why, wanted)).result()

    def remove(self, wanted: RemoveRequest) -> dict[str, Any]:
        """A removal as ``Remover.remove`` gives it. Raises RequestError, ProbingError."""
        loaded = self._ready()
        if loaded.remover is None:
            raise RequestError(400, "nothing can be removed from texts of this model; open the page of another one")
        n, most = len(loaded.encoder.tokenizer.encode(wanted.text).ids), self._limits["subwords"]
        if n > most:
            raise RequestError(413, f"the text has {n:,} subwords; at most {most:,} are accepted; shorten it")
        return self._thread.submit(_on_threads, loaded.threads, partial(loaded.remover.remove, *wanted)).result()

    def file(self, number: int, name: str) -> tuple[bytes, str] | None:
        """A file of diagnosis ``number`` and its type; None if there is none."""
        diagnoser = self._loaded.diagnoser if self._loaded else None
        return None if diagnoser is None else diagnoser.file(number, name)

    def _ready(self) -> LoadedModel:
        if self._loaded is None:
            raise RequestError(503, f"{self._name} is not ready ({self._stage}); send the request again in a second")
        return self._loaded


def _on_threads(threads: int, answer: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    set_threads(threads)
    return answer()


def _document(
    loaded: LoadedModel, text: str, text_b: str | None, parts: Sequence[str] | None, threads: int
) -> tuple[dict[str, Any], dict[str, str]]:
    set_threads(threads)
    options = replace(loaded.options, parts=DEFAULT_PARTS if parts is None else tuple(parts))
    began = time.perf_counter()
    view = text_view(loaded.encoder, text, text_b, options, loaded.reader)
    viewed = time.perf_counter()
    packed = pack(view)
    timings = dict(view.timings_ms)
    timings["analysis"] = 1000 * (viewed - began) - timings["forward"]
    timings["packing"] = 1000 * (time.perf_counter() - viewed)
    header = {**packed.header, "notes": list(map(without_folders, [*loaded.notes, *packed.header["notes"]]))}
    if parts is None:
        header["missing"] = {**header["missing"], "flow": FLOW_ON_REQUEST}
    return {**header, "timings_ms": {name: round(ms, 2) for name, ms in timings.items()}}, packed.arrays
