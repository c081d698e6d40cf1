"""Why does a classifier err?  python -m pipelines.diagnose text="It was not boring" label=positive

Trains a probe on every layer (or finds them), and looks at one text, at the lines of a file, or at
the errors of a corpus: what each layer's probe answers, how much each word counts by several
methods, which heads and layers speak for the wrong answer, the nearest training sentences, minimal
pairs, and where the text and a minimal pair part. Ends with a verdict by stated rules, with the
evidence for and against it, and with a repair that was not used to reach it. The classifier is the
model's own head, or the best probe of a model without one (python -m pipelines.classifier gives it
a head).

Options:
  text        a text; label=… is its right label, or that of word=… (its number, or the word itself)
  file        UTF-8, each line a text, a tab, (of words: the word, a tab,) and its label
  errors      errors=20: the 20 most confident errors of split=dev (or test), and over all of its
              sentences a cause, and which phenomena fail; phenomena=[hedge,mine.yaml] adds some
  behaviour   behaviour=50: failure rates of a suite of tests, 50 cases for each, from the grammar
  prompt answers   a causal model answers a prompt (conf/diagnose.yaml has an example)
  out         the folder to write: a page per text, an overview, rows.csv, diagnosis.json
              (default <outputs>/diagnoses/<model>/<data>-<task>/<what is shown>-<digest>)
  strict outputs   conf/diagnose.yaml explains them
  any other   option of a run: model=bert data=sst2 task.vector=cls
              (default model=minilm task=sentiment)

Examples:
  python -m pipelines.diagnose text="The movie was unexpectedly not boring" label=positive
  python -m pipelines.diagnose model=minilm data=grammar errors=20
  python -m pipelines.diagnose model.checkpoint=./mine file=mine.tsv
  python -m pipelines.diagnose task=pos text="They watch the light" word=watch label=VERB
  python -m pipelines.diagnose data=labelled data.train=a.csv data.test=b.csv errors=10 split=test
  python -m pipelines.diagnose model=minilm data=grammar behaviour=50
"""

import hydra
from omegaconf import DictConfig

from pipelines.diagnosing.diagnosed import diagnosed
from pipelines.diagnosing.diagnosis_settings import Settings, separated
from pipelines.shared.cli import job, launch
from pipelines.shared.option_files import CONF
from pipelines.shared.options import own_options


@hydra.main(config_path=str(CONF), config_name="diagnose", version_base="1.3")
def main(config: DictConfig) -> None:
    """One diagnosis."""

    def work() -> None:
        settings, _ = own_options(Settings, config, ())
        settings.check()
        diagnosed(settings)

    job(work)


if __name__ == "__main__":
    launch(main, __doc__, (), separated)
