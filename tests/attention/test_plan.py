import pytest

from probing.attention.flow.augmented import Rollout
from probing.attention.plan import Attention
from probing.errors import ConfigError


def test_the_defaults_are_the_published_rollout() -> None:
    assert Attention().rollout() == Rollout(0.5, "mean", 0.0, 1, False)


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"name": "ful"}, "choose one of none, rollout, full"),
        ({"ablation": "noise"}, "choose one of zero, mean, uniform"),
        ({"residual_weight": 1.5}, "residual_weight=1.5"),
        ({"interventions": 0}, "attention.interventions=0"),
        ({"hypotheses": ["verb_object"]}, "type attention=full"),
    ],
)
def test_an_impossible_value_is_named(wrong, message) -> None:
    with pytest.raises(ConfigError, match=message):
        Attention(**wrong)
