"""What is said of a head beside probes."""

from dataclasses import replace

from probing.attention.interventions.prompt_head import Prompt
from probing.diagnosis.head_caveats import head_caveats


def test_a_probe_has_no_caveat(word_subject, small_subject):
    assert head_caveats(word_subject) == () == head_caveats(small_subject)


def test_a_prompt_is_read_at_its_end_and_probes_read_the_text_alone(small_subject):
    prompt = Prompt("Review: {text} So:", {"negative": " bad", "positive": " good"})
    [said] = head_caveats(replace(small_subject, prompt=prompt))
    assert said.startswith(
        "the head reads the last place of the prompt, and the probes and nearest sentences the mean of the words in "
        "the text alone: "
    )


def test_a_head_of_words_reads_the_first_subword_and_probes_their_mean(constant_head):
    [said] = head_caveats(constant_head)
    assert said.startswith(
        "the head reads the first subword of a word, and the probes and nearest words the mean of its"
    )
    same = replace(constant_head, saved=replace(constant_head.saved, vector="first"))
    assert head_caveats(same) == ()
