"""The customer's own way in a real browser: from the mail's link to a label, by keyboard, for everybody."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from orderwright.local.stack import Stack
from tests.e2e.test_doorstep import mail_when, order_when, placed
from tests.e2e.test_methods import until

CHROMIUM = shutil.which("chromium")
WIDTHS = (1440, 390)
MOST_BYTES = 100_000
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        there = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield there
        there.close()


@pytest.fixture(scope="module")
def mail(stack: Stack, shop: httpx2.Client) -> dict[str, Any]:
    """What the mail catcher has of an order that has arrived. Any: JSON."""
    customer = {"name": "Ann Example", "email": "browser@example.com", "phone": "+447700900654"}
    order = placed(shop, "", customer=customer | {"sms_consent": True})
    order_when(shop, order["id"], state="completed")
    return mail_when(stack, "browser@example.com", "has arrived")


@pytest.fixture(scope="module")
def link(stack: Stack, mail: dict[str, Any]) -> str:
    """The page of that order, as the mail names it."""
    return linked(stack, mail)


def linked(stack: Stack, mail: dict[str, Any]) -> str:
    """The customer's link in the text of a caught mail. Any: JSON."""
    (found,) = re.findall(rf"^{stack.urls['api']}/o/[\w-]+$", mail["text"], re.MULTILINE)
    return str(found)


class Visitor:
    """One window: what it asks for over the network is counted, and nothing may run that we did not send."""

    def __init__(self, browser: Browser, width: int, host: str, **more: Any) -> None:  # Any: playwright's own
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, locale="en-GB", reduced_motion="reduce", **more
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.width, self.bytes, self.strangers = width, 0, list[str]()
        self._host = host
        self.page.on("response", self._count)

    def _count(self, response: Any) -> None:  # Any: playwright's own
        if response.url.startswith("data:"):
            return
        if not response.url.startswith(self._host):
            self.strangers.append(response.url)
        if response.status < 300 and "/label" not in response.url:
            self.bytes += len(response.body())

    def open_mail(self, address: str) -> None:
        """A mail is not of our pages: what it weighs and asks for is not counted."""
        self.page.remove_listener("response", self._count)
        self.page.goto(address)
        self.picture("mail")
        self.page.on("response", self._count)

    def picture(self, name: str) -> None:
        """Keep how it looks, where `CUSTOMER_PICTURES` names a folder."""
        folder = os.environ.get("CUSTOMER_PICTURES")
        if folder:
            self.page.screenshot(path=Path(folder) / f"{name}-{self.width}.png", full_page=True)

    def sound(self, name: str) -> None:
        """Axe finds nothing, the page fits its window, and it was small."""
        self.picture(name)
        found = Axe().run(self.page)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{name} is {wide} px wider than its window"
        assert self.bytes < MOST_BYTES, name
        assert self.strangers == []
        self.bytes = 0


