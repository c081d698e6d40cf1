"""What a diagnosis says of the whole: what was diagnosed, on what, and what a reader must know."""

from probing.diagnosis.head_caveats import head_caveats
from probing.report.diagnosed.of_subject import diagnosis_of_texts


def test_it_names_model_corpus_task_and_classifier(small_subject, small_texts):
    found = diagnosis_of_texts(small_subject, small_texts, {"run_id": "r"}, stand_ins=["another was asked for"])
    model = small_subject.study.checkpoint.name
    assert found.title == f"{model} on grammar, sentiment: diagnosed texts ({len(small_texts)})"
    assert found.classifier == f"the probe on layer 2 of {model}"
    assert found.classes == found.names == ("negative", "positive")
    assert [*found.texts] == [*small_texts]
    assert (found.stand_ins, found.provenance, found.of_split) == (["another was asked for"], {"run_id": "r"}, None)
    assert (found.caveats, found.notes) == (head_caveats(small_subject), ())
    errors = diagnosis_of_texts(small_subject, small_texts, {}, shown="errors of dev")
    assert errors.title == f"{model} on grammar, sentiment: errors of dev"
