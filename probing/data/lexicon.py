"""The words of the bundled corpus, one class per line; a word in the lines of several classes is ambiguous.

Each line is ``class  kind  words``. Open classes (noun, mass, verb, adj, adv, name) are inflected by
probing.data.inflection; irregular forms follow after ``/``: ``man/men``, ``write/wrote/written``. Closed classes name
their tags, ``UPOS/XPOS``; ``/`` separates singular and plural, and the past of both. A class with a polarity has two
halves, ``+`` and ``-``. A class may have several lines; a word listed twice is twice as likely.
"""

import numpy as np

from probing.data.inflection import OPEN, Paradigm, inflect

Lexicon = dict[str, list[Paradigm]]  # class, with + or - if it has a polarity -> its words

WORDS = """
show      noun   film play show match dance talk ride tour walk race fight drive run fast rest story drama concert
show      noun   opera musical comedy song series/series
item      noun   watch book drink can light record novel present cut copy model paint coat box display design print
item      noun   lamp meal clock knife/knives guitar
place     noun   park bar back well station camp stage square
place     noun   garden street hotel harbour museum library
person    noun   cook guide guard judge coach host nurse pilot guest man/men woman/women boss patient expert local adult
person    noun   native senior doctor teacher student brother sister friend farmer lawyer child/children
crowd     noun   crowd audience group club
hit+      noun   hit treat delight thrill wonder marvel triumph charm joy pleasure treasure success gem masterpiece
hit-      noun   bore flop drag waste curse bother insult shock failure disaster disappointment nuisance
charm+    mass   charm wit grace love warmth cheer sparkle delight hope energy talent humour beauty tenderness
charm-    mass   noise waste hate scorn dread nonsense clutter tedium gloom drivel boredom malice

do-show   verb   watch film record plan time stage host judge study review play open start end display
do-show   verb   discuss interrupt postpone
do-item   verb   clean move drop copy check paint light/lit/lit book present back cut/cut/cut print box
do-item   verb   design model coat repair borrow polish
do-place  verb   visit pass cross leave/left/left open close clean guard light/lit/lit film paint tour back model cool
do-place  verb   reach enter circle
do-person verb   help host meet/met/met guide guard judge coach nurse watch treat hit/hit/hit question train boss
do-person verb   fight/fought/fought greet thank forgive/forgave/forgiven
walk      verb   walk run/ran/run race drive/drove/driven ride/rode/ridden dance tour
walk      verb   travel wander
rest      verb   rest talk play cook fight/fought/fought drink/drank/drunk watch kneel/knelt/knelt
give      verb   give/gave/given show/showed/shown lend/lent/lent offer hand
plan      verb   plan hope try/tried/tried start promise
say       verb   say/said/said claim write/wrote/written report
think     verb   think/thought/thought believe feel/felt/felt
doubt     verb   doubt
want      verb   want hope
expect    verb   expect
find      verb   find/found/found consider
seem      verb   seem look sound
fail      verb   fail
manage    verb   manage
lack      verb   lack
have      verb   have/had/had/has
triumph+  verb   triumph shine/shone/shone sparkle please charm succeed
triumph-  verb   flop drag bore disappoint fail
amuse+    verb   amuse delight charm thrill move please touch impress cheer fascinate inspire
amuse-    verb   bore annoy disappoint tire irritate bother insult shock offend depress
enjoy+    verb   enjoy love like admire treasure praise relish
enjoy-    verb   hate dislike regret/regretted/regretted scorn curse resent detest despise

good+     adj    great wonderful charming amusing moving touching thrilling pleasing brilliant clever funny pretty
good+     adj    lively excellent lovely bright splendid witty fine exquisite
good-     adj    awful boring dull terrible dreadful tedious flat stale weak annoying tiring insulting shocking
good-     adj    disappointing poor silly dire bland shallow tasteless
bored+    adj    amused delighted charmed thrilled moved pleased touched impressed
bored-    adj    bored annoyed disappointed insulted shocked offended depressed
plain     adj    light fast hard late early back open close clean cool square right left past present novel still only
plain     adj    outside inside local native small old narrow wooden ancient grey
human     adj    patient expert local adult native senior still fast late quiet young tall
state     adj    open light clean cool hard late early square small old narrow wooden ancient grey
true      adj    true right correct
false     adj    false wrong
easy      adj    easy
hard      adj    hard difficult
full      adj    full
better+   ADJ/JJR  better finer
better-   ADJ/JJR  worse duller

fast      adv    fast hard late early well alone slowly quietly calmly
back      adv    back home outside inside past around straight
still     adv    still often always only soon rarely
very      ADV/RB   very so really pretty
never     ADV/RB   never
when      ADV/WRB  when
name      name   Tom Rose Mark Grace Bill Frank Anna Maria Peter Clara Oscar Helen Victor Judith Martin Lucy
monday    PROPN/NNP  Monday Tuesday Friday Sunday

it        PRON/PRP   it/they
them      PRON/PRP   it/them
he        PRON/PRP   he/they she/they
him       PRON/PRP   him/them her/them
we        PRON/PRP   I we
us        PRON/PRP   me us
my        PRON/PRP$  my our her his their
this      PRON/DT    that/these that/those this/those
everyone  PRON/NN    everyone everybody
nobody    PRON/NN    nobody
something PRON/NN    something
nothing   PRON/NN    nothing
there     PRON/EX    there
which     PRON/WDT   that that which
who       PRON/WP    who
the       DET/DT     the the the this/these that/those that/those
every     DET/DT     every/all
an        DET/DT     a/some a/some another/some
a         DET/DT     a
no        DET/DT     no
two       NUM/CD     two three four
be        AUX/finite   is/are/was/were
has       AUX/finite   has/have/had/had
do        AUX/finite   does/do/did/did
can       AUX/MD     can/can/could/could may/may/might/might
exist     VERB/finite  is/are/was/were
bare-be   AUX/VB     be
not       PART/RB    not n't
to        PART/TO    to
's        PART/POS   's
that      SCONJ/IN   that
although  SCONJ/IN   although though
because   SCONJ/IN   because since
before    SCONJ/IN   before after while until since
and       CCONJ/CC   and
but       CCONJ/CC   but
well      INTJ/UH    well no yes oh
in        ADP/IN     in near behind outside inside past
into      ADP/IN     to to into around past through
after     ADP/IN     after before during
since     ADP/IN     since until
like      ADP/IN     like
of        ADP/IN     of
by        ADP/IN     by
without   ADP/IN     without
than      ADP/IN     than
about     ADP/IN     about
comma     PUNCT/,    ,
stop      PUNCT/.    . . . !
"""


