"""What in a text makes the effect of an edit uncertain, for rules that see its words and not its meaning."""

from probing.data.draft import Draft
from probing.data.opposites import CONCESSIONS, CONTRASTS, group, opposites

_SIGNS = {
    "it has a contrast, and another part may decide the label": CONTRASTS | CONCESSIONS,
    "it is a question": frozenset("?"),
    "it may report what others say or expect": group("hearsay"),
    "it may state a condition or a wish": group("condition"),
}


def doubts(draft: Draft) -> list[str]:
    """Reasons, in words, why the label may not follow the edited part; none: the rules know of none."""
    return [reason for reason, words in _SIGNS.items() if words & set(draft.words)]


def judgements(draft: Draft) -> list[int]:
    """The places of the words of judgement that the list knows."""
    return [at for at, word in enumerate(draft.words) if word in opposites()]
