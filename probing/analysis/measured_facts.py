"""What the manifest of a run says about what was measured: the store file, the labels, the layers."""

from probing.analysis.study import Study
from probing.store.encoding import precision
from probing.store.joined import bytes_on_disk
from probing.store.key import NONE
from probing.task.unseen_labels import unseen_counts


def measured(study: Study) -> dict[str, object]:
    """The store file of the hidden states, the labels and the layers that are probed.

    layers: those of the file. pooled: level and way, if it holds pooled vectors. scaled_features: how many of a probed
    layer do not fit float16 as they are. unseen: per label that train does not have, how many items of dev and test
    have it.
    """
    store, labels = study.hidden, study.labels
    return {
        "store": {
            "key": store.provenance["key"],
            "file": store.path.name,
            "bytes": bytes_on_disk(store.path),
            "dtype": store.dtype,
            "precision": precision(store.dtype),
            "layers": list(store.layers),
            "pooled": str(store.provenance.get("pooled", NONE)),
            "scaled_features": {str(layer): count for layer, count in store.scaled_features(study.layers).items()},
        },
        "kind": labels.kind,
        "level": labels.level,
        "classes": list(labels.classes),
        "unseen": unseen_counts(labels),
        "layers": list(study.layers),
    }
