"""Tasks by the names that the command line gives them."""

from probing.errors import ConfigError, shown
from probing.task.arcs import Arc
from probing.task.labels import Task
from probing.task.main_clause import MainClauseNumber, MainTense
from probing.task.mentions import Coreference, Entity
from probing.task.sentences import SentenceTask
from probing.task.surface_properties import Length, WordContent
from probing.task.trees import Depth, TreeDepth
from probing.task.verb_agreement import VerbAgreement
from probing.task.words import WordTask

TASKS: dict[str, Task] = {
    "pos": WordTask("pos", column="upos"),
    "xpos": WordTask("xpos", column="xpos"),
    "deprel": WordTask("deprel", column="deprel"),
    "depth": Depth("depth"),
    "tree_depth": TreeDepth("tree_depth"),
    "arc": Arc("arc"),
    "entity": Entity("entity"),
    "coref": Coreference("coref"),
    "sentiment": SentenceTask("sentiment"),
    "length": Length("length"),
    "word_content": WordContent("word_content"),
    "subject_number": MainClauseNumber("subject_number", role="subject"),
    "object_number": MainClauseNumber("object_number", role="object"),
    "tense": MainTense("tense"),
    "agreement": VerbAgreement("agreement"),
}


def task_of(task: str | Task | None) -> Task:
    """The task of this name, or ``task`` itself. Raises: ConfigError, with the names, for an unknown one."""
    if task is None or (isinstance(task, str) and task not in TASKS):
        seen = "no task was named" if task is None else f"task={shown(task)} is not a task"
        raise ConfigError(f"{seen}; choose one of {', '.join(TASKS)}, or give an object of probing.task")
    return TASKS[task] if isinstance(task, str) else task
