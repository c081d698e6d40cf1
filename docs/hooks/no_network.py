"""Pages of notebooks without the script that would fetch diagrams from a network: no notebook here has diagrams."""

import re

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.pages import Page

DIAGRAMS = re.compile(r'<script type="module">(?:(?!</script>).)*mermaid(?:(?!</script>).)*</script>', re.DOTALL)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """The page without that script."""
    return DIAGRAMS.sub("", output) if page.file.src_uri.startswith("notebooks/") else output
