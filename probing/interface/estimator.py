"""A linear probe with the conventions of scikit-learn: fit, predict, score, get_params, set_params."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from probing.analysis.findings import Findings
from probing.analysis.study import Study
from probing.errors import ConfigError, DataError, not_negative, one_of, positive, shown
from probing.interface.corpus_fit import CorpusFit, fit_corpus
from probing.interface.given_rows import vectors_of
from probing.interface.representations import Representations
from probing.interface.rows_fit import RowsFit, fit_rows
from probing.interface.score_beside_control import Score
from probing.probe.linear import Linear
from probing.task.labels import Task

if TYPE_CHECKING:
    from sklearn.utils import Tags

Fitted = CorpusFit | RowsFit
STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1)
Array = NDArray[Any]


@dataclass(eq=False)
class Probe:
    """A linear probe: logistic regression for classes, ridge regression for numbers, on standardised vectors.

    It works as an estimator of scikit-learn (``clone``, ``cross_val_score``, pipelines); after ``fit`` it has
    ``classes_``, ``coef_`` (C, D), ``intercept_`` (C,), ``n_features_in_`` and ``layer_``.

    Args:
        l2: the strength of the penalty, or several to choose from on dev; they grow where an end is best.
        standardise: divide each feature by its standard deviation in train.
        tolerance: stop when the loss is within this share of its minimum.
        max_iterations: per strength and target.
        seed: of the control task.
        controls: draws of the control task.
        resamples: of the bootstrap, for intervals.
    """

    l2: float | Sequence[float] = STRENGTHS
    standardise: bool = True
    tolerance: float = 1e-4
    max_iterations: int = 1000
    seed: int = 0
    controls: int = 1
    resamples: int = 1000

    def fit(
        self,
        X: "Representations | ArrayLike",
        y: ArrayLike | None = None,
        *,
        task: str | Task | None = None,
        layer: int | None = None,
        words: Sequence[str] | None = None,
        sentences: Sequence[Hashable] | None = None,
    ) -> "Probe":
        """Fit the probe to the vectors of a corpus, or to arrays; returns itself. ``fit_probe`` says what goes in."""
        if isinstance(X, Representations):
            if not (y is None and words is None and sentences is None):
                raise ConfigError("y, words and sentences belong to arrays; vectors of extract need a task alone")
            self._fit: Fitted = fit_corpus(replace(self), X, task, layer)
        else:
            if task is not None or layer is not None:
                raise ConfigError("task and layer need vectors of extract; X is an array, whose labels are y")
            self._fit = fit_rows(replace(self), X, y, words, sentences)
        return self

    def predict(self, X: ArrayLike) -> Array:
        """The label of each vector: X (N, D) -> (N,) classes, or numbers. Raises: DataError for another width."""
        found = self._read(X)
        return self.classes_[found.argmax(axis=1)] if found.ndim == 2 else found

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """The probability of each class, in the order of ``classes_``: X (N, D) -> (N, C). Raises: as ``predict``."""
        logits = self._read(X).astype(np.float64)
        if logits.ndim != 2:
            raise ConfigError("this probe predicts numbers, not classes; type probe.predict(X)")
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))

    def score(
        self,
        X: ArrayLike | None = None,
        y: ArrayLike | None = None,
        *,
        words: Sequence[str] | None = None,
        sentences: Sequence[Hashable] | None = None,
    ) -> Score:
        """The score, beside its interval, the control task and baselines.

        Of a probe that was fitted to a corpus: on its test split, without arguments. Of one that was fitted to arrays:
        on X (N, D) and y (N,), with words and sentences as in ``fit``.
        Raises: ConfigError, DataError if the arguments do not belong to how the probe was fitted.
        """
        return self._fitted.score(X, y, words, sentences)

    def to_frame(self) -> pd.DataFrame:
        """One line per score, as in the command line's rows.csv. Raises: ConfigError if it was fitted to arrays."""
        return self._of_corpus.to_frame()

    @property
    def classes_(self) -> Array:
        """The classes, in the order of the rows of ``coef_``; none for numbers."""
        return self._fitted.classes

    @property
    def coef_(self) -> NDArray[np.float32]:
        """Weights (C, D), or (D,) for numbers, of vectors as the model gives them."""
        return self._fitted.saved.weights[self.layer_]

    @property
    def intercept_(self) -> NDArray[np.float32]:
        """(C,), or () for numbers."""
        return self._fitted.saved.intercepts[self.layer_]

    @property
    def n_features_in_(self) -> int:
        """The width of a vector, D."""
        return int(self.coef_.shape[-1])

    @property
    def layer_(self) -> int:
        """The layer that the probe reads: the one asked for, else the best on dev; 0 for arrays."""
        return self._fitted.layer

    @property
    def study_(self) -> Study:
        """What ``probing.analysis`` reads. Raises: ConfigError for a probe that was fitted to arrays."""
        return self._of_corpus.study

    @property
    def findings_(self) -> Findings:
        """All scores with their notes. Raises: as ``study_``."""
        return self._of_corpus.findings

    @property
    def linear(self) -> Linear:
        """The solver with these options. Raises: ConfigError for impossible ones."""
        not_negative("seed", self.seed)
        positive("controls", self.controls)
        positive("resamples", self.resamples)
        strengths = [self.l2] if isinstance(self.l2, int | float) else [*self.l2]
        if not all(isinstance(strength, int | float) for strength in strengths):
            raise ConfigError(f"l2={shown(repr(self.l2))}: numbers are expected, as in l2=[1e-3, 1e-2]")
        return Linear("linear", strengths, self.standardise, self.tolerance, self.max_iterations)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The options by name, as scikit-learn asks for them."""
        return {option.name: getattr(self, option.name) for option in fields(self)}

    def set_params(self, **options: Any) -> "Probe":
        """Set options by name; returns itself. Raises: ConfigError for an unknown one."""
        for name, value in options.items():
            one_of("option", name, self.get_params())
            setattr(self, name, value)
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_fit")

    def __sklearn_tags__(self) -> "Tags":
        """What scikit-learn must know: a classifier, which needs y."""
        from sklearn.utils import ClassifierTags, Tags, TargetTags

        return Tags("classifier", TargetTags(required=True), classifier_tags=ClassifierTags())

    def __repr__(self) -> str:
        """The options that are not the usual ones, and what the probe was fitted to."""
        usual = {option.name: option.default for option in fields(self)}
        options = ", ".join(
            f"{name}={value!r}" for name, value in self.get_params().items() if str(value) != str(usual[name])
        )
        return f"Probe({options})" + (f", {self._fit}" if hasattr(self, "_fit") else "")

    @property
    def _fitted(self) -> "Fitted":
        if not hasattr(self, "_fit"):
            raise ConfigError("this probe is not fitted; type probe.fit(…) or probing.fit_probe(…) first")
        return self._fit

    @property
    def _of_corpus(self) -> CorpusFit:
        if not isinstance(self._fitted, CorpusFit):
            raise ConfigError("this probe was fitted to arrays; fit it to the vectors of extract, with a task")
        return self._fitted

    def _read(self, X: ArrayLike) -> NDArray[np.float32]:
        vectors = vectors_of(X)
        if vectors.shape[1] != self.n_features_in_:
            raise DataError(f"X has the width {vectors.shape[1]}; this probe reads vectors of {self.n_features_in_}")
        return self._fitted.saved.read(self.layer_, vectors)
