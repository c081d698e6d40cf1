"""The gallery's pictures of the pages, taken in a real browser and in real time: `make views` calls this."""

import sys

from playwright.sync_api import sync_playwright

from pipelines.benchmarking.view_ratios import ARGUMENTS, browser


def main(address: str, *pictures: str) -> None:
    """Take pictures of a page: each is FILE=FRAGMENT, the fragment saying what is shown."""
    with sync_playwright() as started, started.chromium.launch(executable_path=browser(), args=ARGUMENTS) as chromium:
        for picture in pictures:
            path, _, fragment = picture.partition("=")
            tab = chromium.new_page(viewport={"width": 1280, "height": 800})
            tab.goto(f"{address}#{fragment}")
            tab.wait_for_selector("body[data-drawn]:not([data-live='busy'])")
            tab.wait_for_timeout(1000)
            tab.screenshot(path=path)


if __name__ == "__main__":
    main(*sys.argv[1:])
