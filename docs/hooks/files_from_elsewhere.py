"""Pages and pictures of the site that lie outside of docs/: read when the site is built, never copied by hand."""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
PAGES = {"contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}
SHOWN = re.compile(r"^<!-- box of the README with: (.*) -->$", re.MULTILINE)
GALLERY = ROOT / "outputs" / "gallery"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add every notebook of docs/notebooks to the navigation, after the tutorials."""
    found = sorted((Path(config.docs_dir) / "notebooks").glob("*.ipynb"))
    if found and config.nav is not None:
        config.nav.insert(2, {"Notebooks": [f"notebooks/{path.name}" for path in found]})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the top folder and the pictures of outputs/gallery (as gallery/…)."""
    for address, name in PAGES.items():
        files.append(File.generated(config, address, content=linked_in_site((ROOT / name).read_text(encoding="utf-8"))))
    for picture in sorted(GALLERY.glob("*.png")):
        files.append(File.generated(config, f"gallery/{picture.name}", abs_src_path=str(picture)))
    return files


def linked_in_site(text: str) -> str:
    """A page of the top folder with its links into docs/ as the site has them."""
    return text.replace("](docs/", "](").replace("](CHANGELOG.md", "](changelog.md")


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """A page with the boxes of the README that it asks for. Raises ValueError for one that the README has not."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return SHOWN.sub(lambda match: box_with(match[1], readme), markdown)


def box_with(words: str, text: str) -> str:
    """The first fenced box of ``text`` that has ``words`` in it. Raises ValueError if there is none."""
    for box in re.findall(r"^```\n.*?^```$", text, re.DOTALL | re.MULTILINE):
        if words in box:
            return str(box)
    raise ValueError(f"README.md has no box with {words!r}; adapt the page that shows it")