@pytest.fixture(params=WIDTHS)
def visitor(browser: Browser, stack: Stack, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    with_csp = Visitor(browser, request.param, stack.urls["api"], bypass_csp=True)  # axe is a script
    yield with_csp
    with_csp.context.close()


def test_from_the_link_in_the_caught_mail_to_a_label_each_step_is_open_to_everybody(
    mail: dict[str, Any], link: str, visitor: Visitor, stack: Stack
) -> None:
    page = visitor.page
    visitor.open_mail(f"{stack.urls['mail']}/mails/{mail['n']}/html")
    page.get_by_role("link", name="View your order").click()
    page.get_by_role("link", name="Return something").wait_for()
    assert page.url == link
    visitor.sound("order")
    page.get_by_role("link", name="Return something").click()
    page.get_by_label("Plate").select_option("1")
    visitor.sound("return-what")
    page.get_by_label("Plate").select_option("0")
    page.get_by_role("button", name="Continue").click()
    visitor.sound("return-nothing-chosen")
    page.get_by_label("Plate").select_option("1")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Plate").select_option(label="It arrived damaged")
    visitor.sound("return-why")
    page.get_by_role("button", name="Continue").click()
    visitor.sound("return-how")
    page.get_by_role("button", name="Ask for the return").click()
    until(lambda: _labeled(page), "the label")
    visitor.sound("return-label")
    pdf = visitor.context.request.get(f"{page.url.partition('?')[0]}/label")

    assert pdf.ok
    assert pdf.body().startswith(b"%PDF")
    page.get_by_role("button", name="Call the return off").click()
    page.get_by_text("This return was called off").first.wait_for()
    visitor.sound("return-canceled")


def test_what_we_may_write_about_is_chosen_from_the_mail_by_everybody(
    mail: dict[str, Any], visitor: Visitor, stack: Stack, shop: httpx2.Client
) -> None:
    page, customer = visitor.page, _customer(shop, mail)
    visitor.open_mail(f"{stack.urls['mail']}/mails/{mail['n']}/html")
    page.get_by_role("link", name="Choose what we write to you about").click()
    page.get_by_role("heading", name="What may we write to you about?").wait_for()
    visitor.sound("preferences")
    ads = page.get_by_role("group", name="News and offers").get_by_label("By e-mail")
    was = ads.is_checked()
    ads.set_checked(not was)
    page.get_by_role("button", name="Save").click()
    page.get_by_text("We have kept your choice.").wait_for()
    visitor.sound("preferences-saved")

    assert shop.get(f"/v1/customers/{customer}/preferences").json()["marketing"] is not was
    assert "/m/" in mail["text"]


def _customer(shop: httpx2.Client, mail: dict[str, Any]) -> str:
    (number,) = re.findall(r"ORD-[0-9]+", mail["subject"])
    return str(shop.get(f"/v1/orders/{number}").raise_for_status().json()["customer_id"])


@pytest.fixture(scope="module")
def waiting(stack: Stack, shop: httpx2.Client) -> str:
    """The page of an order that waits for its goods."""
    lamp = {"sku": "LAMP", "name": "Lamp", "price": 4900, "currency": "GBP", "grams": 900}
    shop.post("/v1/products", json=lamp).raise_for_status()
    placed(shop, "waits@example.com", lines=[{"sku": "LAMP", "quantity": 1}])
    return linked(stack, mail_when(stack, "waits@example.com", "we have your order"))


def test_cancel_and_address_are_open_to_everybody(waiting: str, visitor: Visitor) -> None:
    page = visitor.page
    page.goto(waiting)
    page.get_by_role("link", name="Change the address").click()
    visitor.sound("address")
    page.get_by_label("Postal code").fill("no code")
    page.get_by_role("button", name="Send it there").click()
    visitor.sound("address-at-fault")
    page.get_by_label("Postal code").fill("YO1 7HH")
    page.get_by_label("City").fill("York")
    page.get_by_role("button", name="Send it there").click()
    page.get_by_role("heading", name="Ships to").wait_for()
    page.get_by_text("YO1 7HH").wait_for()
    visitor.sound("order-waiting")
    page.get_by_role("link", name="Cancel the order").click()
    visitor.sound("cancel")
    page.get_by_role("link", name="Keep the order").click()

    assert page.url == waiting


def test_what_is_wrong_is_said_in_one_form(link: str, visitor: Visitor) -> None:
    page = visitor.page
    page.goto(f"{link}/cancel")
    visitor.sound("cancel-too-late")
    page.get_by_role("link", name="Something is wrong").click()
    page.get_by_role("button", name="Tell us").click()
    visitor.sound("problem-at-fault")
    kind = "Something is broken" if visitor.width > 1000 else "Something is missing"
    page.get_by_label(kind).check()
    page.get_by_label("Plate, of 2").select_option("1")
    visitor.sound("problem")
    page.get_by_role("button", name="Tell us").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    visitor.sound("problem-told")
    page.goto(f"{link}/returns/RET-1")
    visitor.sound("refused")


def _labeled(page: Page) -> dict[str, Any] | None:  # Any: `until` asks for JSON
    if page.get_by_role("link", name="Open the label").count():
        return {}
    page.reload()
    return None


def test_the_keyboard_alone_is_enough_and_no_script_runs(link: str, browser: Browser, stack: Stack) -> None:
    visitor = Visitor(browser, 1440, stack.urls["api"], java_script_enabled=False)
    page = visitor.page
    page.goto(link)

    _press(page, "Return something")
    _press(page, "Continue")
    page.locator("#faults").wait_for()
    told = page.locator(":focus").get_attribute("id")
    _press(page, "Choose how many pieces come back.")
    led_to = page.locator(":focus").get_attribute("name") or ""
    page.keyboard.press("ArrowDown")
    _press(page, "Continue")
    page.get_by_role("heading", name="Why does it come back?").wait_for()
    _tab(page, "Please choose")
    page.keyboard.press("ArrowDown")
    _press(page, "Continue")
    page.get_by_role("heading", name="How would you like to send it?").first.wait_for()
    _tab(page, "", "radio")
    page.keyboard.press("ArrowDown")
    _press(page, "Ask for the return")
    page.get_by_role("heading", name="Your return is ready").wait_for()

    assert told == "faults"
    assert led_to.startswith("units.")
    assert page.get_by_text("1 \N{MULTIPLICATION SIGN} Plate").count() == 1
    assert page.get_by_text("I changed my mind").count() == 1
    assert page.get_by_text("with a carrier of your choice").count() == 1
    visitor.context.close()


def _press(page: Page, text: str) -> None:
    _tab(page, text)
    page.keyboard.press("Enter")


def _tab(page: Page, text: str, kind: str | None = None) -> None:
    """Go on until something of that text, or an input of that kind, has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        found = focused.count() and text in (focused.text_content() or "")
        if found and (kind is None or focused.get_attribute("type") == kind):
            return
    raise AssertionError(f"the keyboard does not reach {text or kind}")
