"""What a checkpoint's configuration says of its head, so that one that cannot be diagnosed is refused at once."""

from collections.abc import Sequence

from probing.attention.interventions.prompt_head import NO_NEXT_WORD
from probing.axes import Level
from probing.errors import ModelError
from probing.model.checkpoint import Checkpoint
from probing.model.class_names import match_classes
from probing.model.json_files import read_object
from probing.model.saved_head import kind_named

CLASSIFIERS = {"sentence": "class", "word": "tag"}  # the head that a diagnosis of this level reads


def check_saved_head(checkpoint: Checkpoint, classes: Sequence[str], level: Level, prompted: bool) -> None:
    """Raise ModelError for a classifier of other classes than the corpus's, and for a prompt without a next word.

    A head that is loaded is checked in the same way; this needs its configuration alone.
    """
    config = read_object(checkpoint.folder / "config.json")
    kind = kind_named(config.get("architectures"))
    if prompted:
        if kind != "next":
            raise ModelError(NO_NEXT_WORD.format(checkpoint.name))
    elif kind == CLASSIFIERS.get(level) and (named := config.get("id2label")):
        match_classes(classes, {int(number): str(name) for number, name in named.items()})
