"""Similarity of heads (divergence, clusters, a map) and of layers (linear CKA).

Heads are numbered layer by layer: head h of the k-th layer that has a map is row k * H + h, k from 0.
"""

from collections.abc import Mapping
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.attention.heads.head_statistics import entropy
from probing.errors import ConfigError, ModelError
from probing.model.batches import PADDING
from probing.model.maps import Maps

if TYPE_CHECKING:
    import torch

Matrix = NDArray[np.float64]
_BLOCK = 2**18  # numbers with which one head is compared at a time: they fit into a processor's cache


class Divergence:
    """Jensen-Shannon divergence between the rows of every two heads, over maps that are added batch by batch.

    JS(p, q) = H((p + q) / 2) - (H(p) + H(q)) / 2 in nats, between 0 and ln 2 (Lin 1991). Clark et al. (2019, section
    6) sum it over all tokens of a corpus; here it is the mean over queries, which does not grow with the corpus and
    gives the same order of pairs. There is no smoothing, because weights of 0 are allowed. It costs (L H)^2 / 2
    logarithms per weight of one map, so use a sample of sentences.
    """

    def __init__(self) -> None:
        """Start with empty sums."""
        self._total: Matrix | None = None  # upper triangle, sums over queries
        self._n_queries = 0

    def add(self, batch: Maps) -> None:
        """Add the maps of some sentences; all queries have equal weight, special subwords included."""
        import torch

        real = torch.from_numpy(batch.words != PADDING).to(batch.attention[0].device)
        of_layers = [layer.transpose(0, 1)[:, real] for layer in batch.attention]  # (B, H, T, T) -> (H, Q, T)
        rows = torch.cat(of_layers).float()  # (L * H, Q, T)
        if any(batch.of.sinks):  # one more outcome; 0 up to rounding in layers that have none
            rows = torch.cat([rows, (1 - rows.sum(-1, keepdim=True)).clamp_min(0)], dim=-1)
        if self._total is None:
            self._total = np.zeros((len(rows), len(rows)))
        for block in torch.split(rows, max(1, _BLOCK // (rows.shape[0] * rows.shape[2])), dim=1):
            self._total += _divergences(block)
        self._n_queries += rows.shape[1]

    def finish(self) -> Matrix:
        """Mean divergence (nats) of every two heads: symmetric, (L * H, L * H), 0 on the diagonal.

        Raises: ModelError if no maps were added.
        """
        if self._total is None:
            raise ModelError("no attention map was added; heads are compared on at least one sentence with words")
        return (self._total + self._total.T) / self._n_queries


def _divergences(rows: "torch.Tensor") -> Matrix:
    """Sums over queries for the pairs above the diagonal: rows (heads, Q, T) -> (heads, heads)."""
    own = entropy(rows)  # (heads, Q)
    total = rows.new_zeros(len(rows), len(rows))
    for head in range(len(rows) - 1):
        between = entropy((rows[head + 1 :] + rows[head]).mul_(0.5)) - (own[head + 1 :] + own[head]) / 2
        total[head, head + 1 :] = between.clamp_min_(0).sum(-1)  # rounding can make it negative
    return total.cpu().double().numpy()


def tree(divergence: Matrix) -> Matrix:
    """Agglomerative clustering by average linkage of sqrt(divergence): scipy's linkage matrix, (heads - 1, 4).

    The square root is a metric (Endres and Schindelin 2003), and so is the root of the mean over queries, as used here.
    Raises: ModelError for a single head.
    """
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import squareform

    if len(divergence) < 2:
        raise ModelError("this model has only one head, and clusters need at least two; choose another model")
    found: Matrix = linkage(squareform(np.sqrt(divergence), checks=False), method="average")
    return found


def clusters(linkage: Matrix, n_clusters: int) -> NDArray[np.int64]:
    """Cut a tree into ``n_clusters``: the cluster of each head, (heads,), numbered from 0 in order of the first heads.

    There are fewer clusters if heads are equally far apart, because a cut does not separate them at random.
    Raises: ConfigError if there are not that many heads.
    """
    from scipy.cluster.hierarchy import fcluster

    if not 1 <= n_clusters <= len(linkage) + 1:
        raise ConfigError(f"clusters={n_clusters}: give 1 to {len(linkage) + 1}, the number of heads")
    found = fcluster(linkage, n_clusters, criterion="maxclust")
    _, first, numbers = np.unique(found, return_index=True, return_inverse=True)
    order: NDArray[np.int64] = np.argsort(np.argsort(first))
    return order[numbers]


def head_map(divergence: Matrix, rng: np.random.Generator) -> tuple[Matrix, float]:
    """Places (heads, 2) whose distances approximate sqrt(divergence), and the error of this fit: Kruskal's stress-1.

    Metric multidimensional scaling (SMACOF, the best of several starts). The axes have no meaning; a stress above 0.2
    is a poor fit (Kruskal 1964).
    """
    from sklearn.manifold import smacof

    distances = np.sqrt(divergence)
    # smacof and not MDS, because MDS renamed its option for given distances between versions
    places, raw_stress = smacof(distances, n_init=8, random_state=int(rng.integers(2**31)), normalized_stress=False)
    return places, float(np.sqrt(2 * raw_stress / np.square(distances).sum()))


class LinearCKA:
    """Centred kernel alignment between layers (Kornblith et al. 2019, section 3), over vectors added batch by batch.

    CKA(X, Y) = |X'Y|^2 / (|X'X| |Y'Y|), with Frobenius norms and centred columns; rotation and scaling of X or Y do not
    change it. Memory does not grow with the number of vectors, because only moments of all pairs of layers are kept:
    (L + 1)(L + 2) / 2 matrices (D, D) of float64, 33 MB for 7 layers of width 384, 430 MB for 13 of 768.
    """

    def __init__(self) -> None:
        """Start with empty sums."""
        self._shift: dict[int, NDArray[np.floating]] = {}  # (D,)
        self._sums: dict[int, Matrix] = {}  # (D,)
        self._products: dict[tuple[int, int], Matrix] = {}  # (D, D)
        self._n = 0

    def add(self, vectors: Mapping[int, NDArray[np.floating]]) -> None:
        """Add vectors of the same items in every layer: {layer: (n, D)}, with the same layers each time."""
        shifted = {}
        for layer, of_layer in vectors.items():
            precise = np.asarray(of_layer, dtype=np.result_type(of_layer, np.float32))
            # subtract a value near the mean first: some models have huge means, and precision would be lost later
            mean = precise.mean(axis=0, dtype=np.float64).astype(precise.dtype)
            shifted[layer] = precise - self._shift.setdefault(layer, mean)
            self._sums.setdefault(layer, np.zeros(precise.shape[1]))
            self._sums[layer] += shifted[layer].sum(axis=0, dtype=np.float64)
        for a, b in combinations_with_replacement(sorted(shifted), 2):
            product = shifted[a].T @ shifted[b]
            self._products.setdefault((a, b), np.zeros(product.shape))
            self._products[a, b] += product
        self._n += len(shifted[next(iter(shifted))])

    def finish(self) -> Matrix:
        """CKA of every two layers in ascending order: symmetric, (L + 1, L + 1), 1 on the diagonal.

        NaN for a layer whose vectors are all equal.
        """
        layers = sorted(self._sums)
        found = np.zeros((len(layers), len(layers)))
        for i, j in combinations_with_replacement(range(len(layers)), 2):
            a, b = layers[i], layers[j]
            centred = self._products[a, b] - np.outer(self._sums[a], self._sums[b]) / self._n
            found[i, j] = found[j, i] = np.square(centred).sum()
        scale = np.sqrt(np.diag(found))
        with np.errstate(invalid="ignore"):
            cka: Matrix = found / np.outer(scale, scale)
        return cka
