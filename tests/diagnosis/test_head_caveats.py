"""What is said of a head beside probes."""

from dataclasses import replace

from probing.diagnosis.head_caveats import head_caveats


def test_a_probe_has_no_caveat(word_subject, small_subject):
    assert head_caveats(word_subject) == () == head_caveats(small_subject)


def test_a_head_of_words_reads_the_first_subword_and_probes_their_mean(constant_head):
    [said] = head_caveats(constant_head)
    assert said.startswith(
        "the head reads the first subword of a word, and the probes and nearest words the mean of its"
    )
    same = replace(constant_head, saved=replace(constant_head.saved, vector="first"))
    assert head_caveats(same) == ()
