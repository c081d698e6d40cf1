"""The gold labels of a finished run: its task is built again from the options in the manifest."""

from collections.abc import Callable, Mapping
from typing import Any

from omegaconf import OmegaConf

from pipelines.shared.option_files import options as task_names
from pipelines.shared.options import option
from pipelines.shared.schema import checked, class_of
from probing.axes import Sentence
from probing.errors import ConfigError, shown
from probing.view.record import Gold

TASKS = "probing.task."


def gold_of(options: Mapping[str, Any]) -> Callable[[Sentence], Gold | None]:
    """From ``config.task`` of a manifest to the task's labels of one sentence: one per word, or a single one.

    Raises: ConfigError for a class that is neither a task of probing.task nor that of an option of this program, and
    for options that the task does not have. A manifest is a file that anyone may have written, so no other class is
    built from it.
    """
    target = options.get("_target_")
    unknown = ConfigError(
        f"task._target_={shown(target)}: not a task of this version (a class below {TASKS[:-1]}) or of an option here; "
        "for a task of your own type --config-dir and the folder of its options, else run again"
    )
    if not isinstance(target, str) or not (target.startswith(TASKS) or target in _of_options()):
        raise unknown
    try:
        cls = class_of("task._target_", target)
    except ConfigError as error:
        raise unknown from error
    if f"{cls.__module__}.{cls.__qualname__}" != target:  # another library's class that a task's module imports
        raise unknown
    gold: Callable[[Sentence], Gold | None] = checked(cls, OmegaConf.create(dict(options)), "task").gold
    return gold


def _of_options() -> set[str]:
    """The classes of all tasks that this program has options of."""
    return {str(option("task", name).get("_target_")) for name in task_names("task")}
