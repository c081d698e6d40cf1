"""The folder of the pages for one model: its name holds whatever makes the numbers differ."""

from pipelines.reproducing.model_kind import Kind
from pipelines.reproducing.settings import Settings
from pipelines.running.run_folder import shortened

# options that change no number, or that the name of the model says
UNNAMED = ("threads", "device", "model.checkpoint")
PLAIN = "+-._=[]"


def page_folder(kind: Kind, settings: Settings) -> str:
    """The model, what it stands in for, the tag, and the options of every run, where they are not the usual ones."""
    model = f"{kind.stands_in_for},stand_in={kind.name}" if kind.stands_in_for else kind.name
    return shortened(",".join([model, *map(plain, further(settings))]))


def further(settings: Settings) -> list[str]:
    """The tag, if it is not the usual one, and the options of every run that change a number, as they are typed."""
    given = {one.lstrip("+~").partition("=")[0]: one.lstrip("+") for one in settings.options}
    tag = [] if settings.tag == Settings().tag else [f"tag={settings.tag}"]
    return tag + [given[name] for name in sorted(given) if name not in UNNAMED]


def plain(option: str) -> str:
    """An option as part of a file's name."""
    return "".join(c if c.isalnum() or c in PLAIN else "_" for c in option)
