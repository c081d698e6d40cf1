"""The papers of the methods that pages name: how texts cite them, and where they can be read."""

from typing import NamedTuple


class Paper(NamedTuple):
    """One paper. cited: authors and year as texts name them. text: the reference. address: of a page about it."""

    cited: str
    text: str
    address: str

    @property
    def key(self) -> str:
        """The name of its place on a page."""
        return "-".join(part for part in self.cited.lower().split() if part.isalnum())


ACL, ARXIV, DOI = "https://aclanthology.org/", "https://arxiv.org/abs/", "https://doi.org/"
PAPERS = (
    Paper(
        "Abnar & Zuidema 2020",
        "Abnar and Zuidema (2020): Quantifying Attention Flow in Transformers. ACL.",
        f"{ACL}2020.acl-main.385",
    ),
    Paper(
        "Belrose et al. 2023",
        "Belrose, Schneider-Joseph, Ravfogel, Cotterell, Raff and Biderman (2023): LEACE: Perfect Linear Concept "
        "Erasure in Closed Form. NeurIPS.",
        f"{ARXIV}2306.03819",
    ),
    Paper(
        "Canby et al. 2024",
        "Canby, Davies, Rastogi and Hockenmaier (2024): How Reliable are Causal Probing Interventions?",
        f"{ARXIV}2408.15510",
    ),
    Paper(
        "Clark et al. 2019",
        "Clark, Khandelwal, Levy and Manning (2019): What Does BERT Look At? An Analysis of BERT's Attention. "
        "BlackboxNLP.",
        f"{ACL}W19-4828",
    ),
    Paper("Efron 1987", "Efron (1987): Better Bootstrap Confidence Intervals. JASA.", f"{DOI}10.2307/2289144"),
    Paper(
        "Elazar et al. 2021",
        "Elazar, Ravfogel, Jacovi and Goldberg (2021): Amnesic Probing: Behavioral Explanation with Amnesic "
        "Counterfactuals. TACL.",
        f"{ARXIV}2006.00995",
    ),
    Paper(
        "Guo et al. 2017",
        "Guo, Pleiss, Sun and Weinberger (2017): On Calibration of Modern Neural Networks. ICML.",
        f"{ARXIV}1706.04599",
    ),
    Paper(
        "Haghighatkhah et al. 2022",
        "Haghighatkhah, Fokkens, Sommerauer, Speckmann and Verbeek (2022): Better Hit the Nail on the Head than Beat "
        "around the Bush: Removing Protected Attributes with a Single Projection. EMNLP.",
        f"{ARXIV}2212.04273",
    ),
    Paper(
        "Hansen et al. 2011",
        "Hansen, Lunde and Nason (2011): The Model Confidence Set. Econometrica.",
        f"{DOI}10.3982/ECTA5771",
    ),
    Paper(
        "Hewitt & Liang 2019",
        "Hewitt and Liang (2019): Designing and Interpreting Probes with Control Tasks. EMNLP.",
        f"{ACL}D19-1275",
    ),
    Paper(
        "Hewitt & Manning 2019",
        "Hewitt and Manning (2019): A Structural Probe for Finding Syntax in Word Representations. NAACL.",
        f"{ACL}N19-1419",
    ),
    Paper(
        "Hewitt et al. 2021",
        "Hewitt, Ethayarajh, Liang and Manning (2021): Conditional Probing: Measuring Usable Information Beyond a "
        "Baseline. EMNLP.",
        f"{ACL}2021.emnlp-main.122",
    ),
    Paper("Jain & Wallace 2019", "Jain and Wallace (2019): Attention is not Explanation. NAACL.", f"{ACL}N19-1357"),
    Paper(
        "Jawahar et al. 2019",
        "Jawahar, Sagot and Seddah (2019): What Does BERT Learn about the Structure of Language? ACL.",
        f"{ACL}P19-1356",
    ),
    Paper(
        "Kantamneni et al. 2025",
        "Kantamneni, Engels, Rajamanoharan, Tegmark and Nanda (2025): Are Sparse Autoencoders Useful? A Case Study in "
        "Sparse Probing. ICML.",
        f"{ARXIV}2502.16681",
    ),
    Paper(
        "Kobayashi et al. 2020",
        "Kobayashi, Kuribayashi, Yokoi and Inui (2020): Attention is Not Only a Weight: Analyzing Transformers with "
        "Vector Norms. EMNLP.",
        f"{ACL}2020.emnlp-main.574",
    ),
    Paper(
        "Kobayashi et al. 2021",
        "Kobayashi, Kuribayashi, Yokoi and Inui (2021): Incorporating Residual and Normalization Layers into Analysis "
        "of Masked Language Models. EMNLP.",
        f"{ACL}2021.emnlp-main.373",
    ),
    Paper(
        "Kornblith et al. 2019",
        "Kornblith, Norouzi, Lee and Hinton (2019): Similarity of Neural Network Representations Revisited. ICML.",
        f"{ARXIV}1905.00414",
    ),
    Paper(
        "Kramár et al. 2026",
        "Kramár, Engels, Wang, Chughtai, Shah, Nanda and Conmy (2026): Building Production-Ready Probes For Gemini.",
        f"{ARXIV}2601.11516",
    ),
    Paper(
        "Liu et al. 2019",
        "Liu, Gardner, Belinkov, Peters and Smith (2019): Linguistic Knowledge and Transferability of Contextual "
        "Representations. NAACL.",
        f"{ACL}N19-1112",
    ),
    Paper(
        "McKenzie et al. 2025",
        "McKenzie, Pawar, Blandfort, Bankes, Krueger, Lubana and Krasheninnikov (2025): Detecting High-Stakes "
        "Interactions with Activation Probes. NeurIPS.",
        f"{ARXIV}2506.10805",
    ),
    Paper(
        "Michel et al. 2019",
        "Michel, Levy and Neubig (2019): Are Sixteen Heads Really Better than One? NeurIPS.",
        f"{ARXIV}1905.10650",
    ),
    Paper(
        "Mohebbi et al. 2023",
        "Mohebbi, Zuidema, Chrupała and Alishahi (2023): Quantifying Context Mixing in Transformers. EACL.",
        f"{ARXIV}2301.12971",
    ),
    Paper(
        "Phipson & Smyth 2010",
        "Phipson and Smyth (2010): Permutation P-values Should Never Be Zero. Statistical Applications in Genetics and "
        "Molecular Biology.",
        f"{DOI}10.2202/1544-6115.1585",
    ),
    Paper(
        "Ravfogel et al. 2020",
        "Ravfogel, Elazar, Gonen, Twiton and Goldberg (2020): Null It Out: Guarding Protected Attributes by Iterative "
        "Nullspace Projection. ACL.",
        f"{ARXIV}2004.07667",
    ),
    Paper(
        "Ravfogel et al. 2021",
        "Ravfogel, Prasad, Linzen and Goldberg (2021): Counterfactual Interventions Reveal the Causal Effect of "
        "Relative Clause Representations on Agreement Prediction. CoNLL.",
        f"{ARXIV}2105.06965",
    ),
    Paper(
        "Sellam et al. 2022",
        "Sellam et al. (2022): The MultiBERTs: BERT Reproductions for Robustness Analysis. ICLR.",
        f"{ARXIV}2106.16163",
    ),
    Paper(
        "Shabalin & Belrose 2025",
        "Shabalin and Belrose (2025): Attention Probes. EleutherAI.",
        "https://blog.eleuther.ai/attention-probes",
    ),
    Paper(
        "Tenney et al. 2019",
        "Tenney, Das and Pavlick (2019): BERT Rediscovers the Classical NLP Pipeline. ACL.",
        f"{ACL}P19-1452",
    ),
    Paper(
        "Vig 2019",
        "Vig (2019): A Multiscale Visualization of Attention in the Transformer Model. ACL demonstrations.",
        f"{ACL}P19-3007",
    ),
    Paper(
        "Voita & Titov 2020",
        "Voita and Titov (2020): Information-Theoretic Probing with Minimum Description Length. EMNLP.",
        f"{ACL}2020.emnlp-main.14",
    ),
    Paper(
        "Wiegreffe & Pinter 2019",
        "Wiegreffe and Pinter (2019): Attention is not not Explanation. EMNLP.",
        f"{ACL}D19-1002",
    ),
    Paper(
        "Xu et al. 2020",
        "Xu, Zhao, Song, Stewart and Ermon (2020): A Theory of Usable Information under Computational Constraints. "
        "ICLR.",
        f"{ARXIV}2002.10689",
    ),
)
