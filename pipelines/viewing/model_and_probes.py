"""What view and explore make from their options: the encoder, what is computed from a pass, and the trained probes."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.shared.machine import device_of
from pipelines.shared.options import ModelParts, Parts
from pipelines.viewing.run_task import gold_of
from probing.axes import Corpus
from probing.data.corpus import fingerprint
from probing.model.checkpoint import Checkpoint
from probing.view.forward_view import PARTS, Options
from probing.view.record import AUTO

if TYPE_CHECKING:
    from probing.model.encoder import Encoder
    from probing.view.probe_selection import Probes


def load_encoder(parts: ModelParts, checkpoint: Checkpoint) -> "Encoder":
    """The encoder, loaded so that it gives attention maps. Raises: ModelError."""
    from probing.model.encoder import load

    return load(parts.model, checkpoint, device_of(parts.settings.device), maps=True)


def view_options(parts: ModelParts, computed: tuple[str, ...] = PARTS) -> Options:
    """What is computed besides attention and rollout, and for how long inputs. Raises: ConfigError."""
    return Options(parts.rollout, computed, parts.settings.longest_flow, parts.settings.longest_neurons)


def probes_for_text(parts: ModelParts, checkpoint: Checkpoint, asked: Sequence[str]) -> "Probes":
    """The probes that predict from free text. asked: the names of their training corpora, or auto."""
    from probing.view.probe_selection import select_probes

    return select_probes(_runs(parts), checkpoint.revision, parts.model.precision, asked=asked)


def probes_for_corpus(parts: Parts, checkpoint: Checkpoint, corpus: Corpus) -> "Probes":
    """The probes that predict from sentences of ``corpus``, with gold labels: those of this corpus, or as asked."""
    from probing.view.probe_selection import select_probes
    from probing.view.run_probes import corpus_identity

    identity = corpus_identity(parts.config.data, fingerprint(corpus))
    asked = parts.settings.probes
    return select_probes(_runs(parts), checkpoint.revision, parts.model.precision, identity, gold_of, asked)


def asked_corpora(parts: Parts) -> list[str]:
    """The corpora whose probes are shown for texts: of ``probes=``, or of ``data=`` if this was typed, or auto."""
    from hydra.core.hydra_config import HydraConfig

    from probing.view.run_probes import corpus_identity

    typed = HydraConfig.get().overrides.task if HydraConfig.initialized() else ()
    asked: list[str] = parts.settings.probes
    if AUTO in asked and any(one.lstrip("+").startswith(("data=", "data.")) for one in typed):
        return [corpus_identity(parts.config.data, "").source[1]]
    return asked


def asked_model(parts: ModelParts) -> tuple[str, str]:
    """How the model was asked for, as it is typed, and the device that it runs on, for what loads it later."""
    from hydra.core.hydra_config import HydraConfig

    typed = HydraConfig.get().overrides.task if HydraConfig.initialized() else ()
    model = " ".join(one for one in typed if one.lstrip("+").startswith("model")) or "model=minilm"
    return model, parts.settings.device


def _runs(parts: ModelParts) -> list[Path]:
    return [Path(run) for run in parts.settings.runs]
