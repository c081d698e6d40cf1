"""A picture of one section of a page, taken in a real browser: `make gallery` calls this."""

import sys

from playwright.sync_api import sync_playwright

from pipelines.benchmarking.view_ratios import ARGUMENTS, browser

AIR = 16  # pixels around it


def main(address: str, picture: str, section: str, end: str) -> None:
    """Take a picture of the page from the heading with the id ``section`` to the one with the id ``end``."""
    with sync_playwright() as started, started.chromium.launch(executable_path=browser(), args=ARGUMENTS) as chromium:
        tab = chromium.new_page(viewport={"width": 1080, "height": 900}, device_scale_factor=1.5)
        tab.goto(address)
        first, last = (tab.locator(f"#{name}").bounding_box() for name in (section, end))
        assert first is not None and last is not None
        top = first["y"] - AIR
        clip = {"x": 0, "y": top, "width": 1080, "height": last["y"] - AIR - top}
        tab.screenshot(path=picture, clip=clip, full_page=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
