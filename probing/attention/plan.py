"""What the attention stage does: which analyses, and how rollout is computed."""

from dataclasses import dataclass, field

from probing.attention.flow.augmented import Rollout
from probing.errors import ConfigError, one_of, positive

ANALYSES = ("none", "rollout", "full")


@dataclass(frozen=True)
class Attention:
    """``name``: none; rollout (and flow's cheaper kin) on the cached maps; full: every analysis.

    residual_weight to receptive_field: see ``rollout.Rollout``. least: cases that a relation needs in test.
    clusters: groups of heads. interventions: sentences of dev that heads are ranked on and of test that effects are
    measured on (half as many for what takes a pass per token). ablation: what takes the place of a head (zero, mean,
    uniform). query: from where tokens are scored when attention is held against interventions (mean or max over all
    positions, first, last; auto: mean, for causal models last). hypotheses: options of conf/hypothesis, or files.
    """

    name: str = "rollout"
    residual_weight: float = 0.5
    fusion: str = "mean"
    discard: float = 0.0
    first_layer: int = 1
    receptive_field: bool = False
    least: int = 20
    clusters: int = 6
    interventions: int = 100
    ablation: str = "mean"
    query: str = "auto"
    hypotheses: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        one_of("attention.name", self.name, ANALYSES)
        one_of("attention.query", self.query, ("auto", "mean", "max", "first", "last"))
        one_of("attention.ablation", self.ablation, ("zero", "mean", "uniform"))
        for option in ("least", "clusters", "interventions"):
            positive(f"attention.{option}", getattr(self, option))
        if self.hypotheses and self.name != "full":
            raise ConfigError("attention.hypotheses are tested by attention=full; type attention=full")
        self.rollout()

    def rollout(self) -> Rollout:
        """How rollout is computed."""
        return Rollout(self.residual_weight, self.fusion, self.discard, self.first_layer, self.receptive_field)
