"""Options that all analyses of a run share."""

from dataclasses import dataclass

from probing.result.resampling import AUTO


@dataclass(frozen=True)
class Options:
    """Options that all analyses of a run share.

    seed: of everything random, except samples and resamples. layers: those to probe; None: all. controls: draws of the
    control task. resamples: of the bootstrap. resampled: what it draws (auto, documents or sentences). punctuation:
    keep or remove it in root accuracy and UUAS. train_sentences, train_seed: how many of the training sentences probes
    are trained on (None: all), and which. device, probe_device: where the model and the probes are computed.
    """

    seed: int = 0
    layers: tuple[int, ...] | None = None
    controls: int = 1
    resamples: int = 1000
    resampled: str = AUTO
    punctuation: str = "keep"
    train_sentences: int | None = None
    train_seed: int = 0
    device: str = "cpu"
    probe_device: str = "cpu"
