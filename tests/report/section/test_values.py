from probing.report.section.values import section

SHARE = {"metric": "norm_share_special", "probe": "norm"}


def test_mixing_ratios_have_names_that_say_what_they_are_computed_from(run_with):
    lines = [
        (target, layer, value + layer / 10, {"metric": "mixing_ratio", "probe": "norm"})
        for layer in (1, 2)
        for target, value in (("attn_w", 0.7), ("attnresln_n", 0.1))
    ]
    made = section(run_with("values", lines, sample="10 of the 20 sentences of test"))
    assert (made.title, made.sample) == ("Value vectors", "10 of the 20 sentences of test")
    [table] = made.tables
    assert table.text.to_dict("list") == {
        "layer": ["1", "2"],
        "weights": ["0.800 [0.790, 0.810]", "0.900 [0.890, 0.910]"],
        "value vectors + residual + layer norm": ["0.200 [0.190, 0.210]", "0.300 [0.290, 0.310]"],
    }


def test_the_share_of_special_subwords_stands_by_weight_and_by_norm(run_with):
    lines = [("attn_w", 1, 0.7, {"metric": "mixing_ratio", "probe": "norm"})]
    for head in (0, 1):
        lines.append(("all", 1, 0.1 + head / 10, {**SHARE, "head": head}))
        lines.append(("all", 1, 0.6, {"metric": "attention_share_special", "probe": "attention", "head": head}))
    [_, shares] = section(run_with("values", lines, sample="all")).tables
    assert shares.text.iloc[1].to_dict() == {
        "head": "1.1",
        "share of weights": "0.600 [0.590, 0.610]",
        "share of norms": "0.200 [0.190, 0.210]",
    }


def test_without_rows_there_is_no_section(run_with):
    made = section(run_with("values", []))
    assert not (made.tables or made.figures or made.sentences)
