"""What heads attend to over a corpus, and what is lost without them."""

import pandas as pd

from probing.analysis.ablation import HeadAblation
from probing.analysis.heads import HeadsOverCorpus
from probing.axes import Corpus, Split
from probing.errors import ConfigError, shown
from probing.interface.checked_arguments import check_model
from probing.interface.estimator import Probe
from probing.interface.frames import frame_of
from probing.interface.loaded_model import LoadedModel
from probing.interface.one_split import as_test, named_after
from probing.interface.representations import study_of
from probing.store.key import Store


def head_statistics(model: LoadedModel, corpus: Corpus, *, split: Split = "test") -> pd.DataFrame:
    """What each head attends to, and how sharply, over a corpus (Clark et al. 2019).

    Args:
        model: from ``load_model``.
        corpus: from ``load_corpus``.
        split: ``train``, ``dev``, ``test``, or ``all`` sentences.

    Returns:
        A table, one line per number: layer (from 1), head (from 0), metric, value, ci_low, ci_high, n_items (tokens
        that attend), n_sentences. Metrics: entropy_nats, effective_tokens, max_weight, distance_subwords, and shares of
        weight (mass_self, mass_previous, mass_next, mass_first, mass_cls, mass_sep, mass_punctuation; of causal models
        mass_first_later, without the first query). Lines without a head are means over the heads of a layer.
        ``.attrs["notes"]`` states the sample.

    Raises:
        ModelError: the model gives no attention maps, or no sentence fits into one input.
        ConfigError: there is no such split.

    Examples:
        >>> import probing
        >>> corpus = probing.load_corpus([["Cats", "sleep"], ["Dogs", "bark"], ["Birds", "sing", "songs"]])
        >>> table = probing.head_statistics(probing.load_model("minilm"), corpus, split="all")
        >>> sharp = table.query("metric == 'entropy_nats' and layer == 1 and head == 2")
        >>> round(sharp["value"].item(), 1)
        0.0
    """
    check_model(model)
    study = study_of(model, as_test(corpus, split), Store(""))  # nothing is stored
    return named_after(frame_of(HeadsOverCorpus()(study), study, "heads"), split)


def ablate(probe: Probe, *, sentences: int = 100, replacement: str = "mean") -> pd.DataFrame:
    """What is lost when attention heads are taken away, one by one, several at once, and by whole layers.

    Args:
        probe: fitted to the vectors of a corpus, on a layer above 0, for classes. Effects are on its log-probability of
            the correct label; of a model that was loaded with ``head=True``, on that of the model's own head.
        sentences: at most this many of dev, on which heads are ranked, and of test, on which effects are measured.
        replacement: of a head's output: ``zero``, ``mean`` (its mean output on dev), or ``uniform`` (its output under
            uniform attention).

    Returns:
        A table, one line per number: layer (from 1), head (from 0), value, ci_low, ci_high, in nats. An effect above 0
        means that the output is worse without the head. The column probe names the method: ``ablation_mean`` (one head
        at a time, each with its own interval), ``ablation_mean_adjusted`` (the same, with intervals that hold for all
        heads at once: use these to say which heads matter), ``ablation_joint`` (the first k of the ranking at once),
        ``ablation_layer`` (all heads of a layer). ``.attrs["notes"]`` states the sample.

    Raises:
        ConfigError: the probe was fitted to arrays, reads layer 0 or predicts numbers; an impossible option.
        ModelError: heads of this architecture cannot be taken away.
        DataError: no sentence fits into one input.
    """
    if not isinstance(probe, Probe):
        raise ConfigError(f"{shown(repr(probe))}: a probe is expected first; type probe = probing.fit_probe(…)")
    study = probe.study_
    found = HeadAblation(sentences, replacement)(study)
    if not found.rows:
        raise ConfigError(f"ablate: {found.notes[0].text}; fit a probe of classes to a layer above 0")
    return frame_of(found, study, "ablation")
