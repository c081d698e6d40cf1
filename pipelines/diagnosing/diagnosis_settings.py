"""The options of ``python -m pipelines.diagnose``."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Literal, cast

from pipelines.shared.further_options import gathered
from probing.attention.interventions.prompt_head import Prompt
from probing.errors import ConfigError, not_negative, one_of

SPLITS = ("dev", "test")
SUITE_SEED = 0  # of the cases of behaviour=: all models have the same ones, whatever the seed of their run
EXAMPLE = 'text="The movie was unexpectedly not boring" label=positive'
OF_THE_RUN = ("attention", "analysis", "probe", "layers")


@dataclass
class Settings:
    """options: of the run that trains the probes, as they are typed for it; all others as in conf/diagnose.yaml."""

    text: str | None = None
    label: str | None = None
    word: str | None = None
    file: str | None = None
    errors: int = 0
    behaviour: int = 0
    phenomena: list[str] = field(default_factory=list)
    prompt: str | None = None
    answers: dict[str, str] | None = None
    split: str = "dev"
    options: list[str] = field(default_factory=list)
    out: str | None = None
    strict: bool = False
    outputs: str = "outputs"

    def __post_init__(self) -> None:
        """Refuse impossible values before anything is loaded."""
        not_negative("errors", self.errors)
        not_negative("behaviour", self.behaviour)
        if self.answers and self.prompt is None:
            raise ConfigError('answers= needs a prompt; type prompt="Review: {text} Sentiment:", for example')
        self.as_prompt()
        one_of("split", self.split, SPLITS)
        if any(option.partition("=")[0] in OF_THE_RUN for option in self.options):
            raise ConfigError(f"{', '.join(OF_THE_RUN)} are set by the diagnosis; leave them out")

    def check(self) -> None:
        """Refuse a wrong choice of texts; apart, because texts are set last. Raises: ConfigError."""
        if self.text is not None and not self.text.strip():
            raise ConfigError(f"text= is empty; type {EXAMPLE}")
        if (self.text is None) != (self.label is None):
            missing = "label" if self.label is None else "text"
            raise ConfigError(f"{missing}= is missing: a text is diagnosed with its label; type {EXAMPLE}")
        if self.word is not None and self.text is None:
            raise ConfigError(f"word={self.word}: it says which word of text= has the label; type text= as well")
        given = [name for name in ("text", "file", "errors", "behaviour") if getattr(self, name)]
        if len(given) != 1:
            listed = " and ".join(given) or "nothing"
            raise ConfigError(
                f"{listed}: one of text=, file=, errors= and behaviour= is expected; type {EXAMPLE}, or errors=20"
            )
        if self.split != "dev" and not self.errors:
            raise ConfigError(
                f"split={self.split}: it says whose errors are diagnosed; leave it out, or type errors=20"
            )
        if self.phenomena and not self.errors:
            raise ConfigError("phenomena= is of the errors of a corpus; type errors=20 too")

    def check_level(self, task: str, level: str) -> None:
        """Refuse what is about whole sentences for a task of words. Raises: ConfigError."""
        for name in ("behaviour", "phenomena"):
            if level == "word" and getattr(self, name):
                raise ConfigError(
                    f"{name}= is about the class of a whole sentence, and task={task} labels words; leave it out, or "
                    "type task=sentiment"
                )

    def as_prompt(self) -> Prompt | None:
        """The prompt and its answers, if the classifier is a causal model's answer. Raises: ConfigError."""
        return None if self.prompt is None else Prompt(self.prompt, dict(self.answers or {}))

    @property
    def of_split(self) -> Literal["dev", "test"]:
        """The split whose errors are diagnosed."""
        return cast(Literal["dev", "test"], self.split)


OWN = (*(f.name for f in fields(Settings)), "hydra")


def separated(arguments: Sequence[str]) -> list[str]:
    """The arguments as Hydra can read them; what is no option of this program goes to ``options``, for the run."""
    return gathered(arguments, OWN)
