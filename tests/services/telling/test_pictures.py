"""Every mail in every language is as wide as its reader's screen, and legible, in a real Chromium."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from orderwright.domain.telling.stages import Stage
from orderwright.services.telling.rendering import Around, render
from tests.services.telling.stories import SHOP, story

CHROMIUM = "/usr/bin/chromium"
AROUND = Around("http://127.0.0.1:8080/u/" + "A" * 43, "http://127.0.0.1:8080/o/" + "A" * 48, attached=True)
SMALLEST = """Math.min(
  ...[...document.querySelectorAll('p,a,td,h1,h2')].map(one => parseFloat(getComputedStyle(one).fontSize))
)"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """One page of a browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [600, 390, 320])
def test_nothing_is_wider_than_the_screen(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 700})

    for stage in Stage:
        for language in ("en", "de", "es", "fr"):
            page.set_content(render(story(stage), SHOP, language=language, around=AROUND).html)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (stage, language)
            assert page.locator("h1").bounding_box() is not None
            assert page.evaluate(SMALLEST) >= 13
