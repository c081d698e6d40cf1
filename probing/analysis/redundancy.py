"""Which heads attend alike, and which layers hold similar vectors."""

from dataclasses import dataclass

import numpy as np

from probing.analysis.findings import Findings
from probing.analysis.protocol import Analysis
from probing.analysis.rollout import stated_sample
from probing.analysis.study import Study
from probing.attention.heads.head_similarity import Divergence, LinearCKA, clusters, head_map, tree
from probing.axes import Note
from probing.errors import positive
from probing.store.stored_maps import read_maps


@dataclass(frozen=True)
class Redundancy(Analysis):
    """clusters: groups of heads that attend alike. items: labelled items of test whose vectors layers are compared on;
    4,000 give three digits.
    """

    clusters: int = 6
    items: int = 4000

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        positive("analysis.redundancy.clusters", self.clusters)
        positive("analysis.redundancy.items", self.items)

    def __call__(self, study: Study) -> Findings:
        """Arrays: Jensen-Shannon divergence of heads (nats), their clusters and a map of them; linear CKA of layers.

        Raises: ModelError if the model gives no maps.
        """
        divergence = Divergence()
        for batch in read_maps(study.maps):
            divergence.add(batch)
        matrix = divergence.finish()
        places, stress = head_map(matrix, study.rng("head map"))
        cka, vectors = self._cka(study)
        heads = stated_sample(study, int((study.maps.index.length > 0).sum()))
        return Findings(
            arrays={
                "redundancy/js_nats": matrix,
                "redundancy/map": places,
                "redundancy/cluster": clusters(tree(matrix), min(self.clusters, len(matrix))),
                "redundancy/heads": np.array(len(matrix) // study.maps.n_layers),
                "redundancy/cka": cka.finish(),
            },
            facts={"map_stress": stress, "heads": heads, "vectors": vectors},
            notes=(Note("sample", f"redundancy: heads on {heads}; layers on {vectors}"),),
        )

    def _cka(self, study: Study) -> tuple[LinearCKA, str]:
        """CKA over items of test that are drawn from all of it: its first ones may all be of one genre."""
        vectors, level = study.items.vectors, study.labels.level
        first, end = vectors.bounds("test")
        drawn = study.rng("cka").permutation(np.arange(first, end))[: self.items]
        cka = LinearCKA()
        cka.add({layer: vectors.pick(layer, np.sort(drawn)) for layer in range(vectors.n_layers)})
        what = "sentences" if level == "sentence" else "words"
        how = ", drawn at random" if len(drawn) < end - first else ""
        return cka, f"{len(drawn):,} of the {end - first:,} labelled {what} of test{how}"
