"""What removes a property from a layer, and what reads it there: built as ``analysis=usage`` does, once, and kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from probing.analysis.concept_builds import Built, Ways, built
from probing.analysis.concept_changes import Change
from probing.analysis.concept_labels import Concept, Halves, concepts, halves
from probing.analysis.study import Study
from probing.analysis.usage import Usage
from probing.axes import Note
from probing.errors import ConfigError, DataError


@dataclass(frozen=True, eq=False)
class PropertyRemovals:
    """Removals of properties of a study's items. usage: its options say how they are built; those of a run's own
    ``analysis=usage`` give what that run measured.
    """

    study: Study
    usage: Usage = field(default_factory=Usage)
    _readers: dict[int, Built] = field(default_factory=dict)
    _changes: dict[tuple[str, int, str], Sequence[Change]] = field(default_factory=dict)

    @property
    def known(self) -> Sequence[Concept]:
        """The properties that the items have; the task's own labels first. Raises: as ``Usage.check``, ``concepts``."""
        return self._known[0]

    def concept(self, name: str) -> Concept:
        """The property with this name. Raises: DataError for one that the corpus does not have, or has in one class;
        ConfigError for any other name.
        """
        found, notes = self._known
        for one in found:
            if one.name == name:
                return one
        for note in notes:
            if note.text.startswith(f"usage: without the property {name}: "):
                raise DataError(f"property={name}: {note.text.partition(f' {name}: ')[2]}")
        names = ", ".join(one.name for one in found)
        raise ConfigError(f"property={name}: {self.study.corpus.name} has no such property; choose one of {names}")

    def readers(self, layer: int) -> Built:
        """The scale of a layer's vectors and its validation probes of all properties; without changes."""
        if layer not in self._readers:
            vectors = self.study.items.vectors.layer(layer)
            self._readers[layer] = built(vectors, self.known, (), self.split_in, self._ways(()))
        return self._readers[layer]

    def removals(self, name: str, layer: int, method: str) -> Sequence[Change]:
        """The removal of a property, of random subspaces of its rank, and of its control task's subspace.

        method: one of REMOVALS. Raises: as ``concept``; ConfigError for a rank that the layer does not have.
        """
        concept = self.concept(name)
        if (name, layer, method) not in self._changes:
            self._changes[name, layer, method] = self._built(concept, layer, method)
        return self._changes[name, layer, method]

    @cached_property
    def split_in(self) -> Halves:
        """The items of train that removals are built from, and those of the validation probes."""
        return halves(self.study, self.usage.items)

    @cached_property
    def _known(self) -> tuple[list[Concept], list[Note]]:
        self.usage.check(self.study)
        return concepts(self.study, self.split_in)

    def _built(self, concept: Concept, layer: int, method: str) -> Sequence[Change]:
        vectors = self.study.items.vectors.layer(layer)
        return built(vectors, [concept], [concept.name], self.split_in, self._ways([method])).changes[concept.name]

    def _ways(self, methods: Sequence[str]) -> Ways:
        own = self.usage
        bits = self.study.items.vectors.bits
        return Ways(methods, own.draws, own.steps, own.alpha, own.l2, self.study.options.seed, bits)
