"""The options of a run that change none of its numbers: names, places, and how the work is done."""

OF_STORE = ("folder", "layers", "lock", "divided")
OF_MODEL = ("placement",)
WITHOUT_EFFECT = frozenset(
    ["tag", "strict", "device", "threads", "outputs"]
    + [f"store.{option}" for option in OF_STORE]
    + [f"model.{option}" for option in OF_MODEL]
)
