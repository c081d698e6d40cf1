import pytest

from probing.errors import ConfigError
from probing.view.chosen_layers import check_layers


def test_layers_that_are_not_there_are_refused_by_number():
    check_layers([2, 1], (1, 2, 3))
    with pytest.raises(ConfigError, match=r"layers: 0, 7; choose some of the layers that have attention: 1, 2, 3"):
        check_layers([0, 2, 7], (1, 2, 3))
    with pytest.raises(ConfigError, match="layers: none"):
        check_layers([], (1,))
