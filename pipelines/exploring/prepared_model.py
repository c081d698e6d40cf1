"""The model of the explorer, loaded stage by stage, with what answers questions about texts."""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from pipelines.exploring.session import LoadedModel
from pipelines.shared.machine import set_threads
from pipelines.shared.notes import announce
from pipelines.shared.options import ModelParts
from pipelines.shared.stand_ins import find_model
from pipelines.viewing.model_and_probes import asked_model, load_encoder, probes_for_text, view_options
from pipelines.viewing.remover import Remover, removable_runs
from probing.errors import DataError
from probing.model.checkpoint import row_name
from probing.view.forward_view import text_view

if TYPE_CHECKING:
    from pipelines.exploring.diagnoser import Diagnoser
    from probing.model.encoder import Encoder
    from probing.view.probe_selection import Probes


def preparation(parts: ModelParts) -> Callable[[Callable[[str], None]], LoadedModel]:
    """The function that loads the model and reports its stages."""

    def prepare(enter: Callable[[str], None]) -> LoadedModel:
        enter(f"finding {row_name(parts.model)}")
        found, checkpoint, notes = find_model(parts)
        announce(notes)
        enter("importing torch and transformers")
        import torch

        set_threads(parts.settings.threads)
        threads = torch.get_num_threads()
        enter(f"loading the weights of {checkpoint.name}")
        encoder = load_encoder(found, checkpoint)
        enter("searching for trained probes")
        probes = probes_for_text(found, checkpoint, found.settings.probes)
        enter("computing a first view")  # which takes longer than any other
        options = view_options(found)
        with suppress(DataError):
            text_view(encoder, "a", None, options, probes)
        said = [*(note.text for note in notes), *probes.notes]
        of_texts = (diagnoser_of(found, encoder, probes), Remover(removable_runs(probes.trained), *asked_model(found)))
        return LoadedModel(encoder, options, threads, probes, said, *of_texts)

    return prepare


def diagnoser_of(parts: ModelParts, encoder: "Encoder", probes: "Probes") -> "Diagnoser":
    """What answers why, of the classifiers among these probes; it loads them when it is first asked."""
    from pipelines.exploring.classifiers import classifiers_in
    from pipelines.exploring.diagnoser import Diagnoser

    classifiers = classifiers_in(probes.trained, encoder.n_layers)
    return Diagnoser(classifiers, *asked_model(parts), parts.settings.subwords)
