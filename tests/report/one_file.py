"""Whether a page needs no other file: no script but its own, and nothing that a browser would load."""

import re
from pathlib import Path

from probing.report import html

OWN = f"<script>{(Path(html.__file__).parent / 'base.js').read_text(encoding='utf-8')}</script>"


def foreign_scripts(page: str) -> list[str]:
    """Every opening of a script that is not the page's own program."""
    assert page.count(OWN) == 1
    return re.findall(r"<script", page.replace(OWN, ""), re.IGNORECASE)


def loads_nothing(page: str) -> bool:
    """No foreign script, no style sheet, frame or picture from elsewhere; links to follow are allowed."""
    outside = re.findall(r"@import|<link|<iframe|url\(|srcset|(?:src|action)=\"(?!data:)", page)
    before = re.findall(r"(.{9})https?://", page)
    followed = all(text.endswith(('<a href="', 'eferrer">')) for text in before)
    return not foreign_scripts(page) and not outside and followed


def without_links(page: str) -> str:
    """The page without its links to the glossary and to the papers."""
    return re.sub(r'<a(?: class="term")? href="#(?:term|paper)-[^"]*">(.*?)</a>', r"\1", page)