def read_lexicon(held_out: frozenset[str] = frozenset()) -> Lexicon:
    """All classes of WORDS, inflected, without the entries in ``held_out``."""
    lexicon: Lexicon = {}
    for name, kind, entry in entries():
        if entry not in held_out:
            lexicon.setdefault(name, []).append(inflect(entry, kind))
    return lexicon


def entries() -> list[tuple[str, str, str]]:
    """(class, kind, entry) of every word of WORDS, in the same order."""
    lines = [line.split() for line in WORDS.splitlines() if line]
    return [(name, kind, entry) for name, kind, *words in lines for entry in words]


def draw_held_out(rng: np.random.Generator, share: float) -> frozenset[str]:
    """Draw ``share`` of every open class, rounded down, from its words that have one part of speech only.

    Words with several parts of speech stay in train, so that their ambiguity can be learnt.
    """
    tags: dict[str, set[str]] = {}
    classes: dict[str, list[tuple[str, Paradigm]]] = {}
    for name, kind, entry in entries():
        forms = inflect(entry, kind)
        for word in forms.values():
            tags.setdefault(word.text, set()).add(word.upos)
        if kind in OPEN:
            classes.setdefault(name, []).append((entry, forms))
    held_out: set[str] = set()
    for members in classes.values():
        plain = [e for e, forms in members if all(len(tags[word.text]) == 1 for word in forms.values())]
        held_out.update(rng.permutation(plain)[: int(share * len(members))].tolist())
    return frozenset(held_out)
