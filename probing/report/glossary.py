"""The words of the field that pages use, each explained in a sentence or two."""

from probing.report.measure_terms import MEASURES, Entry

METHODS = (
    Entry(
        "ablation",
        "Taking a part of a model away (here: a head) and measuring its output again: an intervention "
        "(Michel et al. 2019).",
        ("Ablation", "ablated"),
    ),
    Entry(
        "aggregation",
        "How the vectors of all subwords of a text become one answer: the mean, the largest or the last score, a mean "
        "weighted by the scores (McKenzie et al. 2025) or by attention with one head (Kantamneni et al. 2025) or more "
        "(Shabalin & Belrose 2025), or MultiMax, a sum of the largest scores (Kramár et al. 2026).",
        ("aggregations", "MultiMax"),
    ),
    Entry(
        "association", "Two things that occur together. It does not show that one causes the other.", ("associations",)
    ),
    Entry(
        "blank-out",
        "Replacing the vector or id of one token by a blank (such as [MASK]) and measuring the output "
        "again: an intervention.",
        ("Blank-out",),
    ),
    Entry(
        "chain",
        "The baseline for word pairs: neighbouring words are linked, so that the distance between two "
        "words is their distance in the text.",
        ("distance in the text",),
    ),
    Entry(
        "control ceiling",
        "The highest score on the control task without guessing: that of looking up the random label of each word "
        "type that occurs in train.",
    ),
    Entry(
        "control task",
        "The same task with random labels, one per word type. A probe that does well on it "
        "memorises words (Hewitt & Liang 2019).",
        ("control", "control tasks"),
    ),
    Entry(
        "dev",
        "The sentences on which layers, heads and hyper-parameters are chosen. Scores are measured on other "
        "sentences: test.",
    ),
    Entry(
        "embedding output",
        "Layer 0: the vectors before the first block, which do not know their context yet.",
        ("embedding layer",),
    ),
    Entry(
        "flow",
        "Attention flow: how much attention can pass from a token in the input to a position in a layer, if "
        "each weight is the capacity of a pipe (Abnar & Zuidema 2020).",
        ("attention flow",),
    ),
    Entry(
        "counterfactual",
        "A vector that is changed as if its item were of another class: an intervention. AlterRep mirrors it at the "
        "hyperplanes of INLP's probes (Ravfogel et al. 2021); a swap of class means adds the difference of two means; "
        "projected gradient follows the gradient of a probe.",
        ("AlterRep", "swap of class means", "projected gradient", "moved to another class"),
    ),
    Entry(
        "format",
        "What a text shows without its content: length, signs and markers, capitals, digits, and its first and last "
        "word. It is removed from vectors as LEACE removes a concept.",
        ("format removed", "format alone"),
    ),
    Entry("gold", "The correct label, as the corpus has it."),
    Entry(
        "gold head",
        "The word on which a word depends in the tree of the corpus; not to be confused with an attention head.",
        ("gold heads",),
    ),
    Entry(
        "INLP",
        "Iterative nullspace projection: a probe is trained, the subspace that it reads is removed, and again, until "
        "a probe finds nothing more (Ravfogel et al. 2020). Measuring an output after it is amnesic probing (Elazar et "
        "al. 2021).",
    ),
    Entry(
        "intervention",
        "A part of the model or of its input is changed, and the output is measured again. Only this shows an effect.",
        ("interventions", "Interventions"),
    ),
    Entry(
        "LEACE",
        "The smallest change of vectors after which no linear probe knows more of a concept than the frequencies of "
        "its classes (Belrose et al. 2023).",
    ),
    Entry("majority", "The score of always giving the most frequent label of train.", ("majority baseline",)),
    Entry(
        "matched word",
        "A word at the same distance, in a sentence of about the same length, that is not the gold "
        "head: what distance by itself would give.",
        ("Matched word", "matched words"),
    ),
    Entry(
        "mean projection",
        "Removing the subspace in which the means of classes differ (Haghighatkhah et al. 2022).",
    ),
    Entry("mirror word", "The word as far away as the gold head, on the other side.", ("Mirror word",)),
    Entry(
        "norm of a value vector",
        "The length of a value vector times its attention weight: a large weight on a short vector carries "
        "little (Kobayashi et al. 2020).",
        ("norms",),
    ),
    Entry("one-hot word types", "The same probe, trained on word types instead of vectors."),
    Entry("probe", "A small model that is trained to predict labels from the vectors of one layer of a frozen model."),
    Entry(
        "rollout",
        "Attention rollout: the attention maps of all layers up to one multiplied, with the residual "
        "connection, so that it runs from a layer back to the input (Abnar & Zuidema 2020).",
        ("Rollout", "attention rollout", "Attention rollout"),
    ),
    Entry(
        "sink",
        "A token, or a learned parameter, that gets the attention of a head when the head finds nothing to attend to.",
        ("sinks",),
    ),
    Entry(
        "source left out",
        "Trained without the texts of one source, and tested on them: a clue that holds in other sources only does not "
        "help there.",
        ("sources left out",),
    ),
    Entry(
        "special subwords",
        "Tokens that are not from the text, such as [CLS] and [SEP].",
        ("special tokens", "[CLS]", "[SEP]"),
    ),
    Entry("subword", "A piece of a word from the vocabulary of the model.", ("subwords",)),
    Entry("type majority", "The score of giving each word the most frequent label that its type has in train."),
    Entry(
        "untrained twin",
        "A model of the same architecture with random weights.",
        ("untrained twins", "twins", "untrained"),
    ),
    Entry(
        "value zeroing",
        "Replacing the value vector of one token by zeros and measuring how much the other tokens "
        "change (Mohebbi et al. 2023).",
    ),
)
GLOSSARY = tuple(sorted((*METHODS, *MEASURES), key=lambda entry: entry.name.lower()))
