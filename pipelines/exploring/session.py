"""A model that is loaded while the explorer's page already waits, and then looks at one text after another."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.exploring.request import Refused
from pipelines.shared.hide_folders import without_folders
from pipelines.shared.machine import device_of, set_threads
from pipelines.shared.notes import announce
from pipelines.shared.options import ModelParts
from pipelines.shared.stand_ins import find_model
from probing.errors import DataError
from probing.model.checkpoint import row_name
from probing.view.look import Options, look
from probing.view.pack import pack
from probing.view.predict import reader

if TYPE_CHECKING:
    from probing.model.encoder import Encoder
    from probing.view.predict import Reader

SHORT = 64  # subwords up to which a pass takes one thread: two would wait for each other, for long on a busy machine
UNASKED = ("norm", "neurons")  # flow takes ten times as long as all the rest
LATER = "takes longer than typing allows; it is computed when asked for (parts)"


@dataclass(frozen=True)
class Ready:
    """What looking takes; ``notes``: what a reader of the page must know, such as a stand-in."""

    encoder: "Encoder"
    options: Options
    threads: int = 1
    reader: "Reader | None" = None
    notes: Sequence[str] = ()


class ModelLooker:
    """A ``server.Looker`` around ``prepare``, which loads a model and names the stages of it.

    ``limits``: characters of a text and subwords of an input. ``text``: what the page opens with. ``failure``: why
    loading ended without a model.
    """

    def __init__(
        self, prepare: Callable[[Callable[[str], None]], Ready], limits: Mapping[str, int], text: str, name: str
    ) -> None:
        self._prepare, self._limits, self._text, self._name = prepare, limits, text, name
        self._began, self._seconds = time.monotonic(), 0.0
        self._stage = "starting"
        self._ready: Ready | None = None
        self.failure: BaseException | None = None
        # one thread for all passes: torch counts its threads for each, and each brings threads of its own
        self._thread = ThreadPoolExecutor(1)

    def load(self, on_stage: Callable[[str], None]) -> None:
        """Prepare, in any thread; whatever goes wrong is kept in ``failure``."""

        def enter(stage: str) -> None:
            self._stage = stage
            on_stage(stage)

        self._began = time.monotonic()
        try:
            ready = self._thread.submit(self._prepare, enter).result()
        except BaseException as error:  # a thread has nobody to raise it to
            self.failure = error
        else:
            self._ready = ready
            self._stage = "ready"
        self._seconds = time.monotonic() - self._began

    @property
    def done(self) -> bool:
        """Whether loading has ended, well or not."""
        return self._ready is not None or self.failure is not None

    def status(self) -> dict[str, Any]:
        """How far loading is, which model it is, and the limits."""
        ready, error = self._ready, self.failure
        encoder = ready.encoder if ready else None
        return {
            "ready": ready is not None,
            "stage": self._stage,
            "seconds": round(self._seconds if self.done else time.monotonic() - self._began, 1),
            "model": encoder.checkpoint.name if encoder else self._name,
            "checkpoint": encoder.checkpoint.revision if encoder else None,
            "n_layers": encoder.n_layers - 1 if encoder else None,
            "n_heads": int(encoder.network.config.num_attention_heads) if encoder else None,
            "window": encoder.window if encoder else None,
            "text": self._text,
            "limits": dict(self._limits),
            "notes": list(map(without_folders, ready.notes)) if ready else [],
            "error": without_folders(str(error) or type(error).__name__) if error else None,
        }

    def view(self, text: str, text_b: str | None, parts: Sequence[str] | None) -> tuple[dict[str, Any], dict[str, str]]:
        """A packed document; ``parts`` None: UNASKED. Raises Refused, ProbingError."""
        ready = self._ready
        if ready is None:
            raise Refused(503, f"{self._name} is not ready ({self._stage}); ask again in a second")
        texts = (text,) if text_b is None else (text, text_b)
        n, most = len(ready.encoder.tokenizer.encode(*texts).ids), self._limits["subwords"]
        if n > most:
            raise Refused(413, f"the input has {n:,} subwords; at most {most:,} are taken; send a part of it")
        threads = 1 if n <= SHORT else ready.threads
        return self._thread.submit(_view, ready, text, text_b, parts, threads).result()


def _view(
    ready: Ready, text: str, text_b: str | None, parts: Sequence[str] | None, threads: int
) -> tuple[dict[str, Any], dict[str, str]]:
    set_threads(threads)
    options = replace(ready.options, parts=UNASKED if parts is None else tuple(parts))
    began = time.perf_counter()
    found = look(ready.encoder, text, text_b, options, ready.reader)
    looked = time.perf_counter()
    packed = pack(found)
    timings = dict(found.timings_ms)
    timings["analysis"] = 1000 * (looked - began) - timings["forward"]
    timings["packing"] = 1000 * (time.perf_counter() - looked)
    header = {**packed.header, "notes": list(map(without_folders, [*ready.notes, *packed.header["notes"]]))}
    if parts is None:
        header["missing"] = {**header["missing"], "flow": LATER}
    return {**header, "timings_ms": {name: round(ms, 2) for name, ms in timings.items()}}, packed.arrays


def preparation(parts: ModelParts) -> Callable[[Callable[[str], None]], Ready]:
    """What loads the model and names its stages."""

    def prepare(enter: Callable[[str], None]) -> Ready:
        settings = parts.settings
        enter(f"finding {row_name(parts.model)}")
        found, checkpoint, notes = find_model(parts)
        announce(notes)
        enter("importing torch and transformers")
        import torch

        from probing.model import encoder

        set_threads(settings.threads)
        threads = torch.get_num_threads()
        device = device_of(settings.device)
        enter(f"loading the weights of {checkpoint.name}")
        loaded = encoder.load(found.model, checkpoint, device, maps=True)
        enter("looking for trained probes")
        read = reader([Path(run) for run in settings.runs], checkpoint.revision, found.model.precision)
        enter("looking at a first text")  # which takes longer than any other
        longest = {name: getattr(settings, name) for name in ("longest_flow", "longest_neurons")}
        options = Options(parts.attention.rollout(), **longest)
        with suppress(DataError):
            look(loaded, "a", None, options, read)
        return Ready(loaded, options, threads, read, [*(note.text for note in notes), *read.notes])

    return prepare
