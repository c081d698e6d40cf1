"""What a diagnosis begins with: the classifier with its probes, and a text and a label that both can be used."""

import pandas as pd

from probing.analysis.study import Study
from probing.attention.interventions.prompt_head import Prompt
from probing.axes import Labels, Sentence
from probing.diagnosis.edited_texts import text_sentence
from probing.diagnosis.one_text import checked
from probing.diagnosis.subject import Subject
from probing.errors import ConfigError, DataError, one_of, shown
from probing.probe.saved import Saved

METRIC = "accuracy"


def probed_subject(study: Study, saved: Saved, rows: pd.DataFrame, prompt: Prompt | None = None) -> Subject:
    """The classifier with its probes. study: with the model's own head. rows: of the run that trained ``saved``.

    Without a head of its own, the probe that is best on dev is diagnosed. Raises: ConfigError as ``Subject``.
    """
    rows = rows[(rows["analysis"] == "probes") & (rows["metric"] == METRIC) & (rows["target"] == "task")]
    on_dev, on_test = (
        dict(zip(part["layer"], part["value"], strict=True))
        for part in (rows[rows["split"] == split] for split in ("dev", "test"))
    )
    errors = {int(layer): 1 - float(accuracy) for layer, accuracy in on_test.items()}
    above = [layer for layer in on_dev if layer > 0]  # no head or attention comes before the embedding output
    best = int(max(above, key=lambda layer: on_dev[layer], default=0))  # without one, Subject says why not
    return Subject(study, saved, errors, best, prompt)


def check_label(where: str, label: str, labels: Labels) -> None:
    """Raise ConfigError, with the classes of train, for a label that is none of them. where: what the error names."""
    if label in labels.unseen:
        raise ConfigError(
            f"{where}={shown(label)}: no sentence of train has this class, so that no probe can give it; "
            f"choose one of {', '.join(labels.classes)}"
        )
    one_of(where, label, labels.classes)


def whole_text(subject: Subject, text: str, where: str = "", word: int | None = None) -> Sentence:
    """A text as a sentence. where: what stands before an error. word: the place of the one that is classified.

    Raises: DataError if the classifier cannot read it; ConfigError as ``checked``.
    """
    sentence = text_sentence(text)
    try:
        checked(subject, sentence, word)
    except DataError as error:
        raise DataError(f"{where}{error}") from error
    return sentence
