"""The exact share of each subword in the logit difference of a linear probe on pooled vectors."""

from probing.attention.interventions.attribution import Attribution
from probing.attention.interventions.logit_difference import LogitDifference, only_place
from probing.attention.interventions.passes import hidden
from probing.attention.interventions.readouts import ProbeReadout
from probing.errors import ConfigError
from probing.model.encoder import Encoder
from probing.model.subwords import Subwords


def probe_shares(encoder: Encoder, subwords: Subwords, explained: LogitDifference) -> Attribution:
    """Shares (S,) in the logit difference of a probe, for one text; with the constant they add up to it, exactly.

    The probe computes w · (x - mean) / deviation + b, where x is the mean of n subword vectors x_s (w, b: the rows of
    the two classes subtracted). The share of subword s is w · (x_s - mean) / deviation / n, its distance from the mean
    vector of train along w; the constant is b. Subwords that are not pooled have 0. The vectors x_s are those of the
    probe's layer, so that a share says what stands at a word there, not what the word itself brought.
    Raises: ConfigError for another readout than a linear probe, and as ``only_place``.
    """
    import torch

    probe = explained.readout
    if not isinstance(probe, ProbeReadout):
        raise ConfigError(f"{probe.name}: exact shares exist for linear probes; use the decomposition for it")
    batch = only_place(encoder, subwords, probe)
    states = hidden(encoder, batch, probe.layer)
    total = float(explained(states, batch).of_gold())
    reads = torch.from_numpy(probe.places(batch).reads[0]).double()  # (S,): 1 / n where it is pooled
    slope = torch.as_tensor(probe.weights[explained.one] - probe.weights[explained.other], dtype=torch.float64)
    mean, deviation = (torch.as_tensor(part, dtype=torch.float64) for part in (probe.mean, probe.deviation))
    shares = reads * ((states[0].double().cpu() - mean) / deviation @ slope[:-1])
    return Attribution(
        "share in the probe",
        shares.numpy(),
        "logit",
        float(slope[-1]),
        total,
        "the logit difference; the constant is the probe's intercept",
        f"vectors of layer {probe.layer} minus their mean over train",
    )
