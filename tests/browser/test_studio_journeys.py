"""What people do in the studio, in a real browser, with the sandbox behind it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from browser.conftest import Served, Visit

pytestmark = pytest.mark.browser


def test_from_the_first_screen_to_a_picture_by_keys(visit: Visit) -> None:
    page = visit.page
    expect(page).to_have_title("Welcome · Limner")
    page.get_by_role("link", name="Open the sandbox").click()
    page.get_by_label("Prompt").fill("a red fox in snow")
    expect(page.get_by_role("button", name="Generate · free")).to_be_visible()
    page.keyboard.press("Control+Enter")
    picture = page.get_by_role("img", name="a red fox in snow")
    expect(picture).to_be_visible()
    expect(page.get_by_role("article").get_by_text("free")).to_be_visible()


def test_a_picture_is_changed_compared_found_and_put_away(visit: Visit) -> None:
    page = visit.page
    visit.served.command("generate", "a lighthouse in a storm", "--aspect", "4:3", "--size", "512")
    visit.go("/library?q=lighthouse")
    page.get_by_role("img", name="a lighthouse in a storm").click()
    page.get_by_label("What would you like to change or add?").fill("make it night")
    page.keyboard.press("Control+Enter")
    child = page.get_by_role("region", name="New version").get_by_role("img", name="make it night")
    expect(child).to_be_visible()
    child.click()
    expect(page.get_by_text("version 2, this one")).to_be_visible()
    page.get_by_role("link", name="Compare").click()
    slider = page.get_by_role("slider", name="How much of A is shown")
    slider.focus()
    page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "A 0 %, B 100 %")
    expect(page).to_have_url(re.compile("pos=0"))
    page.get_by_role("link", name="Difference").click()
    expect(page.get_by_role("img", name="What differs is pink")).to_be_visible()
    visit.go("/library?q=night")
    page.get_by_role("list", name="Pictures").get_by_role("link").first.focus()
    page.keyboard.press("Delete")
    expect(page.get_by_text("1 picture moved to the trash.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("img", name="make it night")).to_be_visible()


def test_what_the_command_makes_appears_in_the_open_page(visit: Visit) -> None:
    visit.go("/create")
    visit.served.command("generate", "an owl at night", "--aspect", "1:1", "--size", "512")
    expect(visit.page.get_by_role("img", name="an owl at night")).to_be_visible()


def test_typing_survives_what_arrives_meanwhile(visit: Visit) -> None:
    visit.go("/create")
    box = visit.page.get_by_label("Prompt")
    box.fill("a green")
    visit.served.command("generate", "a hen", "--aspect", "1:1", "--size", "512")
    expect(visit.page.get_by_role("img", name="a hen")).to_be_visible()
    box.press_sequentially(" frog")
    expect(box).to_have_value("a green frog")
    expect(box).to_be_focused()


def test_a_reload_while_it_is_made_shows_the_same_and_asks_nothing_again(visit: Visit) -> None:
    page = visit.page
    visit.go("/create")
    page.get_by_label("Prompt").fill("a slow snail [[slow:3]]")
    page.get_by_role("button", name="Generate · free").click()
    expect(page.get_by_role("button", name="Cancel").first).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Cancel").first).to_be_visible()
    expect(page.get_by_role("article").filter(has_text="slow snail").get_by_role("img")).to_have_count(1)


def test_seven_tabs_are_all_alive_because_hidden_ones_hold_no_stream(visit: Visit, context: BrowserContext) -> None:
    hide = """Object.defineProperty(document, 'hidden', {get: () => window.isHidden ?? false});
              window.hide = (on) => { window.isHidden = on; document.dispatchEvent(new Event('visibilitychange')); };"""
    context.add_init_script(hide)
    pages: list[Page] = []
    for _ in range(7):
        for page in pages:
            page.evaluate("window.hide(true)")
        pages.append(context.new_page())
        pages[-1].goto(visit.served.url + "/create")
    visit.served.command("generate", "a seventh son", "--aspect", "1:1", "--size", "512")
    expect(pages[-1].get_by_role("img", name="a seventh son")).to_be_visible()
    pages[-1].evaluate("window.hide(true)")
    pages[0].evaluate("window.hide(false)")
    expect(pages[0].get_by_role("img", name="a seventh son")).to_be_visible()
    for page in pages:
        page.close()


def test_a_failure_says_why_and_what_to_do(visit: Visit) -> None:
    visit.go("/create")
    visit.page.get_by_label("Prompt").fill("a castle [[text-only]]")
    visit.page.get_by_role("button", name="Generate · free").click()
    failed = visit.page.get_by_role("article").filter(has_text="a castle")
    expect(failed.get_by_text("The model answered with text only.")).to_be_visible()
    failed.get_by_role("link", name="Ask for an image").click()
    expect(visit.page.get_by_label("Prompt")).to_have_value(re.compile("^Generate an image of a castle"))


def test_words_of_others_are_never_markup(visit: Visit) -> None:
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    visit.served.command("generate", hostile, "--aspect", "1:1", "--size", "512")
    for address in ("/create", "/library", "/prompts", "/queue"):
        visit.go(address)
        assert visit.page.locator("main script, main img[src=x]").count() == 0


def test_every_screen_is_reached_and_used_by_keys(visit: Visit) -> None:
    page = visit.page
    for keys, title in (("gl", "Library"), ("gw", "Workflows"), ("gr", "Runs"), ("gq", "Queue"), ("gp", "Prompts")):
        page.locator("main").focus()
        for key in keys:
            page.keyboard.press(key)
        expect(page).to_have_title(f"{title} · Limner")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys on this screen")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_run_waits_for_a_person_across_a_killed_server(visit: Visit) -> None:
    page, served = visit.page, visit.served
    visit.go("/workflows/logo")
    page.get_by_role("button", name="Start").click()
    page.get_by_label("Name on the logo").fill("Luma")
    page.get_by_label("What kind of business is it?").fill("a bakery")
    page.get_by_role("button", name="Continue").click()
    start = page.get_by_role("button", name="Generate image")
    choose = page.get_by_role("button", name=re.compile("Use this one"))
    expect(start.or_(choose.first)).to_be_visible()
    if start.is_visible():
        start.click()
    expect(choose).to_have_count(4)
    address = page.url
    served.kill()
    served.start()
    page.goto(address)
    expect(choose).to_have_count(4)
    choose.nth(2).click()
    expect(page.get_by_text("used by the next step")).to_be_visible()
    visit.complaints.clear()  # the stream was broken off with the server


def test_a_page_comes_back_by_itself_after_the_server_was_killed(visit: Visit, served: Served) -> None:
    page = visit.page
    visit.go("/create")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    served.kill()
    expect(page.get_by_text("Not live, trying again")).to_be_visible()
    served.start()
    served.command("generate", "a phoenix", "--aspect", "1:1", "--size", "512")
    expect(page.get_by_role("img", name="a phoenix")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    visit.complaints.clear()
