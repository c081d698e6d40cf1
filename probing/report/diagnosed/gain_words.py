"""What the repair of a verdict on one text should bring, and what an intervention on it brought, as sentences."""

from probing.diagnosis.text_gain import TextGain
from probing.diagnosis.tried_repair import Tried
from probing.report.diagnosed.toned_table import NONE, percent, signed

DECIMALS = 3  # of a gain and its interval


def gain_in_words(gain: TextGain) -> str:
    """The gain over dev with its interval, and whether the repair is shown to help there.

    It helps, or does harm, if no end of the interval is 0, or beyond it, as it is shown.
    """
    one = gain.estimate
    if one is None:
        of = f" of {gain.what}" if gain.what else ""
        return f"No gain{of} is predicted: {gain.why}."
    numbers = gain_cell(gain)
    other = "other sentences of dev" if gain.items == "sentences" else f"{gain.items} of other sentences of dev"
    over = f"to the accuracy over {one.n:,} {other}"
    if gain.same_layer is not None:
        over += f" (the probe on the layer that is read adds {signed(gain.same_layer, DECIMALS)})"
    low, high = (round(end, DECIMALS) for end in (one.low, one.high))  # as shown, so that words and numbers agree
    if low > 0:
        return f"Predicted gain: {gain.what} adds {numbers} {over}."
    if high < 0:
        return f"Over dev this repair does harm: {gain.what} adds {numbers} {over}."
    return f"Over dev this repair is not shown to help: {gain.what} adds {numbers} {over}."


def gain_cell(gain: TextGain) -> str:
    """The gain with its interval alone; a dash for none."""
    one = gain.estimate
    if one is None:
        return NONE
    value, low, high = (signed(number, DECIMALS) for number in (one.value, one.low, one.high))
    return f"{value} [{low}, {high}]"


def tried_in_words(tried: Tried | None, label: str) -> str:
    """What an intervention on the model did to the probability of the label of this text; empty for none."""
    if tried is None:
        return ""
    then = f"{label} gets {percent(tried.after)} then, and {percent(tried.before)} before"
    return f"Tried on this text: {tried.what}; {then}."
