import numpy as np
import pytest


@pytest.fixture(scope="session")
def by_hand(small_subject):
    """Log-probabilities of a layer's probe for a sentence, (C,), from the mean of the states of the words' subwords."""

    def of(sentence, layer):
        subwords = small_subject.subwords([sentence])
        states = small_subject.encoder.hidden(subwords)[layer]
        logits = small_subject.saved.read(layer, states[subwords.words >= 0].mean(axis=0)[None])[0].astype(float)
        return logits - np.log(np.exp(logits).sum())

    return of
