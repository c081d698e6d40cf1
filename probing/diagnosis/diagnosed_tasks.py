"""Which tasks can be diagnosed: those that give one class to a sentence, or to a word."""

from probing.analysis.readers import READ
from probing.errors import ConfigError


def refuse_other_tasks(task: str, level: str, kind: str, prompted: bool) -> None:
    """Raise ConfigError for a task without such classes, and for a prompt (``prompted``) with a task of words."""
    if level not in READ or kind != "class":
        raise ConfigError(
            f"task={task}: a diagnosis is of a classifier of sentences or of words; type task=sentiment or task=pos, "
            "or data=labelled with your own sentences and labels"
        )
    if prompted and level == "word":
        raise ConfigError(
            f"task={task}: the answer to a prompt is about a whole text; leave prompt= out, or type task=sentiment"
        )
