"""Links inside a page: what a text names has an entry, and nothing else has."""

from probing.report.cross_links import Links
from probing.report.glossary import GLOSSARY
from probing.report.papers import PAPERS


def test_a_word_is_linked_where_it_first_stands_and_only_used_entries_are_listed():
    links = Links()
    made = str(links.linked("NSpr and UUAS; NSpr again"))
    assert made == (
        '<a class="term" href="#term-nspr">NSpr</a> and <a class="term" href="#term-uuas">UUAS</a>; NSpr again'
    )
    assert [entry.name for entry in links.terms()] == ["NSpr", "UUAS"]


def test_text_is_escaped_and_words_inside_others_are_left_alone():
    links = Links()
    assert str(links.linked("<b>NSprX</b> & overflow")) == "&lt;b&gt;NSprX&lt;/b&gt; &amp; overflow"
    assert links.terms() == []


def test_a_citation_leads_to_its_paper_with_and_without_brackets():
    links = Links()
    made = str(links.cited("as Clark et al. (2019) and Abnar & Zuidema 2020 do; NSpr"))
    assert '<a href="#paper-clark-et-2019">Clark et al. (2019)</a>' in made
    assert ">Abnar &amp; Zuidema 2020</a>" in made and "term" not in made
    assert [paper.cited for paper in links.papers()] == ["Abnar & Zuidema 2020", "Clark et al. 2019"]


def test_entries_and_papers_have_places_of_their_own_and_every_citation_in_the_glossary_is_known():
    keys = [entry.key for entry in GLOSSARY]
    assert len(set(keys)) == len(keys)
    assert len({paper.key for paper in PAPERS}) == len(PAPERS)
    for entry in GLOSSARY:
        links = Links()
        links.cited(entry.text)
        assert len(links.papers()) == entry.text.count(" 20") + entry.text.count(" 19"), entry.name


def test_every_way_to_write_an_entry_leads_to_it():
    for entry in GLOSSARY:
        for form in (entry.name, *entry.forms):
            links = Links()
            assert f'href="#term-{entry.key}"' in links.linked(f"a {form} b"), form
