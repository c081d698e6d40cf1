"""Redundancy: which heads have similar attention, and which layers have similar vectors."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.analysis.findings import Findings
from probing.analysis.protocol import Analysis
from probing.analysis.samples import describe_stored_maps
from probing.analysis.study import Study
from probing.attention.heads.head_similarity import Divergence, LinearCKA, clusters, head_map, tree
from probing.axes import ITEMS, Note
from probing.errors import positive
from probing.store.stored_maps import facts_of, read_maps


@dataclass(frozen=True)
class Redundancy(Analysis):
    """A study in; findings out: the similarity of heads and of layers.

    clusters: number of groups of similar heads. items: labelled items of test, at most, on which layers are compared;
    4,000 are enough for three digits.
    """

    clusters: int = 6
    items: int = 4000

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        positive("analysis.redundancy.clusters", self.clusters)
        positive("analysis.redundancy.items", self.items)

    @property
    def further_layers(self) -> None:
        """All layers are compared."""
        return

    def __call__(self, study: Study) -> Findings:
        """Arrays: Jensen-Shannon divergence of heads (nats), their clusters and a map of them; linear CKA of layers.

        A model with a single head has no clusters and no map, and a note says so.
        Raises: ModelError if the model gives no maps.
        """
        divergence = Divergence()
        for batch in read_maps(study.maps):
            divergence.add(batch)
        matrix = divergence.finish()
        cka, vectors = self._cka(study)
        n_stored = int((study.maps.index.length > 0).sum())
        n_sentences = len(study.corpus.splits["test"])
        heads = describe_stored_maps(n_stored, n_sentences, study.store.attention.sentences)
        return self._groups(study, matrix) + Findings(
            arrays={
                "redundancy/js_nats": matrix,
                "redundancy/heads": np.array(len(matrix) // study.maps.n_layers),
                "redundancy/layers": np.array(facts_of(study.maps).layers),
                "redundancy/cka": cka.finish(),
            },
            facts={"heads": heads, "vectors": vectors},
            notes=(Note("sample", f"redundancy: heads on {heads}; layers on {vectors}"),),
        )

    def _groups(self, study: Study, divergence: NDArray[np.float64]) -> Findings:
        """Clusters and a map of heads: divergence (L * H, L * H) in nats."""
        if len(divergence) < 2:
            text = "redundancy: the model has only one head, so there are no clusters of heads and no map"
            return Findings(notes=(Note("skipped", text),))
        places, stress = head_map(divergence, study.rng("head map"))
        groups = clusters(tree(divergence), min(self.clusters, len(divergence)))
        arrays = {"redundancy/map": places, "redundancy/cluster": groups}
        return Findings(arrays=arrays, facts={"map_stress": stress})

    def _cka(self, study: Study) -> tuple[LinearCKA, str]:
        """CKA over items drawn from all of test (its first ones may be of one genre), and a description of them."""
        vectors, level = study.items.vectors, study.labels.level
        first, end = vectors.bounds("test")
        drawn = study.rng("cka").permutation(np.arange(first, end))[: self.items]
        cka = LinearCKA()
        cka.add({layer: vectors.pick(layer, np.sort(drawn)) for layer in vectors.layers})
        what = ITEMS["word" if level == "pair" else level]
        how = ", drawn at random" if len(drawn) < end - first else ""
        return cka, f"{len(drawn):,} of the {end - first:,} labelled {what} of test{how}"
