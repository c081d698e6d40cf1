"""The options of a run that change none of its numbers: names, places, and how the work is done."""

WITHOUT_EFFECT = frozenset(
    ["tag", "strict", "device", "threads", "outputs", "model.placement"]
    + [f"store.{option}" for option in ("folder", "layers", "lock", "divided")]
)
