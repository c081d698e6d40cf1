"""Measures that pages show, each explained in a sentence or two for the glossary."""

from typing import NamedTuple


class Entry(NamedTuple):
    """One word. name: as the glossary lists it. text: what it means. forms: how texts write it, besides ``name``."""

    name: str
    text: str
    forms: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The name of its place on a page."""
        return "-".join("".join(c if c.isalnum() else " " for c in self.name.lower()).split())


MEASURES = (
    Entry(
        "AUROC",
        "For two classes: how often an item of the positive class gets a higher probability than one of "
        "the other class; 0.5 is chance.",
    ),
    Entry(
        "average precision",
        "For two classes: precision averaged over all thresholds (area under the curve of precision and recall).",
    ),
    Entry("Brier score", "Mean squared error of the probabilities that a probe gives to all classes; lower is better."),
    Entry(
        "centre of gravity",
        "The mean layer, weighted by how far the score of each layer lies above a baseline (after Tenney et al. 2019). "
        "With probe=mix it is that of the paper: the weights are those of the mix of all layers.",
        ("Centre of gravity",),
    ),
    Entry(
        "CKA",
        "Centred kernel alignment: how similar the vectors of two layers are; 1 if they are equal up to "
        "rotation and scale (Kornblith et al. 2019).",
        ("linear CKA",),
    ),
    Entry(
        "code length",
        "The bits that are needed to send the labels, given the vectors: the shorter, the easier the "
        "labels are to learn (Voita & Titov 2020).",
        ("online code", "code length in bits"),
    ),
    Entry(
        "completeness",
        "Of an intervention on a concept: 1 if the concept is wholly removed, or wholly moved to the wanted class, as "
        "probes of unchanged vectors read it; 0 if nothing is reached (Canby et al. 2024).",
        ("Completeness",),
    ),
    Entry("compression", "The code length of a uniform code, divided by that of the probe; 1 means nothing is gained."),
    Entry(
        "DSpr",
        "Spearman correlation of predicted and gold distances between words: the mean over sentences of "
        "each length, then over lengths of 5 to 50 words (Hewitt & Manning 2019).",
    ),
    Entry(
        "ECE",
        "Expected calibration error: the mean gap between the probability that a probe gives to its answer "
        "and how often it is right (Guo et al. 2017).",
        ("expected calibration error",),
    ),
    Entry(
        "effective tokens",
        "The number of tokens with equal weights that would have the same entropy: exp(entropy).",
        ("effective subwords",),
    ),
    Entry(
        "entropy",
        "How evenly attention is spread: 0 if one token has all of it, higher the more tokens share it.",
        ("Entropy",),
    ),
    Entry(
        "expected layer",
        "The mean layer, weighted by how much each layer gains over all layers below it (after Tenney et al. 2019). "
        "With probe=mix it is that of the paper: the scores are those of mixes of layers 0 to l.",
        ("Expected layer",),
    ),
    Entry(
        "interval",
        "95 % interval: if the study were repeated with other sentences (or documents) of the same kind, "
        "95 of 100 such intervals would contain the true score (bootstrap: items are drawn again, with replacement).",
        ("bootstrap", "95 % interval", "95 % intervals", "intervals", "Intervals"),
    ),
    Entry(
        "Jensen–Shannon divergence",
        "How different two distributions are: 0 if they are equal.",
        ("Jensen–Shannon distance", "Jensen–Shannon"),
    ),
    Entry(
        "macro F1",
        "The mean over all classes of F1 (balance of precision and recall), so that rare classes count "
        "as much as frequent ones. It is not the share of correct items.",
        ("F1",),
    ),
    Entry(
        "memorisation",
        "The score of a probe of shuffled labels on the sentences that it was trained on: how much "
        "it can learn by heart.",
        ("Memorisation", "memorisation (train)"),
    ),
    Entry(
        "mixing ratio",
        "The share of a vector that comes from other tokens, not from the token itself (Kobayashi et al. 2021).",
        ("mixing ratios", "Mixing ratios"),
    ),
    Entry(
        "model confidence set",
        "The layers that remain when significantly worse ones are left out one by one; with "
        "95 % probability, the best layer is among them (Hansen et al. 2011).",
    ),
    Entry(
        "multi-bootstrap",
        "An interval for other seeds of the model and for other test sentences at once (Sellam et al. 2022).",
    ),
    Entry(
        "nats",
        "The unit of entropies and losses with natural logarithms: 1 nat = 1.44 bits. A loss of 1 nat means "
        "that the correct answer is 2.7 times less probable.",
    ),
    Entry(
        "NSpr",
        "Spearman correlation of predicted and gold depths of words: the mean over sentences of each length, "
        "then over lengths of 5 to 50 words (Hewitt & Manning 2019).",
    ),
    Entry(
        "R²",
        "The share of the variance of the gold values that the predictions explain; 1 is perfect, 0 is as good "
        "as always predicting the mean.",
    ),
    Entry(
        "recall at 1 % false positives",
        "For two classes: the share of the positive class above a threshold that at most 1 % of the others pass.",
    ),
    Entry(
        "reliability",
        "Of an intervention on a concept: the harmonic mean of its completeness and of how far it leaves other "
        "properties as they were (Canby et al. 2024).",
        ("Reliability",),
    ),
    Entry("root accuracy", "How often the word with the smallest predicted depth is the root of the sentence."),
    Entry(
        "selectivity",
        "The score on the task minus that on the control task: how much of a score is not "
        "memorised words (Hewitt & Liang 2019).",
        ("Selectivity",),
    ),
    Entry(
        "simultaneous",
        "Simultaneous intervals are wider: with 95 % probability, all intervals of a table contain their true values.",
        ("Simultaneous", "studentised"),
    ),
    Entry(
        "Spearman",
        "Rank correlation: 1 if two scores put items in the same order, 0 if in unrelated orders, −1 if "
        "in opposite orders. Kendall is another one.",
        ("Kendall", "spearman", "kendall", "rank correlation"),
    ),
    Entry(
        "total variation distance",
        "How different two outputs are: 0 if they are equal, 1 if they share nothing.",
        ("tvd",),
    ),
    Entry(
        "UAS",
        "Unlabelled attachment score: the share of words whose head is right (that of the root is the root itself). A "
        "probe decides on each word alone, so that its edges need not be a tree.",
    ),
    Entry(
        "UUAS",
        "Undirected unlabelled attachment score: the share of edges of the gold tree that are in the "
        "predicted tree (Hewitt & Manning 2019).",
    ),
    Entry(
        "V-information",
        "How many bits about the label a probe of this kind can use (Xu et al. 2020). Conditional: "
        "beyond what something else already tells (Hewitt et al. 2021).",
        ("conditional V-information", "Conditional V-information"),
    ),
)
