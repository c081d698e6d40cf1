"""The logit difference of two classes as what interventions and gradients explain, in place of a log-probability."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from probing.attention.interventions.passes import hidden
from probing.attention.interventions.places import Places
from probing.attention.interventions.readouts import Reading, Readout
from probing.axes import Level
from probing.errors import ConfigError
from probing.model.batches import Batch, batch_of
from probing.model.encoder import Encoder
from probing.model.subwords import Subwords

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Difference(Reading):
    """A reading whose score at each place is the logit of class ``one`` minus that of class ``other``."""

    one: int = 0
    other: int = 1

    def of_gold(self) -> "torch.Tensor":
        """The difference at each place, (P,), in nats: log p(one) - log p(other), in which the softmax cancels."""
        return self.log_probabilities[:, self.one] - self.log_probabilities[:, self.other]


@dataclass(frozen=True, eq=False)
class LogitDifference:
    """A readout that explains logit(one) - logit(other) of ``readout``, whatever the gold labels are.

    ``blank_out``, ``gradients``, ``effects`` and ``layer_effects`` take it as they take any readout; what they call the
    score is then the difference, in nats. Gold labels of ``readout`` only say where it reads. A positive effect means
    that what was taken away spoke for ``one``. Raises: ConfigError for two equal classes, or a negative one.
    """

    readout: Readout
    one: int
    other: int

    def __post_init__(self) -> None:
        if self.one == self.other or min(self.one, self.other) < 0:
            raise ConfigError(f"logit difference of the classes {self.one} and {self.other}: give two classes, from 0")

    @property
    def name(self) -> str:
        """The readout's name."""
        return f"the logit difference of {self.readout.name}"

    @property
    def layer(self) -> int:
        """The layer that is read."""
        return self.readout.layer

    @property
    def level(self) -> Level:
        """What one label is attached to."""
        return self.readout.level

    def places(self, batch: Batch) -> Places:
        """Where the readout reads."""
        return self.readout.places(batch)

    def __call__(self, hidden: "torch.Tensor", batch: Batch) -> Difference:
        """Read the hidden states (B, T, D) of ``layer``. Raises: ConfigError for a class that the readout lacks."""
        found = self.readout(hidden, batch)
        n_classes = found.log_probabilities.shape[1]
        if max(self.one, self.other) >= n_classes:
            raise ConfigError(
                f"logit difference of the classes {self.one} and {self.other}: {self.readout.name} has {n_classes} "
                f"classes, 0 to {n_classes - 1}"
            )
        return Difference(found.logits, found.gold, found.rows, found.n_sentences, self.one, self.other)


def contrast(encoder: Encoder, subwords: Subwords, readout: Readout, label: int | None = None) -> LogitDifference:
    """The difference that explains the prediction for one text: predicted minus ``label`` where these two differ,
    otherwise predicted minus runner-up. ``subwords``: of one text, where ``readout`` reads one place.

    Raises: as ``only_place``, and ConfigError for a label that is not one of the readout's classes.
    """
    batch = only_place(encoder, subwords, readout)
    scores = readout(hidden(encoder, batch, readout.layer), batch).log_probabilities[0]
    if label is not None and not 0 <= label < len(scores):
        raise ConfigError(f"label {label}: {readout.name} has the classes 0 to {len(scores) - 1}; give one of them")
    predicted, second = scores.topk(2).indices.tolist()
    return LogitDifference(readout, predicted, second if label is None or label == predicted else label)


def only_place(encoder: Encoder, subwords: Subwords, readout: Readout) -> Batch:
    """One text as a batch. Raises: ConfigError unless it is one, whole, and ``readout`` reads one place in it."""
    length, window = len(subwords.ids), encoder.window
    if len(subwords) != 1 or not length or (window is not None and length > window):
        raise ConfigError(
            f"{len(subwords)} texts of {length} subwords: one text is explained at a time, of 1 to "
            f"{window or 'any number of'} subwords; shorten it"
        )
    batch = batch_of(subwords, [0], encoder.pad)
    n_places = len(readout.places(batch).rows)
    if n_places != 1:
        raise ConfigError(f"{readout.name} reads {n_places} places of the text; one is expected: give one label")
    return batch
